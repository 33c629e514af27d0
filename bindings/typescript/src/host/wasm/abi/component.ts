// A guest of crossplug-abi/1 as a component (`schema/crossplug.wit`): the same contract with types in place of addresses. No engine of
// JavaScript's runs components, so this room passes values as the component model's canonical ABI lays them out. Knows the types of
// our world, and nothing of messages.

import { type Exports, isLifted, type Lifted, linked } from "../component/linked.js";
import type { Outline } from "../component/outline.js";
import { Halt, isStack } from "../fault.js";
import type { FullWasmLimits } from "../limits.js";
import { engine, type WasmFunction, type WasmMemory, type WasmModule } from "../webassembly.js";
import { CALLED, type Called, type Instance, microseconds, now, until, type Words } from "./instance.js";

/** The interface that a plugin exports. */
const GUEST = "crossplug:plugin/guest@1.0.0";
/** The only thing that one may import and that is there: a function that takes its last words. */
const BREAKDOWN = ["crossplug:plugin/breakdown@1.0.0", "last-words"] as const;
/** More than this is not kept of them. */
const MOST_WORDS = 1 << 20;
/** What is entered, and how many numbers that takes. */
const ENTRIES = { begin: 4, methods: 0, call: 7, push: 3, turn: 1, close: 1 } as const;
/** Bytes of what nobody can guess. */
const SEED = 32;
/** Where the parts of a `called` lie, and of an `outbox`. */
const NEWS = 12;
const [OVER, HAS_NEXT, NEXT] = [8, 16, 24] as const;
/** Bytes of a `called`, of an `outbox`, and of a list or a text. */
const [CALLED_BYTES, OUTBOX_BYTES, LIST_BYTES] = [16, 32, 8] as const;

/** A component as engines of JavaScript's run it. Can be posted. */
export interface ComponentCode {
  readonly outline: Outline;
  /** Its core modules, by the numbers that the outline gives them. */
  readonly modules: readonly WasmModule[];
}

/** What it said before it broke down. */
interface LastWords {
  words: Uint8Array | undefined;
}

type Entries = { readonly [name in keyof typeof ENTRIES]: Lifted };

/** A component that can be entered. */
export class ComponentInstance implements Instance {
  readonly #entries: Entries;
  readonly #limits: FullWasmLimits;
  readonly #last: LastWords;
  #next: bigint | undefined;

  private constructor(entries: Entries, limits: FullWasmLimits, last: LastWords) {
    this.#entries = entries;
    this.#limits = limits;
    this.#last = last;
  }

  /** Makes one, and tells it what it cannot know by itself. Throws what stops the guest. */
  static async make({ outline, modules }: ComponentCode, limits: FullWasmLimits): Promise<ComponentInstance> {
    const last: LastWords = { words: undefined };
    const hear = (words: Uint8Array): void => {
      last.words = words.length > MOST_WORDS ? undefined : words.slice();
    };
    const [breakdown, lastWords] = BREAKDOWN;
    const entries = entriesOf(await linked(outline, modules, new Map([[breakdown, new Map([[lastWords, hear]])]])));
    const instance = new ComponentInstance(entries, limits, last);
    const seed = crypto.getRandomValues(new Uint8Array(SEED));
    entered(() => {
      const { begin } = entries;
      begin.func(now(), microseconds(Date.now()), given(begin, seed), SEED);
      begin.after?.();
    });
    return instance;
  }

  methods(): readonly string[] {
    return this.#given(this.#entries.methods, [], LIST_BYTES, (memory, at) => {
      const [from, count] = [memory.getUint32(at, true), memory.getUint32(at + 4, true)];
      const utf8 = new TextDecoder("utf-8", { fatal: true });
      const names: string[] = [];
      // The same bytes can be many names.
      for (let left = this.#limits.outputBytes; names.length < count; ) {
        const name = this.#text(memory, from + names.length * LIST_BYTES);
        left -= name.length + LIST_BYTES;
        if (left < 0) throw this.#tooMuch();
        names.push(utf8.decode(name));
      }
      return names;
    });
  }

  call(
    method: number,
    params: Uint8Array,
    id: number,
    timeoutMs: number | undefined,
  ): Words & { readonly called: Called; readonly news: boolean } {
    const { call } = this.#entries;
    const timeout = timeoutMs === undefined ? [0, 0n] : [1, microseconds(timeoutMs)];
    const args = (): unknown[] => [method, given(call, params), params.length, BigInt(id), ...timeout, now()];
    return this.#given(call, args, CALLED_BYTES, (memory, at) => {
      const called = CALLED[memory.getUint8(at)];
      if (called === undefined) throw new Halt("Protocol", `a call has the answer ${memory.getUint8(at)}`);
      const bytes = called === "pending" ? NOTHING : this.#text(memory, at + 4).slice();
      return { called, news: memory.getUint8(at + NEWS) !== 0, bytes, isOver: false };
    });
  }

  push(message: Uint8Array): Words {
    const { push } = this.#entries;
    return this.#said(push, () => [given(push, message), message.length, now()]);
  }

  turn(): Words {
    return this.#said(this.#entries.turn, () => [now()]);
  }

  close(): Words {
    return this.#said(this.#entries.close, () => [now()]);
  }

  wait(): number | undefined {
    return this.#next === undefined ? undefined : until(this.#next);
  }

  /** One that trapped cannot be entered any more: it has said them before, or never. */
  lastWords(): Uint8Array | undefined {
    return this.#last.words;
  }

  #said(entry: Lifted, args: () => unknown[]): Words {
    return this.#given(entry, args, OUTBOX_BYTES, (memory, at) => {
      this.#next = memory.getUint8(at + HAS_NEXT) === 0 ? undefined : memory.getBigUint64(at + NEXT, true);
      return { bytes: this.#text(memory, at).slice(), isOver: memory.getUint8(at + OVER) !== 0 };
    });
  }

  /** Enters it, and reads what it gives, which lies in its memory until it is told that it was read. */
  #given<Given>(
    entry: Lifted,
    args: (() => unknown[]) | readonly [],
    length: number,
    read: (memory: DataView, at: number) => Given,
  ): Given {
    return entered(() => {
      const result = entry.func(...(typeof args === "function" ? args() : args)) as number;
      const at = result >>> 0;
      const { buffer } = memoryOf(entry);
      if (at + length > buffer.byteLength) throw beyond(`${length} bytes at ${at}`);
      const said = read(new DataView(buffer), at);
      entry.after?.(result);
      return said;
    });
  }

  /** The bytes of a text, whose place lies there. They are copied before the guest is entered again. */
  #text(memory: DataView, place: number): Uint8Array {
    if (place + LIST_BYTES > memory.byteLength) throw beyond(`a text's place at ${place}`);
    const [at, length] = [memory.getUint32(place, true), memory.getUint32(place + 4, true)];
    if (length > this.#limits.outputBytes) throw this.#tooMuch();
    if (length > 0 && at + length > memory.byteLength) throw beyond(`a text of ${length} bytes at ${at}`);
    return new Uint8Array(memory.buffer, length === 0 ? 0 : at, length);
  }

  #tooMuch(): Halt {
    const { outputBytes } = this.#limits;
    return new Halt("Limit", `its output is larger than ${outputBytes} bytes; allow more with \`outputBytes\``);
  }
}

const NOTHING: Uint8Array = new Uint8Array(0);

/** What is entered, of what a component exports. */
function entriesOf(exports: Exports): Entries {
  const guest = exports.get(GUEST);
  if (!(guest instanceof Map)) {
    const what = `the component does not export \`${GUEST}\`, as plugins do; build it with \`crossplug build --door wasm\``;
    throw new Halt("Incompatible", what);
  }
  const entries = Object.entries(ENTRIES).map(([name, numbers]) => {
    const entry: unknown = guest.get(name);
    if (!isLifted(entry)) throw new Halt("Incompatible", `the component's \`${GUEST}\` has no \`${name}\``);
    if (entry.func.length !== numbers) throw new Halt("Incompatible", `the component's \`${name}\` has other types`);
    if (!entry.isUtf8) throw new Halt("Incompatible", "its texts are not in UTF-8, as this host has them");
    return [name, entry];
  });
  return Object.fromEntries(entries) as Entries;
}

/** Puts bytes into a guest's memory, in room that it gives for them; gives the address. */
function given(entry: Lifted, bytes: Uint8Array): number {
  if (bytes.length > 0x7fff_ffff) throw new Halt("Limit", "a message above 2 GiB");
  if (entry.realloc === undefined)
    throw new Halt("Incompatible", "the component has no `realloc` for what it is given");
  const allocate = entry.realloc as WasmFunction<readonly [number, number, number, number], number>;
  const at = allocate(0, 0, 1, bytes.length) >>> 0;
  const { buffer } = memoryOf(entry);
  if (at + bytes.length > buffer.byteLength) throw beyond(`room for ${bytes.length} bytes at ${at}`);
  new Uint8Array(buffer, at, bytes.length).set(bytes);
  return at;
}

function memoryOf({ memory }: Lifted): WasmMemory {
  if (memory === undefined) throw new Halt("Incompatible", "the component has no memory for what it gives and takes");
  return memory;
}

function beyond(what: string): Halt {
  return new Halt("Protocol", `what it gave is not of its type: ${what}, which is not in its memory`);
}

/** An entry. What is neither a trap nor a full stack is about what the guest gave: no text, or none in its memory. */
function entered<Given>(enter: () => Given): Given {
  try {
    return enter();
  } catch (thrown) {
    if (thrown instanceof engine.RuntimeError || thrown instanceof Halt || isStack(thrown)) throw thrown;
    throw new Halt("Protocol", `what it gave is not of its type: ${(thrown as Error).message}`);
  }
}
