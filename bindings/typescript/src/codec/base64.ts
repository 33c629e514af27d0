// base64 of the standard alphabet, strict, without anything from Node. Knows no type.

import { Misfit } from "./misfit.js";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const PAD = 0x3d;
const INVALID = 0xff;

/** The six bits of each ASCII character; INVALID for the rest. */
const bitsOf: Uint8Array = new Uint8Array(128).fill(INVALID);
/** The ASCII character of each six bits. */
const unitOf: Uint8Array = new Uint8Array(64);
for (let bits = 0; bits < 64; bits++) {
  const unit = ALPHABET.charCodeAt(bits);
  bitsOf[unit] = bits;
  unitOf[bits] = unit;
}

const ascii = new TextDecoder();

/** What engines bring along that know ECMAScript 2026: QuickJS inside components does, for whom a loop is dear; Node 20 does not. */
interface Native {
  readonly fromBase64?: (text: string, how: { lastChunkHandling: "strict" }) => Uint8Array;
}
interface NativeBytes {
  readonly toBase64?: () => string;
}
const { fromBase64: native } = Uint8Array as Native;

/**
 * Bytes from base64: padded, no white space, unused bits zero.
 *
 * @throws Misfit with the reason `badBase64`
 */
export function fromBase64(text: string): Uint8Array {
  const units = text.length;
  if (units % 4 !== 0) throw new Misfit("badBase64", "base64 comes in groups of four characters");
  let padding = 0;
  if (units > 0 && text.charCodeAt(units - 1) === PAD) padding = text.charCodeAt(units - 2) === PAD ? 2 : 1;
  const length = (units / 4) * 3 - padding;
  const read = native === undefined ? undefined : attempt(native, text);
  // White space, which the engine's own passes over, leaves fewer bytes.
  if (read?.length === length) return read;
  const out = new Uint8Array(length);
  const whole = units - (padding === 0 ? 0 : 4);
  let to = 0;
  for (let at = 0; at < whole; at += 4) {
    const group = (six(text, at) << 18) | (six(text, at + 1) << 12) | (six(text, at + 2) << 6) | six(text, at + 3);
    out[to++] = group >> 16;
    out[to++] = group >> 8;
    out[to++] = group;
  }
  if (padding === 1) {
    const group = (six(text, whole) << 10) | (six(text, whole + 1) << 4) | (six(text, whole + 2) >> 2);
    if ((six(text, whole + 2) & 0b11) !== 0) throw unusedBits();
    out[to++] = group >> 8;
    out[to] = group;
  } else if (padding === 2) {
    if ((six(text, whole + 1) & 0b1111) !== 0) throw unusedBits();
    out[to] = (six(text, whole) << 2) | (six(text, whole + 1) >> 4);
  }
  return out;
}

/** What is wrong with a text is found out below. */
function attempt(native: NonNullable<Native["fromBase64"]>, text: string): Uint8Array | undefined {
  try {
    return native.call(Uint8Array, text, { lastChunkHandling: "strict" });
  } catch {
    return undefined;
  }
}

/** base64 with padding. */
export function toBase64(bytes: Uint8Array): string {
  const written = (bytes as NativeBytes).toBase64?.();
  if (written !== undefined) return written;
  const out = new Uint8Array(Math.ceil(bytes.length / 3) * 4);
  const whole = bytes.length - (bytes.length % 3);
  let to = 0;
  for (let at = 0; at < whole; at += 3) {
    const group = (at8(bytes, at) << 16) | (at8(bytes, at + 1) << 8) | at8(bytes, at + 2);
    out[to++] = unit(group >> 18);
    out[to++] = unit(group >> 12);
    out[to++] = unit(group >> 6);
    out[to++] = unit(group);
  }
  if (whole < bytes.length) {
    const two = whole + 1 < bytes.length;
    const group = (at8(bytes, whole) << 16) | (two ? at8(bytes, whole + 1) << 8 : 0);
    out[to++] = unit(group >> 18);
    out[to++] = unit(group >> 12);
    out[to++] = two ? unit(group >> 6) : PAD;
    out[to] = PAD;
  }
  return ascii.decode(out);
}

function six(text: string, at: number): number {
  const bits = bitsOf[text.charCodeAt(at)] ?? INVALID;
  if (bits === INVALID) throw new Misfit("badBase64", `character ${at + 1} is not of the base64 alphabet`);
  return bits;
}

function unit(bits: number): number {
  return unitOf[bits & 0b111111] as number;
}

function at8(bytes: Uint8Array, at: number): number {
  return bytes[at] as number;
}

function unusedBits(): Misfit {
  return new Misfit("badBase64", "the unused bits of the last character are not zero");
}
