// From the bytes of a module to code that can run. Knows no ABI.

import { HostError } from "../../errors.js";
import { engine, type WasmModule } from "./webassembly.js";

/** How long compiled code is kept after a load, in milliseconds: a plugin that is loaded again and again finds it there. */
const KEPT_MS = 10_000;
/** How many bytes of modules it may be of: several interpreters. */
const MOST_BYTES = 128 << 20;

/** What was compiled lately. */
interface Kept {
  /** Of whose bytes: a copy, since a program may write into what it gave. */
  readonly words: Uint32Array;
  readonly length: number;
  readonly code: Promise<WasmModule>;
  end: ReturnType<typeof setTimeout>;
}

let lately: Kept[] = [];

/** Holds a module to the cap. @throws HostError `Limit` */
export function fitting(module: Uint8Array, most: number): Uint8Array {
  if (module.length <= most) return module;
  const context = `the module is larger than ${most} bytes; allow more with \`moduleBytes\` if it should be`;
  throw new HostError("Limit", "load", { context });
}

/** Compiles a module, unless it was compiled lately. @throws HostError `Incompatible` */
export async function compiled(bytes: Uint8Array): Promise<WasmModule> {
  const words = wordsOf(bytes);
  let kept = lately.find((kept) => kept.length === bytes.length && isSame(kept.words, words));
  if (kept === undefined) {
    kept = { words, length: bytes.length, code: compiledAnew(bytes), end: undefined as never };
    const taken = lately.reduce((sum, { length }) => sum + length, bytes.length);
    if (taken <= MOST_BYTES) lately.push(kept);
  }
  keep(kept);
  return kept.code;
}

async function compiledAnew(bytes: Uint8Array): Promise<WasmModule> {
  try {
    return await engine.compile(bytes);
  } catch (cause) {
    const context = `it is no WebAssembly module that this host can run: ${(cause as Error).message}`;
    throw new HostError("Incompatible", "load", { context, cause });
  }
}

function keep(kept: Kept): void {
  clearTimeout(kept.end);
  const forget = (): void => {
    lately = lately.filter((other) => other !== kept);
  };
  kept.end = setTimeout(forget, KEPT_MS);
  // Whoever waits for nothing but this may end.
  (kept.end as { unref?: () => void }).unref?.();
  kept.code.catch(forget);
}

/** The bytes, four by four, with zeros behind them: megabytes are compared at every load. */
function wordsOf(bytes: Uint8Array): Uint32Array {
  const words = new Uint32Array(Math.ceil(bytes.length / 4));
  new Uint8Array(words.buffer).set(bytes);
  return words;
}

function isSame(one: Uint32Array, other: Uint32Array): boolean {
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false;
  return true;
}
