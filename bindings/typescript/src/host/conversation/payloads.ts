// Values as a session takes and gives them, in the encodings that it speaks. Knows no message.

import type { Session } from "#wasm";
import type { JsonValue } from "../../json/value.js";
import { packMsgpack } from "../../msgpack/pack.js";
import { parseMsgpack } from "../../msgpack/unpack.js";
import type { Encoding } from "../encoding.js";

/** A payload as its session gives it: JSON's text, or the bytes of MessagePack. */
export type Payload = string | Uint8Array;

const utf8 = new TextEncoder();

/** A value that was checked, as a session takes it. */
export function written(value: JsonValue, encoding: Encoding): Uint8Array {
  return encoding === "json" ? utf8.encode(JSON.stringify(value)) : packMsgpack(value);
}

/** The payload of what was heard last, where it has one; taken once. */
export function taken(session: Session, encoding: Encoding): Payload | undefined {
  return encoding === "json" ? session.takeText() : session.takeBytes();
}

/** Its value; the session has checked it. Of MessagePack it holds bytes and bigints as they were sent. */
export function read(payload: Payload | undefined): JsonValue {
  if (payload === undefined) return null;
  // How deep it may nest is the session's affair, whose cap a program can raise.
  return (typeof payload === "string" ? JSON.parse(payload) : parseMsgpack(payload, Infinity)) as JsonValue;
}
