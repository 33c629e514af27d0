// elizaOS's loaders: a bare file or a module's name in, a plugin in its shape out. Nothing has to lie beside it.

import { readFile, stat } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { HostError } from "../../errors.js";
import { elizaPlugin, type LoadedElizaPlugin } from "../elizaos/shape.js";
import type { LoadOptions } from "../options.js";
import { isModule } from "../wasm/outline.js";
import { isLibrary } from "./files.js";
import { Host } from "./host.js";
import { programDoor } from "./program.js";
import { wasmDoor } from "./wasm.js";

/** How a plugin is loaded. */
export interface LoaderOptions
  extends Pick<LoadOptions, "config" | "grants" | "dataDir" | "startTimeoutMs" | "signal"> {
  /** A host of the program's own. Default: one that all of these share, which offers no services and grants nothing. */
  readonly host?: Host;
}

let shared: Promise<Host> | undefined;

async function hostOf({ host }: LoaderOptions): Promise<Host> {
  shared ??= Host.create({ name: "elizaos" });
  return host ?? (await shared);
}

/**
 * A plugin that is a WebAssembly module, whatever it was written in. What `wasm-bindgen --out-dir` made of one (`x_bg.wasm`, or
 * `x.wasm` where that is all that lies beside `x.js`) runs with the JavaScript that it made for it.
 *
 * @example
 * runtime.registerPlugin(await loadWasmPlugin("./my-rust-plugin.wasm"));
 */
export async function loadWasmPlugin(path: string, options: LoaderOptions = {}): Promise<LoadedElizaPlugin> {
  const host = await hostOf(options);
  const glue = await glueOf(path);
  if (glue === undefined) return elizaPlugin(await host.load(path, options));
  const name = basename(path, ".wasm").replace(/_bg$/, "");
  return elizaPlugin(await host.open(name, wasmDoor({ module: path, glue }), options));
}

/**
 * A plugin that is a module of Python: of elizaOS, or of the package `crossplug`, which has to be installed for both. It runs in a
 * process of its own, by the program `python3` of the PATH or the one that `CROSSPLUG_PYTHON` names.
 *
 * @example
 * runtime.registerPlugin(await loadPythonPlugin("my_python_plugin"));
 */
export async function loadPythonPlugin(module: string, options: LoaderOptions = {}): Promise<LoadedElizaPlugin> {
  const python = process.env.CROSSPLUG_PYTHON ?? "python3";
  const door = programDoor([python, "-u", "-m", "crossplug.elizaos", module]);
  return elizaPlugin(await (await hostOf(options)).open(module, door, options));
}

/**
 * A plugin written in Rust: its WebAssembly module, its shared library, its package of wasm-bindgen's (`x.js`), or its program.
 *
 * @example
 * runtime.registerPlugin(await loadRustPlugin("./dist/my_plugin.js"));
 */
export async function loadRustPlugin(path: string, options: LoaderOptions = {}): Promise<LoadedElizaPlugin> {
  const file = await existing(path);
  if (extname(file) === ".js") {
    const module = file.replace(/\.js$/, "_bg.wasm");
    if (await isThere(module)) return loadWasmPlugin(module, options);
    const context = `there is no \`${module}\` beside \`${file}\`; it is made by \`wasm-bindgen --out-dir\``;
    throw new HostError("NotFound", `load \`${path}\``, { context });
  }
  if (isLibrary(file)) return elizaPlugin(await (await hostOf(options)).load(file, options));
  if (extname(file) === ".wasm" || isModule(await readFile(file))) return loadWasmPlugin(file, options);
  const name = basename(file, extname(file));
  return elizaPlugin(await (await hostOf(options)).open(name, programDoor([file]), options));
}

/** A plugin by its manifest, in a folder or a file: elizaOS's own are understood. */
export async function loadPlugin(path: string, options: LoaderOptions = {}): Promise<LoadedElizaPlugin> {
  return elizaPlugin(await (await hostOf(options)).load(path, options));
}

/** The JavaScript that a module of wasm-bindgen's imports, where that lies beside it. */
async function glueOf(path: string): Promise<string | undefined> {
  const stem = basename(path, ".wasm");
  if (!stem.endsWith("_bg")) return undefined;
  const beside = [`${stem}.js`, `${stem.replace(/_bg$/, "")}.js`];
  for (const file of beside.map((name) => join(dirname(resolve(path)), name))) if (await isThere(file)) return file;
  return undefined;
}

async function existing(path: string): Promise<string> {
  const file = resolve(path);
  if (await isThere(file)) return file;
  throw new HostError("NotFound", `load \`${path}\``, { context: `there is no \`${file}\`` });
}

async function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
}
