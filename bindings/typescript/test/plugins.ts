// Plugins of this repository for tests of hosts: where they are, and what is left of them. Knows no test.

import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import type { CrossplugError } from "crossplug/host";

/** The repository, seen from the compiled tests. */
export const ROOT: string = fileURLToPath(new URL("../../../../", import.meta.url));

// Plugins in Python run in the environment where their SDK is.
process.env.PATH = `${join(ROOT, "target/venv/bin")}${delimiter}${process.env.PATH ?? ""}`;

// What is made of components is kept, and not where a person's own is.
process.env.XDG_CACHE_HOME = join(ROOT, "target/typescript/cache");

/** A folder that is gone after the tests of a file. */
export function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "crossplug-host-"));
  after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** Makes a plugin's folder with a manifest. */
export function pluginFolder(manifest: object, files: { readonly [name: string]: string } = {}): string {
  const made = folder();
  const whole = { name: "made", description: "Made for a test.", version: "1.0.0", language: "rust", ...manifest };
  writeFileSync(join(made, "plugin.json"), JSON.stringify(whole));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(made, name), text, { mode: 0o755 });
  return made;
}

/** Puts a program into a plugin's folder. */
export function putProgram(program: string, place: string): void {
  // A link, where the folder is on the same disk; a symbolic one would leave the folder.
  try {
    linkSync(program, place);
  } catch {
    copyFileSync(program, place);
  }
}

/** Whether something was built or installed before; in CI it has to be. */
export function isBuilt(path: string): boolean {
  const found = existsSync(join(ROOT, path));
  if (!found && process.env.CI !== undefined) throw new Error(`${path} is missing`);
  return found;
}

/**
 * A module that `cargo xtask test --only 'wasm guests'` has built: undefined where it has not, which is a named skip for a person
 * and a failure where everything must be there.
 */
export function guest(name: string): string | undefined {
  const module = join(ROOT, "target/guests", `${name}.wasm`);
  if (existsSync(module)) return module;
  if (process.env.CI !== undefined) throw new Error(`${module} is not built`);
  console.log(`skipped: build the modules first: cargo xtask test --only 'wasm guests' (${name})`);
  return undefined;
}

/** A library that `cargo xtask test --only 'native libraries'` has built; undefined as {@link guest} says. */
export function library(name: string): string | undefined {
  const suffix = { darwin: "dylib", win32: "dll" }[process.platform as string] ?? "so";
  const built = join(ROOT, "target/natives", `${name}.${suffix}`);
  if (existsSync(built)) return built;
  if (process.env.CI !== undefined) throw new Error(`${built} is not built`);
  console.log(`skipped: build the libraries first: cargo xtask test --only 'native libraries' (${name})`);
  return undefined;
}

/** A library of a source in C, by the system's compiler; undefined where there is none. */
export function compiled(source: string, name: string, options: readonly string[] = []): string | undefined {
  const built = join(folder(), `${name}.so`);
  const always = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-Wno-unused-function", "-shared", "-fPIC", "-pthread"];
  const places = ["-I", join(ROOT, "schema"), "-o", built, join(ROOT, source)];
  const { status, error, stderr } = spawnSync(process.env.CC ?? "cc", [...always, ...options, ...places]);
  if (status === 0) return built;
  if (error === undefined || process.env.CI !== undefined) throw new Error(`${source} does not compile: ${stderr}`);
  console.log("skipped: there is no C compiler");
  return undefined;
}

const PERMISSIONS = {
  services: ["test.*", "kv:read"],
  events: { emit: ["test:*", "test.*"], subscribe: ["*"] },
};

const SUBJECT = {
  name: "conformance-subject",
  interfaces: { conformance: "1", agent: "1" },
  permissions: PERMISSIONS,
  actions: [{ name: "ECHO", description: "Echoes." }],
};

/** The conformance subject as a module, in a folder with a manifest; undefined where it is not built. */
export function moduleSubject(): string | undefined {
  const module = guest("subject");
  if (module === undefined) return undefined;
  const made = pluginFolder({ ...SUBJECT, language: "rust", doors: { wasm: { path: "subject.wasm" } } });
  putProgram(module, join(made, "subject.wasm"));
  return made;
}

/** The conformance subject as a package of wasm-bindgen's, in a folder with a manifest; undefined where it is not built. */
export function boundSubject(): string | undefined {
  if (guest("bound/subject_bg") === undefined) return undefined;
  const made = pluginFolder({ ...SUBJECT, language: "rust", doors: { module: { typescript: "subject.js" } } });
  for (const file of ["subject.js", "subject_bg.js", "subject_bg.wasm"]) {
    copyFileSync(join(ROOT, "target/guests/bound", file), join(made, file));
  }
  return made;
}

/** The conformance subject as a module of this program: a manifest beside it. */
export function ownSubject(): string {
  const file = join(ROOT, "bindings/typescript/subject/dist/module.json");
  const whole = { description: "Made for a test.", version: "1.0.0", language: "typescript", ...SUBJECT };
  writeFileSync(file, JSON.stringify({ ...whole, doors: { module: { typescript: "plugin.js" } } }));
  return file;
}

/** The conformance subjects: language to a folder with a manifest that asks for what the tests grant. */
export function subjects(): { readonly [language: string]: string } {
  const made = (language: string, command: readonly string[]): string =>
    pluginFolder({ ...SUBJECT, language, doors: { process: { command } } });
  const found: { [language: string]: string } = {
    typescript: made("typescript", ["node", join(ROOT, "bindings/typescript/subject/dist/plugin.js")]),
  };
  const rust = join(ROOT, "target/debug/examples/subject");
  if (existsSync(rust)) {
    found.rust = made("rust", ["./subject"]);
    putProgram(rust, join(found.rust, "subject"));
  }
  if (existsSync(join(ROOT, "target/venv/bin/python3"))) {
    found.python = made("python", ["python3", "-u", join(ROOT, "bindings/python/subject/plugin.py")]);
  }
  return found;
}

/** Command lines of living processes that mention a text in theirs, or work in a folder of it: what is left of a plugin. */
export function living(text: string): string[] {
  const found: string[] = [];
  for (const pid of readdirSync("/proc").filter((name) => /^[0-9]+$/.test(name))) {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      if (line.includes(text) || readlinkSync(`/proc/${pid}/cwd`).includes(text)) found.push(line);
    } catch {
      // It has ended meanwhile.
    }
  }
  return found;
}

/** Waits until something is so. */
export async function until(isSo: () => boolean, withinMs = 5000): Promise<boolean> {
  for (const deadline = Date.now() + withinMs; Date.now() < deadline; ) {
    if (isSo()) return true;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return isSo();
}

/** What some work fails with. @throws where it does not */
export async function failure(work: Promise<unknown>): Promise<CrossplugError> {
  try {
    await work;
  } catch (thrown) {
    return thrown as CrossplugError;
  }
  throw new Error("it did not fail");
}
