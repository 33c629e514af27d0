// The kernel beside a guest: the blocks of bytes that guest and host share, and how the host reads and writes them. A module of
// its own, the one that the Rust host has.

import { fromBase64 } from "../../../codec/base64.js";
import { Halt } from "../fault.js";
import {
  engine,
  isMemory,
  type WasmExports,
  type WasmFunction,
  type WasmMemory,
  type WasmModule,
} from "../webassembly.js";
import { KERNEL } from "./generated/kernel.js";

/** Below this there is nothing of a guest's. */
const FIRST_BLOCK = 512n;
/** Cells of 8 bytes at the beginning of the memory: the output's offset and length, the error's handle. */
const OUTPUT = 24;
/** Handles are addresses of its memory, below 4 GiB. */
type Sized = WasmFunction<readonly [bigint], bigint>;

/** The kernel's module; small, so it is compiled wherever it is wanted. */
export function kernelModule(): Uint8Array {
  return fromBase64(KERNEL);
}

/** What a guest set as its output, and its error where it set one. */
export interface Outcome {
  readonly output: Uint8Array;
  readonly error: string | undefined;
}

/** One guest's kernel. */
export class Kernel {
  /** What guests import of it. */
  readonly exports: WasmExports;
  readonly #memory: WasmMemory;
  readonly #inputNew: Sized;
  readonly #alloc: Sized;
  readonly #free: WasmFunction<readonly [bigint]>;
  readonly #length: Sized;

  private constructor(exports: WasmExports) {
    const { memory, input_new, alloc, free, length } = exports;
    if (!isMemory(memory)) throw new Halt("Incompatible", "the kernel has no memory");
    this.exports = exports;
    this.#memory = memory;
    this.#inputNew = input_new as Sized;
    this.#alloc = alloc as Sized;
    this.#free = free as WasmFunction<readonly [bigint]>;
    this.#length = length as Sized;
  }

  /** Makes one. */
  static async make(module: WasmModule): Promise<Kernel> {
    return new Kernel((await engine.instantiate(module, {})).exports);
  }

  /** Begins a call with its input. */
  begin(input: Uint8Array): void {
    const at = this.#inputNew(BigInt(input.length));
    if (at === 0n && input.length > 0) throw full("its input", input.length);
    this.#write(at, input);
  }

  /** How the call ended, as the guest has it. */
  outcome(mostBytes: number): Outcome {
    const cells = new DataView(this.#memory.buffer, OUTPUT, 24);
    const [offset, length, handle] = [0, 8, 16].map((at) => cells.getBigUint64(at, true)) as [bigint, bigint, bigint];
    const said = handle === 0n ? undefined : this.#read(handle, BigInt.asUintN(64, this.#length(handle)));
    const error = handle === 0n ? undefined : new TextDecoder().decode(said);
    if (length === 0n) return { output: new Uint8Array(0), error };
    if (length > BigInt(mostBytes)) {
      throw new Halt("Limit", `its output is larger than ${mostBytes} bytes; allow more with \`outputBytes\``);
    }
    const output = offset < FIRST_BLOCK ? undefined : this.#read(offset, length);
    if (output !== undefined) return { output, error };
    const what = `its output is said to be ${length} bytes at ${offset}, which is not in the kernel's memory`;
    throw new Halt("Protocol", what);
  }

  /** The bytes of a block; undefined for the null handle. The guest keeps the block. */
  look(handle: bigint): Uint8Array | undefined {
    if (handle === 0n) return undefined;
    const at = BigInt.asUintN(64, handle);
    const length = this.#length(handle);
    // A block has at least one byte.
    const bytes = length === 0n ? undefined : this.#read(at, length);
    if (bytes !== undefined) return bytes;
    throw new Halt("Protocol", `${at} is no handle of a block`);
  }

  /** The same, and the block is freed. */
  take(handle: bigint): Uint8Array | undefined {
    const bytes = this.look(handle);
    if (bytes !== undefined) this.#free(handle);
    return bytes;
  }

  /** Takes text. */
  takeText(handle: bigint, what: string): string {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(this.take(handle) ?? new Uint8Array(0));
    } catch (thrown) {
      throw thrown instanceof Halt ? thrown : new Halt("Protocol", `${what} is not UTF-8`);
    }
  }

  /** A new block of the guest's; the null handle for no bytes. */
  give(bytes: Uint8Array): bigint {
    const handle = this.#alloc(BigInt(bytes.length));
    if (handle === 0n && bytes.length > 0) throw full("what the host gives it", bytes.length);
    this.#write(handle, bytes);
    return handle;
  }

  #read(at: bigint, length: bigint): Uint8Array | undefined {
    const { buffer } = this.#memory;
    const end = at + length;
    return end > BigInt(buffer.byteLength) ? undefined : new Uint8Array(buffer.slice(Number(at), Number(end)));
  }

  #write(at: bigint, bytes: Uint8Array): void {
    new Uint8Array(this.#memory.buffer).set(bytes, Number(BigInt.asUintN(64, at)));
  }
}

function full(what: string, length: number): Halt {
  return new Halt("Limit", `out of memory: there is no room for ${what}, ${length} bytes`);
}
