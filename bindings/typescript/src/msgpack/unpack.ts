// MessagePack, read by the laws of schema/README.md section 3. Knows no type.
//
// Integers that a number holds exactly come as numbers, larger ones as bigint; bytes come as Uint8Array.

import { DecodeError, Misfit } from "../codec/misfit.js";
import { MAX_DEPTH } from "../json/strict.js";
import type { Draft } from "../json/value.js";
import { put } from "../json/value.js";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Up to so many ASCII bytes a loop beats the platform's decoder. */
const SHORT = 48;

/** What a document has that JSON has not was met at least once, so that what knows no type must look for it. */
let foreign = false;

/** Whether any document yet held bytes or an integer beyond 2^53 - 1. */
export function metForeign(): boolean {
  return foreign;
}

/**
 * Reads one MessagePack value strictly: null, booleans, numbers, bigints, strings, Uint8Arrays, arrays and objects.
 *
 * @param document - the whole of it
 * @param maxDepth - how deep arrays and maps may nest
 * @throws DecodeError with the reason `notMsgpack`, `duplicateKey`, `notFinite` or `tooDeep`
 * @example
 * parseMsgpack(Uint8Array.of(0x81, 0xa1, 0x61, 0x01)); // { a: 1 }
 */
export function parseMsgpack(document: Uint8Array, maxDepth: number = MAX_DEPTH): unknown {
  const reader = new Reader(document, maxDepth);
  try {
    const value = reader.value(0);
    if (reader.at !== document.length) throw reader.broken("bytes behind the end");
    return value;
  } catch (thrown) {
    throw thrown instanceof Misfit ? new DecodeError("MessagePack", thrown) : thrown;
  }
}

class Reader {
  at = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #maxDepth: number;

  constructor(bytes: Uint8Array, maxDepth: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#maxDepth = maxDepth;
  }

  broken(problem: string): Misfit {
    return new Misfit("notMsgpack", `${problem} at byte ${this.at}`);
  }

  value(depth: number): unknown {
    const marker = this.#bytes[this.at];
    if (marker === undefined) throw this.broken("the document ends too early");
    this.at++;
    if (marker < 0x80) return marker;
    if (marker < 0x90) return this.#map(marker & 0xf, depth);
    if (marker < 0xa0) return this.#array(marker & 0xf, depth);
    if (marker < 0xc0) return this.#text(marker & 0x1f);
    if (marker >= 0xe0) return marker - 0x100;
    switch (marker) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
        return this.#binary(this.#unsigned(1));
      case 0xc5:
        return this.#binary(this.#unsigned(2));
      case 0xc6:
        return this.#binary(this.#unsigned(4));
      case 0xca:
        return this.#finite(this.#view.getFloat32(this.#take(4)));
      case 0xcb:
        return this.#finite(this.#view.getFloat64(this.#take(8)));
      case 0xcc:
        return this.#unsigned(1);
      case 0xcd:
        return this.#unsigned(2);
      case 0xce:
        return this.#unsigned(4);
      case 0xcf:
        return this.#wide(this.#view.getBigUint64(this.#take(8)));
      case 0xd0:
        return this.#view.getInt8(this.#take(1));
      case 0xd1:
        return this.#view.getInt16(this.#take(2));
      case 0xd2:
        return this.#view.getInt32(this.#take(4));
      case 0xd3:
        return this.#wide(this.#view.getBigInt64(this.#take(8)));
      case 0xd9:
        return this.#text(this.#unsigned(1));
      case 0xda:
        return this.#text(this.#unsigned(2));
      case 0xdb:
        return this.#text(this.#unsigned(4));
      case 0xdc:
        return this.#array(this.#unsigned(2), depth);
      case 0xdd:
        return this.#array(this.#unsigned(4), depth);
      case 0xde:
        return this.#map(this.#unsigned(2), depth);
      case 0xdf:
        return this.#map(this.#unsigned(4), depth);
      default:
        this.at--;
        throw this.broken(marker === 0xc1 ? "a byte that MessagePack never uses" : "an extension type");
    }
  }

  /** Where the next so many bytes begin; they are there. */
  #take(count: number): number {
    const from = this.at;
    if (count > this.#bytes.length - from) throw this.broken("a length that goes beyond the document");
    this.at = from + count;
    return from;
  }

  #unsigned(width: 1 | 2 | 4): number {
    const from = this.#take(width);
    if (width === 1) return this.#bytes[from] as number;
    return width === 2 ? this.#view.getUint16(from) : this.#view.getUint32(from);
  }

  #wide(value: bigint): number | bigint {
    const short = Number(value);
    if (Number.isSafeInteger(short)) return short;
    foreign = true;
    return value;
  }

  #finite(value: number): number {
    if (!Number.isFinite(value)) throw new Misfit("notFinite", `a float that is ${value}`);
    return value;
  }

  #binary(length: number): Uint8Array {
    const from = this.#take(length);
    foreign = true;
    // The document's memory belongs to whoever reads frames; and a slice of Node's own kind of bytes were no copy.
    return new Uint8Array(this.#bytes.subarray(from, from + length));
  }

  #text(length: number): string {
    const from = this.#take(length);
    const bytes = this.#bytes;
    if (length <= SHORT) {
      let text = "";
      let at = from;
      for (; at < this.at; at++) {
        const unit = bytes[at] as number;
        if (unit > 0x7f) break;
        text += String.fromCharCode(unit);
      }
      if (at === this.at) return text;
    }
    try {
      return utf8.decode(bytes.subarray(from, this.at));
    } catch {
      throw this.broken("text that is not UTF-8");
    }
  }

  #enter(least: number, depth: number): void {
    if (depth >= this.#maxDepth) throw new Misfit("tooDeep", `more than ${this.#maxDepth} nested arrays and maps`);
    // What is announced must be able to be there.
    if (least > this.#bytes.length - this.at) throw this.broken("a length that goes beyond the document");
  }

  #array(count: number, depth: number): unknown[] {
    this.#enter(count, depth);
    const list: unknown[] = [];
    for (let at = 0; at < count; at++) list.push(this.value(depth + 1));
    return list;
  }

  #map(count: number, depth: number): Draft {
    this.#enter(count * 2, depth);
    const map: Draft = {};
    for (let at = 0; at < count; at++) {
      const name = this.#name();
      if (Object.hasOwn(map, name)) throw new Misfit("duplicateKey", `${JSON.stringify(name)} stands twice in one map`);
      put(map, name, this.value(depth + 1));
    }
    return map;
  }

  #name(): string {
    const marker = this.#bytes[this.at] ?? 0;
    if ((marker < 0xa0 || marker > 0xbf) && (marker < 0xd9 || marker > 0xdb)) {
      throw this.broken("a name that is not a string");
    }
    return this.value(0) as string;
  }
}
