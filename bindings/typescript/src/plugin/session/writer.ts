// Messages on their way out: spelled by the dialect, kept within the host's cap. Knows no state of a request.

import { EncodeError } from "../../codec/misfit.js";
import { PluginError } from "../../errors.js";
import type { Dialect, Frame } from "../dialect.js";
import type { Message } from "../message.js";
import { DEFAULT_LIMITS, sizeOf } from "./limits.js";

/** Sends messages. */
export class Writer {
  /** Largest message that the host takes, in bytes. */
  frameBytes: number = DEFAULT_LIMITS.frameBytes;
  readonly #dialect: Dialect;
  readonly #send: (frame: Frame) => void;

  constructor(dialect: Dialect, send: (frame: Frame) => void) {
    this.#dialect = dialect;
    this.#send = send;
  }

  /** Sends a message, where the dialect has a word for it. One that is too large is not sent: gives its size. */
  write(message: Message): number | undefined {
    const frame = this.#dialect.write(message);
    if (frame === undefined) return undefined;
    // Three bytes a unit at most: only what may be too large is measured.
    if (frame.length * 3 > this.frameBytes) {
      const size = sizeOf(frame);
      if (size > this.frameBytes) return size;
    }
    this.#send(frame);
    return undefined;
  }

  /**
   * The same for what has a caller who can be told; gives the size, or undefined where the dialect has no word for it.
   *
   * @throws PluginError `resourceExhausted` where the host takes no message so large, `invalidParams` for half of a surrogate
   *   pair, which a host would take for a break of the protocol
   */
  writeOrThrow(what: string, message: Message): number | undefined {
    const frame = this.#spelled(what, message);
    if (frame === undefined) return undefined;
    if (typeof frame === "string" && hasHalfPair(frame)) {
      throw new PluginError("invalidParams", `${what} holds half of a surrogate pair, which no message may`);
    }
    const size = sizeOf(frame);
    if (size > this.frameBytes) {
      const problem = `${what} has ${size} bytes; the host takes at most ${this.frameBytes}`;
      throw new PluginError("resourceExhausted", problem);
    }
    this.#send(frame);
    return size;
  }

  /** MessagePack refuses half of a surrogate pair itself. */
  #spelled(what: string, message: Message): Frame | undefined {
    try {
      return this.#dialect.write(message);
    } catch (thrown) {
      throw thrown instanceof EncodeError
        ? new PluginError("invalidParams", `${what} cannot be written: ${thrown.message}`)
        : thrown;
    }
  }
}

/** Whether a JSON text has an escape of half a pair. `JSON.stringify` writes whole pairs as they are and halves escaped. */
function hasHalfPair(frame: string): boolean {
  return frame.includes("\\ud") && HALF_PAIR.test(frame);
}

/** Behind an even number of backslashes, which stand for themselves. */
const HALF_PAIR = /(?<!\\)(?:\\\\)*\\ud[89a-f]/;
