// Node 20's engine knows constants that are sums, as components of Python have them, and has to be told to use that; later ones do by
// themselves. It cannot be told for one thread, nor when a thread starts, but at any time for the whole program.

import { setFlagsFromString } from "node:v8";
import { engine } from "../wasm/webassembly.js";

/** A module with one global, whose value is 1 + 1. */
const SUM = Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 6, 9, 1, 0x7f, 0, 0x41, 1, 0x41, 1, 0x6a, 0x0b]);

/** Lets constants be sums, where the engine has to be told. */
export function readyForComponents(): void {
  if (!engine.validate(SUM)) setFlagsFromString("--experimental-wasm-extended-const");
}
