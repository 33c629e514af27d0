// The seam between the session and the wire: what a dialect must do. Knows no dialect.

import type { JsonObject } from "../json/value.js";
import type { Encoding } from "./handshake.js";
import type { Message, Received } from "./message.js";

/** A message as it goes into a frame: text, or MessagePack. */
export type Frame = string | Uint8Array;

/** Reads and writes the messages of one conversation, on the plugin's side. */
export interface Dialect {
  /** `crossplug/1`, `elizaos-bridge/1`. */
  readonly name: string;

  /** Whether the host may be called, sent events and logs, and told of progress. */
  readonly talksBack: boolean;

  /** Whether values may be in MessagePack's own forms: bigints, bytes. */
  readonly native: boolean;

  /** Takes over what the handshake chose. */
  settle(encoding: Encoding): void;

  /** What has to be said before the host says anything, where there is something. */
  open(manifest: JsonObject): string | undefined;

  /**
   * Reads a frame. Undefined where the dialect answered it itself, through `answer`, or it means nothing.
   *
   * @throws Violation where the frame is none of the dialect's and there is nothing to answer
   */
  read(frame: Uint8Array | string, answer: (frame: Frame) => void): Received | undefined;

  /** Writes a message as a frame; undefined where the dialect has no word for it. */
  write(message: Message): Frame | undefined;
}
