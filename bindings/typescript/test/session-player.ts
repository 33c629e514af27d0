// Plays a session case against whatever speaks lines. Knows the format of schema/README.md section 7, no plugin.

import { isDeepStrictEqual } from "node:util";
import type { JsonObject, JsonValue } from "crossplug";
import { text } from "./corpus.js";

/** What a case is played against. */
export interface Peer {
  /** Sends a line. */
  send(line: string): void;
  /** Closes the plugin's input. */
  eof(): void;
  /** The next line of the plugin; undefined where it takes too long. */
  next(withinMs: number): Promise<string | undefined>;
  /** The plugin's exit code. */
  exit(withinMs: number): Promise<number | undefined>;
  /** Ends it, whatever state it is in. */
  dispose(): Promise<void>;
}

interface Line {
  readonly from?: "host" | "plugin";
  readonly message?: JsonValue;
  readonly raw?: string;
  readonly eof?: boolean;
  readonly exit?: number;
  readonly unordered?: readonly Line[];
}

/** A case. */
export interface Case {
  readonly needs: readonly string[];
  readonly description: string;
  /** About what only a process does: print, and end with a code. */
  readonly process?: boolean;
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

/** Plays it; throws where the plugin does not say what is expected. */
export async function play({ lines }: Case, peer: Peer): Promise<void> {
  const wantsLogs = lines.some((line) => JSON.stringify(line).includes('"$/log"'));
  // When an SDK gives credit is its own affair: only a case that asks for it sees it.
  const next = async (withinMs: number, expected: readonly JsonValue[]): Promise<JsonValue | undefined> => {
    for (;;) {
      const line = await peer.next(withinMs);
      if (line === undefined) return undefined;
      const message = JSON.parse(line) as JsonObject;
      if (message.method === "$/log" && !wantsLogs) continue;
      if (message.method === "$/credit" && !expected.some((one) => matches(one, message))) continue;
      return message;
    }
  };
  let ended = false;
  for (const line of lines) {
    if (line.unordered !== undefined) {
      const left = line.unordered.map((one) => one.message as JsonValue);
      while (left.length > 0) {
        const got = await next(PATIENCE_MS, left);
        const at = left.findIndex((expected) => got !== undefined && matches(expected, got));
        if (at === -1) throw new Error(`expected one of ${JSON.stringify(left)}\ngot ${JSON.stringify(got)}`);
        left.splice(at, 1);
      }
    } else if (line.from === "host") {
      if (line.eof === true) peer.eof();
      else peer.send(line.raw ?? JSON.stringify(line.message));
    } else if (line.exit !== undefined) {
      const code = await peer.exit(PATIENCE_MS);
      if (code !== line.exit) throw new Error(`expected the exit code ${line.exit}, got ${code}`);
      ended = true;
    } else {
      const got = await next(PATIENCE_MS, [line.message as JsonValue]);
      if (got === undefined || !matches(line.message as JsonValue, got)) {
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
