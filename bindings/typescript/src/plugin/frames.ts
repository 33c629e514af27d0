// Bytes into frames and frames into bytes, for both framings. Knows lengths and line ends, no messages.

import type { Framing } from "./handshake.js";

/** The largest frame: the protocol's default. */
export const MAX_FRAME_BYTES: number = 64 * 1024 * 1024;

const LINE_FEED = 0x0a;
/** What JSON takes for white space. */
const BLANK: ReadonlySet<number> = new Set([0x20, 0x09, 0x0d]);
/** Bytes of the length before a frame. */
const PREFIX = 4;

/** Cuts what comes in, in whatever pieces, into frames. */
export class FrameReader {
  readonly #maxBytes: number;
  readonly #onFrame: (frame: Uint8Array) => void;
  readonly #onTooLong: (limit: number) => void;
  /** What came of the next frame, in pieces, so that a long frame is copied once. */
  #pieces: Uint8Array[] = [];
  #held = 0;
  /** Bytes of a frame that is too long and goes nowhere: up to the line end, or so many. */
  #skipping = false;
  #skip = 0;
  #framing: Framing = "ndjson";

  constructor(onFrame: (frame: Uint8Array) => void, onTooLong: (limit: number) => void, maxBytes: number = MAX_FRAME_BYTES) {
    this.#onFrame = onFrame;
    this.#onTooLong = onTooLong;
    this.#maxBytes = maxBytes;
  }

  /** What follows the frame that is being handled is framed so. */
  reframe(framing: Framing): void {
    this.#framing = framing;
  }

  /** Takes bytes. Frames may lie in them, uncopied: they are good until the handler returns. */
  push(chunk: Uint8Array): void {
    let rest: Uint8Array | undefined = chunk;
    while (rest !== undefined && rest.length > 0) rest = this.#framing === "ndjson" ? this.#line(rest) : this.#counted(rest);
  }

  /** The input is over: a last line may lack its end. False where half a frame was lost. */
  end(): boolean {
    if (this.#held === 0) return true;
    if (this.#framing !== "ndjson") return false;
    this.#emitLine(this.#take());
    return true;
  }

  #line(chunk: Uint8Array): Uint8Array | undefined {
    const end = chunk.indexOf(LINE_FEED);
    if (end === -1) {
      if (!this.#skipping) this.#hold(chunk);
      if (this.#held > this.#maxBytes) {
        this.#take();
        this.#skipping = true;
        this.#onTooLong(this.#maxBytes);
      }
      return undefined;
    }
    const tail = chunk.subarray(end + 1);
    if (this.#skipping) {
      this.#skipping = false;
      return tail;
    }
    let line = chunk.subarray(0, end);
    if (this.#held > 0) {
      this.#hold(line);
      line = this.#take();
    }
    if (line.length > this.#maxBytes) this.#onTooLong(this.#maxBytes);
    else this.#emitLine(line);
    return tail;
  }

  /** Blank lines are nothing; a line may end as Windows ends them. */
  #emitLine(line: Uint8Array): void {
    if (line.some((byte) => !BLANK.has(byte))) this.#onFrame(line);
  }

  #counted(chunk: Uint8Array): Uint8Array | undefined {
    if (this.#skip > 0) {
      const tail = chunk.subarray(this.#skip);
      this.#skip = Math.max(0, this.#skip - chunk.length);
      return tail;
    }
    this.#hold(chunk);
    if (this.#held < PREFIX) return undefined;
    const joined = this.#take();
    const length = new DataView(joined.buffer, joined.byteOffset, PREFIX).getUint32(0);
    if (length > this.#maxBytes) {
      this.#skip = length;
      this.#onTooLong(this.#maxBytes);
      return joined.subarray(PREFIX);
    }
    if (joined.length < PREFIX + length) {
      this.#hold(joined);
      return undefined;
    }
    this.#onFrame(joined.subarray(PREFIX, PREFIX + length));
    return joined.subarray(PREFIX + length);
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
}

/** A frame as bytes. */
export function framed(frame: string, framing: Framing): Buffer {
  if (framing === "ndjson") return Buffer.from(`${frame}\n`);
  const length = Buffer.byteLength(frame);
  const out = Buffer.allocUnsafe(PREFIX + length);
  out.writeUInt32BE(length);
  out.write(frame, PREFIX);
  return out;
}
