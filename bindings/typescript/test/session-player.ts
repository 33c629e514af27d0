// Plays a session case against whatever speaks frames. Knows the format of schema/README.md section 7, no plugin.

import { isDeepStrictEqual } from "node:util";
import { type JsonObject, type JsonValue, packMsgpack, parseMsgpack } from "crossplug";
import { text } from "./corpus.js";

/** What a case is played against. */
export interface Peer {
  /** Sends a frame: text as a line, or bytes behind their length. */
  send(frame: string | Uint8Array): void;
  /** Sends bytes without a frame around them. */
  sendWire?(bytes: Uint8Array): void;
  /** Closes the plugin's input. */
  eof(): void;
  /** The next frame of the plugin; undefined where it takes too long. */
  next(withinMs: number): Promise<string | Uint8Array | undefined>;
  /** The plugin's exit code. */
  exit(withinMs: number): Promise<number | undefined>;
  /** Ends it, whatever state it is in. */
  dispose(): Promise<void>;
}

interface Line {
  readonly from?: "host" | "plugin";
  readonly message?: JsonValue;
  readonly raw?: string;
  readonly wire?: string;
  readonly eof?: boolean;
  readonly exit?: number;
  readonly unordered?: readonly Line[];
}

/** How messages become bytes. */
export type Encoding = "json" | "msgpack";

/** A case. */
export interface Case {
  readonly needs: readonly string[];
  readonly description: string;
  /** About what only a process does: print, and end with a code. */
  readonly process?: boolean;
  /** The one encoding that it is about. */
  readonly encoding?: Encoding;
  readonly lines: readonly Line[];
}

/** How long a line of the plugin may take, in milliseconds. */
const PATIENCE_MS = 5000;
/** How long to listen for lines that should not come. */
const SILENCE_MS = 20;

/** Reads a case. */
export function readCase(...path: readonly string[]): Case {
  const lines = text(...path)
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => JSON.parse(line) as JsonObject);
  const head = lines.shift()?.case as Omit<Case, "lines"> | undefined;
  if (head === undefined) throw new Error(`${path.join("/")} has no first line with its case`);
  return { ...head, lines };
}

/** Whether a case of a dialect is played in an encoding. */
export function isFor({ encoding }: Case, dialect: string, wanted: Encoding): boolean {
  return (encoding ?? (dialect === "crossplug/1" ? wanted : "json")) === wanted;
}

/** A message, with an offer of the encoding where it is an `initialize` that can hold one. */
function offering(encoding: Encoding, message: JsonValue): JsonValue {
  const { method, params } = message as { method?: string; params?: { protocol?: JsonObject } };
  if (encoding === "json" || method !== "initialize" || typeof params?.protocol !== "object") return message;
  const protocol = { ...params.protocol, encodings: [encoding, "json"], framings: ["length", "ndjson"] };
  return { ...(message as JsonObject), params: { ...params, protocol } as JsonObject };
}

function parsed(raw: string): JsonValue | undefined {
  try {
    return JSON.parse(raw) as JsonValue;
  } catch {
    return undefined;
  }
}

/** What came, with bytes and large integers as JSON would say them. */
function read(frame: string | Uint8Array): JsonObject {
  if (typeof frame === "string") return JSON.parse(frame) as JsonObject;
  const text = JSON.stringify(parseMsgpack(frame), (_, value: unknown) => {
    if (typeof value === "bigint") return String(value);
    return value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value;
  });
  return JSON.parse(text) as JsonObject;
}

/** An integer as the decimal string that JSON has in its place, where such a one is expected. */
function asExpected(expected: JsonValue | undefined, got: JsonValue): JsonValue {
  if (typeof expected === "string" && Number.isSafeInteger(got)) return String(got);
  if (typeof got !== "object" || got === null || typeof expected !== "object" || expected === null) return got;
  if (Array.isArray(got)) return got.map((one, at) => asExpected((expected as JsonValue[])[at], one));
  const members = Object.entries(got).map(([name, one]) => [name, asExpected((expected as JsonObject)[name], one)]);
  return Object.fromEntries(members) as JsonObject;
}

/** Plays it in an encoding; throws where the plugin does not say what is expected. */
export async function play({ lines }: Case, peer: Peer, encoding: Encoding = "json"): Promise<void> {
  let spoken: Encoding = "json";
  const fits = (expected: JsonValue, got: JsonValue): boolean =>
    matches(expected, spoken === "json" ? got : asExpected(expected, got));
  const send = ({ raw, message, wire }: Line): void => {
    if (wire !== undefined) {
      const bytes = Buffer.from(wire, "hex");
      // In memory there are frames only.
      if (peer.sendWire === undefined) peer.send(bytes.subarray(4));
      else peer.sendWire(bytes);
    } else if (spoken === "json") {
      peer.send(raw ?? JSON.stringify(offering(encoding, message as JsonValue)));
    } else {
      const value = raw === undefined ? message : parsed(raw);
      peer.send(value === undefined ? Buffer.from(raw ?? "") : packMsgpack(value));
    }
  };
  const wantsLogs = lines.some((line) => JSON.stringify(line).includes('"$/log"'));
  // When an SDK gives credit is its own affair: only a case that asks for it sees it.
  const next = async (withinMs: number, expected: readonly JsonValue[]): Promise<JsonValue | undefined> => {
    for (;;) {
      const line = await peer.next(withinMs);
      if (line === undefined) return undefined;
      const message = read(line);
      const { protocol } = (message.result ?? {}) as { protocol?: { encoding?: Encoding } };
      if (protocol !== undefined) {
        spoken = protocol.encoding ?? "json";
        if (spoken !== encoding) throw new Error(`the plugin chooses ${spoken}`);
      }
      if (message.method === "$/log" && !wantsLogs) continue;
      if (message.method === "$/credit" && !expected.some((one) => fits(one, message))) continue;
      return message;
    }
  };
  let ended = false;
  for (const line of lines) {
    if (line.unordered !== undefined) {
      const left = line.unordered.map((one) => one.message as JsonValue);
      while (left.length > 0) {
        const got = await next(PATIENCE_MS, left);
        const at = left.findIndex((expected) => got !== undefined && fits(expected, got));
        if (at === -1) throw new Error(`expected one of ${JSON.stringify(left)}\ngot ${JSON.stringify(got)}`);
        left.splice(at, 1);
      }
    } else if (line.from === "host") {
      if (line.eof === true) peer.eof();
      else send(line);
    } else if (line.exit !== undefined) {
      const code = await peer.exit(PATIENCE_MS);
      if (code !== line.exit) throw new Error(`expected the exit code ${line.exit}, got ${code}`);
      ended = true;
    } else {
      const got = await next(PATIENCE_MS, [line.message as JsonValue]);
      if (got === undefined || !fits(line.message as JsonValue, got)) {
        throw new Error(`expected ${JSON.stringify(line.message)}\ngot ${JSON.stringify(got)}`);
      }
    }
  }
  const surplus = await next(ended ? 0 : SILENCE_MS, []);
  if (surplus !== undefined) throw new Error(`nothing more was expected, got ${JSON.stringify(surplus)}`);
}

/** Whether a message is the expected one: `"$any"` is any value, `"$rest": true` lets an object have more members. */
export function matches(expected: JsonValue, got: JsonValue): boolean {
  if (expected === "$any") return true;
  if (Array.isArray(expected)) {
    return (
      Array.isArray(got) &&
      got.length === expected.length &&
      expected.every((one, at) => matches(one, got[at] as JsonValue))
    );
  }
  if (typeof expected !== "object" || expected === null) return isDeepStrictEqual(expected, got === 0 ? 0 : got);
  if (typeof got !== "object" || got === null || Array.isArray(got)) return false;
  const open = expected.$rest === true;
  const names = Object.keys(expected).filter((name) => !(open && name === "$rest"));
  if (!open && Object.keys(got).length !== names.length) return false;
  return names.every(
    (name) => Object.hasOwn(got, name) && matches(expected[name] as JsonValue, got[name] as JsonValue),
  );
}
