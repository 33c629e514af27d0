// The outline of a module in its binary form: its sections, and the bounds of its memories and tables. Runs nothing.

import { HostError } from "../../errors.js";
import type { FullWasmLimits } from "./limits.js";
import { PAGE } from "./webassembly.js";

const MAGIC = [0x00, 0x61, 0x73, 0x6d] as const;
const HEAD = 8;
/** Where its layer stands, and what it is for a component. */
const LAYER = 6;
const COMPONENT = 1;
const CUSTOM = 0;
const TABLES = 4;
const MEMORIES = 5;
/** A limits' flag: it has a maximum. */
const HAS_MOST = 0x01;
/** It is shared between threads, which asks for a maximum. */
const SHARED = 0x02;

/** A section: its id, where it begins with that id, and where its contents lie. */
export interface Section {
  readonly id: number;
  readonly begin: number;
  readonly from: number;
  readonly to: number;
}

/** Whether it begins as a module does. */
export function isModule(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, at) => bytes[at] === byte);
}

/** Whether it begins as a component does, which is of another layer. */
export function isComponent(bytes: Uint8Array): boolean {
  return isModule(bytes) && bytes[LAYER] === COMPONENT && bytes[LAYER + 1] === 0;
}

/** The contents of the custom section of that name. */
export function customSection(module: Uint8Array, name: string): Uint8Array | undefined {
  for (const { id, from, to } of sections(module)) {
    if (id !== CUSTOM) continue;
    const reader = new Reader(module, from, to);
    if (reader.text() === name && reader.isWhole) return module.subarray(reader.at, to);
  }
  return undefined;
}

/**
 * The module with maxima for its memories and tables: its own where they are lower.
 *
 * @throws HostError `Limit` where it begins with more, `Incompatible` for bounds that this host does not know
 */
export function bounded(module: Uint8Array, limits: FullWasmLimits): Uint8Array {
  const pages = Math.floor(limits.memoryBytes / PAGE);
  const parts: Uint8Array[] = [];
  let copied = 0;
  for (const section of sections(module)) {
    if (section.id !== TABLES && section.id !== MEMORIES) continue;
    const [most, what] =
      section.id === MEMORIES
        ? [pages, `out of memory: a memory may have ${limits.memoryBytes} bytes; allow more with \`memoryBytes\``]
        : [
            limits.tableElements,
            `a table may have ${limits.tableElements} elements; allow more with \`tableElements\``,
          ];
    const contents = rewritten(new Reader(module, section.from, section.to), section.id === TABLES, most, what);
    parts.push(module.subarray(copied, section.begin), sectionOf(section.id, contents));
    copied = section.to;
  }
  if (copied === 0) return module;
  parts.push(module.subarray(copied));
  return joined(parts);
}

function rewritten(reader: Reader, isTable: boolean, most: number, excess: string): number[] {
  const count = reader.number();
  const out = [...numberBytes(count)];
  for (let index = 0; index < count; index++) {
    if (isTable) out.push(reader.byte());
    const flags = reader.byte();
    if ((flags & ~(HAS_MOST | SHARED)) !== 0) {
      const context = "it has a memory or a table of a kind that this host cannot bound";
      throw new HostError("Incompatible", "load", { context });
    }
    const least = reader.number();
    const own = (flags & HAS_MOST) === 0 ? most : reader.number();
    if (least > most) throw new HostError("Limit", "load", { context: excess });
    out.push(flags | HAS_MOST, ...numberBytes(least), ...numberBytes(Math.min(own, most)));
  }
  return out;
}

function sectionOf(id: number, contents: readonly number[]): Uint8Array {
  return Uint8Array.from([id, ...numberBytes(contents.length), ...contents]);
}

/** Its sections, as far as they are whole. */
export function* sections(module: Uint8Array): Generator<Section> {
  if (!isModule(module)) return;
  for (let begin = HEAD; begin < module.length; ) {
    const reader = new Reader(module, begin, module.length);
    const id = reader.byte();
    const length = reader.number();
    const from = reader.at;
    const to = from + length;
    // What is broken, the compiler refuses with a better word.
    if (to > module.length || !reader.isWhole) return;
    yield { id, begin, from, to };
    begin = to;
  }
}

/** Reads numbers as modules write them, seven bits in each byte, and what else modules are made of. */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #to: number;
  at: number;
  /** Whether nothing was asked for beyond the end. */
  isWhole = true;

  constructor(bytes: Uint8Array, from: number, to: number) {
    this.#bytes = bytes;
    this.at = from;
    this.#to = to;
  }

  byte(): number {
    if (this.at >= this.#to) this.isWhole = false;
    return this.#bytes[this.at++] ?? 0;
  }

  number(): number {
    let value = 0;
    for (let place = 0; place < 5; place++) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** (7 * place);
      if ((byte & 0x80) === 0) break;
    }
    return value;
  }

  /** Text with its length before it. */
  text(): string {
    const length = this.number();
    const from = this.at;
    this.at += length;
    if (this.at > this.#to) this.isWhole = false;
    return new TextDecoder().decode(this.#bytes.subarray(from, Math.min(this.at, this.#to)));
  }
}

function numberBytes(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 0x80);
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
