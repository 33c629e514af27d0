// The hard documents of crates/idl/tests/documents: what is generated for a user passes the strict compiler and agrees with
// the vectors of the same document. Needs cargo; without it the test is skipped, in CI it fails.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Codec } from "crossplug";
import { problems, type Vectors } from "./vector-player.js";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const DOCUMENTS = join(ROOT, "crates/idl/tests/documents");
/** Inside the repository, so that the package is found as a user's project finds it. */
const OUT = join(ROOT, "target/typescript/documents");

const EMIT = join(ROOT, "target/debug/examples/emit");

function run(command: string, ...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: ROOT, encoding: "utf8" });
  assert.equal(status, 0, `${command} ${args.join(" ")}: ${error?.message ?? ""}${stdout}${stderr}`);
  return stdout;
}

const hasCargo = spawnSync("cargo", ["--version"]).status === 0;
const skip = hasCargo || process.env.CI !== undefined ? false : "cargo is not installed";

/** One document: its generated module, by import, and its vectors. */
function generate(file: string): { modules: string[]; vectors: string } {
  const out = join(OUT, file.replace(/\.json$/, ""));
  mkdirSync(out, { recursive: true });
  for (const lang of ["typescript", "vectors"]) {
    run(EMIT, join(DOCUMENTS, file), lang, out);
  }
  return { modules: readdirSync(out).filter((name) => name.endsWith(".ts")), vectors: out };
}

describe("hard documents", { skip }, () => {
  test("compile strictly, and judge their own vectors", async () => {
    rmSync(OUT, { recursive: true, force: true });
    run("cargo", "xtask", "programs", "--tools", "--example", "emit");
    const made = readdirSync(DOCUMENTS).map(generate);
    assert.ok(made.length > 0);
    const config = {
      extends: join(ROOT, "tsconfig.base.json"),
      compilerOptions: { rootDir: ".", outDir: "compiled", composite: false, declaration: true, types: ["node"] },
      include: ["*/*.ts"],
    };
    writeFileSync(join(OUT, "package.json"), '{ "type": "module" }');
    writeFileSync(join(OUT, "tsconfig.json"), JSON.stringify(config));
    run(process.execPath, join(ROOT, "node_modules/typescript/bin/tsc"), "-p", OUT);
    let played = 0;
    for (const { modules, vectors } of made) {
      for (const name of modules) {
        const compiled = join(OUT, "compiled", vectors.slice(OUT.length), name.replace(/\.ts$/, ".js"));
        const module = (await import(pathToFileURL(compiled).href)) as Record<string, Codec<unknown>>;
        for (const [path, file] of files(vectors)) {
          const cases = JSON.parse(file) as Vectors;
          const codec = module[cases.type] ?? module[`${cases.type}_`];
          assert.ok(codec, `${name} has no codec ${cases.type}`);
          assert.deepEqual(problems(codec, cases), [], path);
          played += cases.valid.length + cases.invalid.length;
        }
      }
    }
    assert.ok(played > 1000, `only ${played} vectors`);
    console.log(`${made.length} hard documents compile; ${played} of their vectors agree`);
  });
});

/** The vector files below a folder. */
function files(folder: string): [string, string][] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".json"))
    .map((path) => [path, readFileSync(join(folder, path), "utf8")]);
}
