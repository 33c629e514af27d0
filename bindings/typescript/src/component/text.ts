// UTF-8 between texts and bytes, which the engine inside a component does not have by itself. Knows bytes only.

const REPLACEMENT = 0xfffd;
/** Characters that are made into a text at once: an engine takes so many arguments. */
const PIECE = 4096;

/** What a platform calls `TextEncoder`. */
export class Utf8Encoder {
  readonly encoding = "utf-8";

  encode(text = ""): Uint8Array {
    // Three bytes a unit at most.
    const bytes = new Uint8Array(text.length * 3);
    return bytes.slice(0, this.encodeInto(text, bytes).written);
  }

  encodeInto(text: string, bytes: Uint8Array): { read: number; written: number } {
    let read = 0;
    let written = 0;
    while (read < text.length) {
      const unit = text.codePointAt(read) ?? 0;
      const point = unit >= 0xd800 && unit <= 0xdfff ? REPLACEMENT : unit;
      const size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
      if (written + size > bytes.length) break;
      if (size === 1) bytes[written] = point;
      else {
        bytes[written] = (0xf00 >> size) | (point >> (6 * (size - 1)));
        for (let at = 1; at < size; at++) bytes[written + at] = 0x80 | ((point >> (6 * (size - 1 - at))) & 0x3f);
      }
      written += size;
      read += size === 4 ? 2 : 1;
    }
    return { read, written };
  }
}

/** What a platform calls `TextDecoder`, for UTF-8. */
export class Utf8Decoder {
  readonly encoding = "utf-8";
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  /** A character that was begun. */
  #begun: Uint8Array = new Uint8Array();

  constructor(label = "utf-8", { fatal = false, ignoreBOM = false }: { fatal?: boolean; ignoreBOM?: boolean } = {}) {
    if (!/^utf-?8$/i.test(label)) throw new RangeError(`a component has UTF-8 only, not ${label}`);
    this.fatal = fatal;
    this.ignoreBOM = ignoreBOM;
  }

  decode(
    input: ArrayBuffer | ArrayBufferView = new Uint8Array(),
    { stream = false }: { stream?: boolean } = {},
  ): string {
    const more = ArrayBuffer.isView(input)
      ? new Uint8Array(input.buffer, input.byteOffset, input.byteLength)
      : new Uint8Array(input);
    const bytes = new Uint8Array(this.#begun.length + more.length);
    bytes.set(this.#begun);
    bytes.set(more, this.#begun.length);
    const end = stream ? bytes.length - unfinished(bytes) : bytes.length;
    this.#begun = bytes.slice(end);
    let text = "";
    let points: number[] = [];
    let at = !this.ignoreBOM && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
    while (at < end) {
      const [point, size] = this.#point(bytes, at);
      points.push(point);
      at += size;
      if (points.length === PIECE) {
        text += String.fromCodePoint(...points);
        points = [];
      }
    }
    return text + String.fromCodePoint(...points);
  }

  /** One character and how many bytes it takes; as much of a broken one as cannot begin another. */
  #point(bytes: Uint8Array, at: number): [number, number] {
    const first = bytes[at] ?? 0;
    if (first < 0x80) return [first, 1];
    const size =
      first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0;
    let point = first & (0xff >> (size + 1));
    for (let more = 1; more < size; more++) {
      const next = bytes[at + more];
      const [low, high] = more === 1 ? secondOf(first) : [0x80, 0xbf];
      if (next === undefined || next < low || next > high) return this.#broken(more);
      point = (point << 6) | (next & 0x3f);
    }
    return size === 0 ? this.#broken(1) : [point, size];
  }

  #broken(size: number): [number, number] {
    if (this.fatal) throw new TypeError("the bytes are not UTF-8");
    return [REPLACEMENT, size];
  }
}

/** Which bytes may follow the first: no spelling that is too long, no half of a pair, nothing beyond Unicode. */
function secondOf(first: number): [number, number] {
  if (first === 0xe0) return [0xa0, 0xbf];
  if (first === 0xed) return [0x80, 0x9f];
  if (first === 0xf0) return [0x90, 0xbf];
  if (first === 0xf4) return [0x80, 0x8f];
  return [0x80, 0xbf];
}

/** How many bytes at the end are the beginning of a character whose rest may come. */
function unfinished(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? back : 0;
    if (byte < 0x80) return 0;
  }
  return 0;
}
