// Modules that import JavaScript, as wasm-bindgen makes it for them: for bundlers, `x_bg.js` with everything that the module
// imports; for the web, `x.js` with a function that instantiates it. That JavaScript is code of the plugin's, and trusted.

import { Halt } from "../fault.js";
import { engine, type WasmExports, type WasmFunction, type WasmImports, type WasmModule } from "../webassembly.js";

type Glue = { readonly [name: string]: unknown };

let times = 0;

/** The exports of a module that is bound to its JavaScript. */
export async function boundExports(module: WasmModule, address: string): Promise<WasmExports> {
  // It keeps one instance, so each gets JavaScript of its own.
  const glue = await imported(`${address}?instance=${++times}`);
  if (typeof glue.default === "function") {
    const instantiate = glue.default as (of: { module_or_path: WasmModule }) => Promise<WasmExports>;
    return instantiate({ module_or_path: module });
  }
  const { exports } = await engine.instantiate(module, importsOf(module, glue));
  if (typeof glue.__wbg_set_wasm === "function") glue.__wbg_set_wasm(exports);
  const start = exports.__wbindgen_start as WasmFunction | undefined;
  start?.();
  return exports;
}

async function imported(address: string): Promise<Glue> {
  try {
    return (await import(address)) as Glue;
  } catch (thrown) {
    throw new Halt("Incompatible", `its JavaScript cannot be imported: ${(thrown as Error).message}`);
  }
}

function importsOf(module: WasmModule, glue: Glue): WasmImports {
  const imports: WasmImports = {};
  for (const { module: from, name } of engine.Module.imports(module)) {
    imports[from] ??= {};
    imports[from][name] = glue[name];
  }
  return imports;
}
