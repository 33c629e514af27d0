// Bytes into frames and frames into bytes, for both framings. Knows lengths and line ends, no messages.

import type { Framing } from "./handshake.js";
import { DEFAULT_LIMITS } from "./session/limits.js";

/** Why no further frames come: one was larger than the limit, or the bytes ended inside one. */
export type FrameError = "tooLong" | "truncated";

const LINE_FEED = 0x0a;
/** What JSON takes for white space, line feed aside. */
const BLANK: ReadonlySet<number> = new Set([0x20, 0x09, 0x0d]);
/** Bytes of the length before a frame. */
const PREFIX = 4;

/** Cuts what comes in, in whatever pieces, into frames. */
export class FrameReader {
  #maxBytes: number = DEFAULT_LIMITS.frameBytes;
  readonly #onFrame: (frame: Uint8Array) => void;
  readonly #onError: (error: FrameError) => void;
  /** What came of the next frame, in pieces, so that a long frame is copied once. */
  #pieces: Uint8Array[] = [];
  #held = 0;
  /** How many bytes the next frame and its prefix need, as far as that is known. */
  #wanted = PREFIX;
  #framing: Framing = "ndjson";
  #failed = false;

  constructor(onFrame: (frame: Uint8Array) => void, onError: (error: FrameError) => void) {
    this.#onFrame = onFrame;
    this.#onError = onError;
  }

  /** What follows the frame that is being handled is framed so, and no larger than this. */
  agreed(framing: Framing, maxBytes: number): void {
    this.#framing = framing;
    this.#maxBytes = maxBytes;
  }

  /** Takes bytes. Frames may lie in them, uncopied: they are good until the handler returns. */
  push(chunk: Uint8Array): void {
    let rest: Uint8Array | undefined = chunk;
    while (rest !== undefined && rest.length > 0 && !this.#failed) {
      rest = this.#framing === "ndjson" ? this.#line(rest) : this.#counted(rest);
    }
  }

  /** The input is over. White space is no message, and so no half one. */
  end(): void {
    if (this.#failed || this.#held === 0) return;
    if (this.#framing === "length" || !isBlank(this.#take())) this.#fail("truncated");
  }

  #line(chunk: Uint8Array): Uint8Array | undefined {
    const end = chunk.indexOf(LINE_FEED);
    const length = this.#held + (end === -1 ? chunk.length : end);
    if (length > this.#maxBytes) return this.#fail("tooLong");
    if (end === -1) {
      this.#hold(chunk);
      return undefined;
    }
    let line = chunk.subarray(0, end);
    if (this.#held > 0) {
      this.#hold(line);
      line = this.#take();
    }
    if (!isBlank(line)) this.#onFrame(line);
    return chunk.subarray(end + 1);
  }

  #counted(chunk: Uint8Array): Uint8Array | undefined {
    const missing = this.#wanted - this.#held;
    if (chunk.length < missing) {
      this.#hold(chunk);
      return undefined;
    }
    this.#hold(chunk.subarray(0, missing));
    const rest = chunk.subarray(missing);
    if (this.#wanted === PREFIX) {
      const prefix = this.#take();
      const length = new DataView(prefix.buffer, prefix.byteOffset, PREFIX).getUint32(0);
      if (length > this.#maxBytes) return this.#fail("tooLong");
      this.#hold(prefix);
      this.#wanted = PREFIX + length;
      // A message of no bytes is complete.
      if (length > 0) return rest;
    }
    this.#wanted = PREFIX;
    this.#onFrame(this.#take().subarray(PREFIX));
    return rest;
  }

  #hold(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#pieces.push(piece);
    this.#held += piece.length;
  }

  #take(): Uint8Array {
    const [first] = this.#pieces;
    const whole = this.#pieces.length === 1 && first !== undefined ? first : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#held = 0;
    return whole;
  }

  #fail(error: FrameError): undefined {
    this.#failed = true;
    this.#pieces = [];
    this.#held = 0;
    this.#onError(error);
  }
}

function isBlank(line: Uint8Array): boolean {
  return line.every((byte) => BLANK.has(byte));
}

/** A frame as bytes. */
export function framed(frame: string | Uint8Array, framing: Framing): Buffer {
  if (framing === "ndjson") return Buffer.from(`${frame}\n`);
  const length = typeof frame === "string" ? Buffer.byteLength(frame) : frame.length;
  const out = Buffer.allocUnsafe(PREFIX + length);
  out.writeUInt32BE(length);
  if (typeof frame === "string") out.write(frame, PREFIX);
  else out.set(frame, PREFIX);
  return out;
}
