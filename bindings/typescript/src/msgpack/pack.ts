// Values into MessagePack, in the forms of schema/README.md section 3. Knows no type.

import { EncodeError, Misfit } from "../codec/misfit.js";
import { MAX_DEPTH } from "../json/strict.js";
import type { Fields } from "../json/value.js";
import { kindOf } from "../json/value.js";
import { Float } from "./float.js";

const utf8 = new TextEncoder();

/** Up to so many characters a loop beats the platform's encoder. */
const SHORT = 48;
const FIRST = 512;
/** What the writer keeps between two documents at most. */
const KEEP = 256 * 1024;

/**
 * Writes one value: what JSON has, bigints as integers, Uint8Arrays as bytes. Members that are undefined are left out.
 *
 * @param maxDepth - how deep arrays and objects may nest
 * @throws EncodeError for what MessagePack or its strict laws cannot hold
 * @example
 * packMsgpack({ a: 1 }); // 81 a1 61 01
 */
export function packMsgpack(value: unknown, maxDepth: number = MAX_DEPTH): Uint8Array {
  const writer = spare ?? new Writer();
  spare = undefined;
  try {
    writer.value(value, maxDepth);
    return writer.finish();
  } catch (thrown) {
    throw thrown instanceof Misfit ? new EncodeError("MessagePack", thrown) : thrown;
  } finally {
    writer.clear();
    spare = writer;
  }
}

class Writer {
  #bytes = new Uint8Array(FIRST);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#at);
  }

  clear(): void {
    this.#at = 0;
    if (this.#bytes.length > KEEP) this.#resize(FIRST);
  }

  value(value: unknown, left: number): void {
    switch (typeof value) {
      case "string":
        this.#text(value);
        break;
      case "number":
        this.#number(value);
        break;
      case "boolean":
        this.#byte(value ? 0xc3 : 0xc2);
        break;
      case "bigint":
        this.#bigint(value);
        break;
      case "object":
        this.#object(value, left);
        break;
      default:
        throw new Misfit("wrongKind", `expected a value, found ${kindOf(value)}`);
    }
  }

  #object(value: object | null, left: number): void {
    if (value === null) this.#byte(0xc0);
    else if (value instanceof Float) this.#float(value.value);
    else if (value instanceof Uint8Array) this.#binary(value);
    else if (left === 0) throw new Misfit("tooDeep", `more than ${MAX_DEPTH} nested arrays and objects`);
    else if (Array.isArray(value)) this.#array(value, left - 1);
    else this.#map(value, left - 1);
  }

  #array(list: readonly unknown[], left: number): void {
    this.#head(list.length, 0x90, 16, 0xdc);
    for (let at = 0; at < list.length; at++) this.value(list[at] ?? null, left);
  }

  #map(value: object, left: number): void {
    const names = Object.keys(value);
    const fields = value as Fields;
    let count = names.length;
    for (const name of names) if (fields[name] === undefined) count--;
    this.#head(count, 0x80, 16, 0xde);
    for (const name of names) {
      const member = fields[name];
      if (member === undefined) continue;
      this.#text(name);
      this.value(member, left);
    }
  }

  #number(value: number): void {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
      if (value >= 0) this.#unsigned(value);
      else this.#negative(value);
    } else {
      this.#float(value);
    }
  }

  #unsigned(value: number): void {
    if (value < 0x80) this.#byte(value);
    else if (value < 0x100) this.#marked(0xcc, value, 1);
    else if (value < 0x10000) this.#marked(0xcd, value, 2);
    else if (value < 0x100000000) this.#marked(0xce, value, 4);
    else this.#wide(BigInt(value));
  }

  #negative(value: number): void {
    if (value >= -0x20) this.#byte(value + 0x100);
    else if (value >= -0x80) this.#marked(0xd0, value + 0x100, 1);
    else if (value >= -0x8000) this.#marked(0xd1, value + 0x10000, 2);
    else if (value >= -0x80000000) this.#marked(0xd2, value + 0x100000000, 4);
    else this.#wide(BigInt(value));
  }

  #bigint(value: bigint): void {
    const short = Number(value);
    if (Number.isSafeInteger(short)) this.#number(short);
    else this.#wide(value);
  }

  #wide(value: bigint): void {
    const at = this.#room(9);
    this.#bytes[at] = value < 0n ? 0xd3 : 0xcf;
    if (value < 0n) this.#view.setBigInt64(at + 1, value);
    else this.#view.setBigUint64(at + 1, value);
  }

  #float(value: number): void {
    if (!Number.isFinite(value)) throw new Misfit("notFinite", `${value} is no number of the wire`);
    const at = this.#room(9);
    this.#bytes[at] = 0xcb;
    this.#view.setFloat64(at + 1, value);
  }

  #text(text: string): void {
    const units = text.length;
    if (units <= SHORT) {
      // A head of one byte or two for ASCII; anything else begins again below.
      const from = this.#at;
      const body = this.#room(units + 2) + (units < 32 ? 1 : 2);
      let at = 0;
      for (; at < units; at++) {
        const unit = text.charCodeAt(at);
        if (unit > 0x7f) break;
        this.#bytes[body + at] = unit;
      }
      this.#at = from;
      if (at === units) {
        this.#head(units, 0xa0, 32, 0xda, 0xd9);
        this.#at += units;
        return;
      }
    }
    if (!text.isWellFormed()) throw new Misfit("loneSurrogate", "the text holds half of a surrogate pair");
    const bytes = utf8.encode(text);
    this.#head(bytes.length, 0xa0, 32, 0xda, 0xd9);
    this.#append(bytes);
  }

  #binary(bytes: Uint8Array): void {
    this.#head(bytes.length, 0, 0, 0xc5, 0xc4);
    this.#append(bytes);
  }

  #append(bytes: Uint8Array): void {
    const at = this.#room(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** A length: within its marker below `short`, in 8 bits where there is such a form, in 16 or 32. */
  #head(length: number, marker: number, short: number, wide: number, narrow = 0): void {
    if (length < short) this.#byte(marker | length);
    else if (narrow !== 0 && length < 0x100) this.#marked(narrow, length, 1);
    else if (length < 0x10000) this.#marked(wide, length, 2);
    else this.#marked(wide + 1, length, 4);
  }

  #byte(byte: number): void {
    const at = this.#room(1);
    this.#bytes[at] = byte;
  }

  #marked(marker: number, value: number, width: 1 | 2 | 4): void {
    const at = this.#room(1 + width);
    this.#bytes[at] = marker;
    if (width === 1) this.#bytes[at + 1] = value;
    else if (width === 2) this.#view.setUint16(at + 1, value);
    else this.#view.setUint32(at + 1, value);
  }

  /** Where the next so many bytes go. */
  #room(count: number): number {
    const at = this.#at;
    if (at + count > this.#bytes.length) this.#resize(Math.max(at + count, this.#bytes.length * 2));
    this.#at = at + count;
    return at;
  }

  #resize(length: number): void {
    const old = this.#bytes.subarray(0, this.#at);
    this.#bytes = new Uint8Array(length);
    this.#view = new DataView(this.#bytes.buffer);
    this.#bytes.set(old);
  }
}

let spare: Writer | undefined;
