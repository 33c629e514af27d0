// Messages on their way out: spelled by the dialect, kept within the host's cap. Knows no state of a request.

import { PluginError } from "../../errors.js";
import type { Dialect } from "../dialect.js";
import type { Message } from "../message.js";
import { DEFAULT_LIMITS, utf8Length } from "./limits.js";

/** Sends messages. */
export class Writer {
  /** Largest message that the host takes, in bytes. */
  frameBytes: number = DEFAULT_LIMITS.frameBytes;
  readonly #dialect: Dialect;
  readonly #send: (frame: string) => void;

  constructor(dialect: Dialect, send: (frame: string) => void) {
    this.#dialect = dialect;
    this.#send = send;
  }

  /** Sends a message, where the dialect has a word for it. One that is too large is not sent: gives its size. */
  write(message: Message): number | undefined {
    const frame = this.#dialect.write(message);
    if (frame === undefined) return undefined;
    // Three bytes a unit at most: only what may be too large is measured.
    if (frame.length * 3 > this.frameBytes) {
      const size = utf8Length(frame);
      if (size > this.frameBytes) return size;
    }
    this.#send(frame);
    return undefined;
  }

  /**
   * The same for what has a caller who can be told.
   *
   * @throws PluginError `resourceExhausted` where the host takes no message so large
   */
  writeOrThrow(what: string, message: Message): void {
    const size = this.write(message);
    if (size !== undefined) throw this.#tooLarge(what, size);
  }

  /**
   * Sends an item; gives its size, or undefined where the dialect has no items.
   *
   * @throws PluginError `resourceExhausted` where the host takes no message so large
   */
  item(message: Message & { kind: "item" }): number | undefined {
    const frame = this.#dialect.write(message);
    if (frame === undefined) return undefined;
    const size = utf8Length(frame);
    if (size > this.frameBytes) throw this.#tooLarge("an item", size);
    this.#send(frame);
    return size;
  }

  #tooLarge(what: string, size: number): PluginError {
    const message = `${what} has ${size} bytes; the host takes at most ${this.frameBytes}`;
    return new PluginError("resourceExhausted", message);
  }
}
