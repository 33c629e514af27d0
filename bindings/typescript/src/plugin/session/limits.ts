// The caps of a session, and what a message weighs. Knows numbers only.

import { PluginError } from "../../errors.js";
import type { Limits as Announced } from "../../interfaces/protocol.js";

/** Caps that a session keeps: the protocol's defaults, or less where the host says so. */
export interface Limits {
  /** Largest message, in bytes, in either direction. */
  readonly frameBytes: number;
  /** Requests in flight, each direction. */
  readonly pendingCalls: number;
  /** Requests in flight that one side has given credit for. */
  readonly openStreams: number;
}

/** The protocol's defaults. */
export const DEFAULT_LIMITS: Limits = { frameBytes: 64 * 1024 * 1024, pendingCalls: 1000, openStreams: 256 };

/** The stricter of the defaults and of what the host announced. */
export function within(announced: Announced = {}): Limits {
  const least = (name: keyof Limits): number => Math.min(announced[name] ?? Infinity, DEFAULT_LIMITS[name]);
  return {
    frameBytes: least("frameBytes"),
    pendingCalls: least("pendingCalls"),
    openStreams: least("openStreams"),
  };
}

/** The refusal of what would be one too many for the host. */
export function tooMany(what: string): PluginError {
  const message = `${what}, as many as the host allows: wait for one to end`;
  return new PluginError("resourceExhausted", message, { retryable: true });
}

/** Bytes of a well-formed text in UTF-8. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    // A pair of surrogates is two units and four bytes.
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}

/** Bytes of a message. */
export function sizeOf(frame: string | Uint8Array): number {
  return typeof frame === "string" ? utf8Length(frame) : frame.length;
}
