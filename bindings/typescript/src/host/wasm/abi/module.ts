// A guest of crossplug-abi/1 as a module (schema/README.md section 8). Knows memory, addresses and packed numbers, and nothing of
// messages.

import { Halt } from "../fault.js";
import type { FullWasmLimits } from "../limits.js";
import {
  engine,
  isMemory,
  type WasmExports,
  type WasmFunction,
  type WasmImports,
  type WasmMemory,
  type WasmModule,
} from "../webassembly.js";
import { boundExports } from "./glue.js";
import { CALLED, type Called, type Instance, microseconds, now, until, type Words } from "./instance.js";
import { CROSSPLUG_ABI, MARK } from "./name.js";

/** The version of the ABI. */
const VERSION = 1;
/** An input buffer larger than this is asked for anew each time, so that the guest can give it back. */
const KEEP = 1 << 20;
/** Nobody's time is over. */
const NO_END = -1n;

/** The parts of a packed result. */
interface Packed extends Words {
  readonly status: number;
  readonly news: boolean;
}

type Timed = WasmFunction<readonly [bigint], bigint>;

/** A module that can be entered. */
export class ModuleInstance implements Instance {
  readonly #memory: WasmMemory;
  readonly #limits: FullWasmLimits;
  readonly #reserve: WasmFunction<readonly [number], number>;
  readonly #methods: WasmFunction<readonly [], bigint>;
  readonly #call: WasmFunction<readonly [number, number, bigint, bigint, bigint], bigint>;
  readonly #push: WasmFunction<readonly [number, bigint], bigint>;
  readonly #turn: Timed;
  readonly #next: WasmFunction<readonly [], bigint>;
  readonly #close: Timed;
  readonly #lastWords: WasmFunction<readonly [], bigint>;
  readonly #scratch: DataView = new DataView(new ArrayBuffer(8));
  /** Where the guest's input buffer is, and how much it holds. */
  #at = 0;
  #room = 0;

  private constructor(exports: WasmExports, limits: FullWasmLimits) {
    const { memory } = exports;
    if (!isMemory(memory)) throw new Halt("Incompatible", "the module exports no `memory`");
    this.#memory = memory;
    this.#limits = limits;
    this.#reserve = exported(exports, "crossplug_reserve");
    this.#methods = exported(exports, "crossplug_methods");
    this.#call = exported(exports, "crossplug_call");
    this.#push = exported(exports, "crossplug_push");
    this.#turn = exported(exports, "crossplug_turn");
    this.#next = exported(exports, "crossplug_next");
    this.#close = exported(exports, "crossplug_close");
    this.#lastWords = exported(exports, "crossplug_last_words");
    const version = exported<WasmFunction<readonly [], number>>(exports, MARK)();
    if (version !== VERSION) {
      throw new Halt("Incompatible", `the module speaks version ${version} of the ABI, this host version ${VERSION}`);
    }
  }

  /**
   * Makes one. Throws what stops the guest.
   *
   * @param glue - the address of the JavaScript that it imports
   */
  static async make(module: WasmModule, limits: FullWasmLimits, glue?: string): Promise<ModuleInstance> {
    const exports =
      glue === undefined
        ? (await engine.instantiate(module, trapping(module))).exports
        : await boundExports(module, glue);
    return new ModuleInstance(exports, limits);
  }

  methods(): string[] {
    const { bytes } = this.#unpack(this.#methods());
    let names: unknown;
    try {
      names = JSON.parse(new TextDecoder().decode(bytes));
    } catch (thrown) {
      throw new Halt("Protocol", `\`crossplug_methods\` gives no list: ${(thrown as Error).message}`);
    }
    if (Array.isArray(names) && names.every((name) => typeof name === "string")) return names;
    throw new Halt("Protocol", "`crossplug_methods` gives no list of names");
  }

  call(method: number, params: Uint8Array, id: number, timeoutMs: number | undefined): Packed & { called: Called } {
    const length = this.#write(params);
    const timeout = timeoutMs === undefined ? NO_END : microseconds(timeoutMs);
    const packed = this.#unpack(this.#call(method, length, BigInt(id), timeout, now()));
    const called = CALLED[packed.status];
    if (called === undefined) throw new Halt("Protocol", `a call has the status ${packed.status}`);
    return { ...packed, called };
  }

  push(message: Uint8Array): Packed {
    return this.#unpack(this.#push(this.#write(message), now()));
  }

  turn(): Packed {
    return this.#unpack(this.#turn(now()));
  }

  close(): Packed {
    return this.#unpack(this.#close(now()));
  }

  wait(): number | undefined {
    const at = this.#next();
    return at < 0n ? undefined : until(at);
  }

  lastWords(): Uint8Array | undefined {
    try {
      const { bytes } = this.#unpack(this.#lastWords());
      return bytes.length === 0 ? undefined : bytes;
    } catch {
      return undefined;
    }
  }

  /** Puts bytes where the guest takes its input from. */
  #write(bytes: Uint8Array): number {
    const { length } = bytes;
    if (length > 0x7fff_ffff) throw new Halt("Limit", "a message above 2 GiB");
    if (length > this.#room || this.#room === 0) {
      this.#at = this.#reserve(length) >>> 0;
      if (this.#at === 0) throw new Halt("Limit", `out of memory: it has no room for ${length} bytes of input`);
      this.#room = length > KEEP ? 0 : length;
    }
    if (this.#at + length > this.#memory.buffer.byteLength) {
      throw new Halt("Protocol", `its input buffer at ${this.#at} is not in its memory`);
    }
    new Uint8Array(this.#memory.buffer, this.#at, length).set(bytes);
    return length;
  }

  #unpack(packed: bigint): Packed {
    this.#scratch.setBigInt64(0, packed, true);
    const at = this.#scratch.getUint32(0, true);
    const high = this.#scratch.getUint32(4, true);
    const length = high & 0x1fff_ffff;
    const { outputBytes } = this.#limits;
    if (length > outputBytes) {
      throw new Halt("Limit", `its output is larger than ${outputBytes} bytes; allow more with \`outputBytes\``);
    }
    if (length > 0 && at + length > this.#memory.buffer.byteLength) {
      throw new Halt("Protocol", `its output is said to be ${length} bytes at ${at}, which is not in its memory`);
    }
    const bytes = length === 0 ? NOTHING : new Uint8Array(this.#memory.buffer.slice(at, at + length));
    const status = high >>> 30;
    return { status, isOver: status === 1, news: (high & 0x2000_0000) !== 0, bytes };
  }
}

const NOTHING: Uint8Array = new Uint8Array(0);

function exported<F extends WasmFunction<never>>(exports: WasmExports, name: string): F {
  const found = exports[name];
  if (typeof found === "function") return found as F;
  throw new Halt("Incompatible", `the module does not export \`${name}\`, as modules of ${CROSSPLUG_ABI} do`);
}

/** A module may answer another ABI, too, with imports that nobody calls through this one. */
function trapping(module: WasmModule): WasmImports {
  const imports: WasmImports = {};
  for (const { module: from, name, kind } of engine.Module.imports(module)) {
    if (kind !== "function") {
      throw new Halt("Incompatible", `it imports the ${kind} \`${from}::${name}\`, which this host does not have`);
    }
    imports[from] ??= {};
    imports[from][name] = () => {
      throw new Halt("Trap", `it called \`${from}::${name}\`, which is not there`);
    };
  }
  return imports;
}
