// From the bytes of a module to code that can run. Knows no ABI.

import { HostError } from "../../errors.js";
import { engine, type WasmModule } from "./webassembly.js";

/** Holds a module to the cap. @throws HostError `Limit` */
export function fitting(module: Uint8Array, most: number): Uint8Array {
  if (module.length <= most) return module;
  const context = `the module is larger than ${most} bytes; allow more with \`moduleBytes\` if it should be`;
  throw new HostError("Limit", "load", { context });
}

/** Compiles a module. @throws HostError `Incompatible` */
export async function compiled(bytes: Uint8Array): Promise<WasmModule> {
  try {
    return await engine.compile(bytes);
  } catch (cause) {
    const context = `it is no WebAssembly module that this host can run: ${(cause as Error).message}`;
    throw new HostError("Incompatible", "load", { context, cause });
  }
}
