// The wire of crossplug/1: JSON-RPC 2.0. Knows how messages are spelled, not what follows from them.

import { asJson } from "../../codec/any.js";
import { codeOf, numberOf } from "../../errors.js";
import { LogParams } from "../../interfaces/protocol.js";
import { parseJson } from "../../json/strict.js";
import type { JsonObject, JsonValue } from "../../json/value.js";
import { packMsgpack } from "../../msgpack/pack.js";
import { parseMsgpack } from "../../msgpack/unpack.js";
import type { Dialect, Frame } from "../dialect.js";
import type { Encoding } from "../handshake.js";
import type { Failure, Message, Meta, Outcome, Received, RequestId } from "../message.js";
import { Violation } from "../message.js";

const UINT32_MAX = 0xffff_ffff;
/** Longest id that is text, in Unicode scalar values. */
const LONGEST_ID = 200;

/** `crossplug/1`. */
export class CrossplugDialect implements Dialect {
  readonly name = "crossplug/1";
  readonly talksBack = true;
  native = false;

  settle(encoding: Encoding): void {
    this.native = encoding === "msgpack";
  }

  open(): undefined {
    return undefined;
  }

  read(frame: Uint8Array | string, answer: (frame: Frame) => void): Received | undefined {
    const refuse = (id: RequestId | null, code: string, message: string): undefined => {
      answer(this.write({ kind: "reply", id, outcome: { error: { code, message } } }));
    };
    let value: JsonValue;
    try {
      value = this.native ? (parseMsgpack(bytesOf(frame)) as JsonValue) : parseJson(frame);
    } catch (thrown) {
      return refuse(null, "parseError", (thrown as Error).message);
    }
    if (Array.isArray(value)) return refuse(null, "invalidRequest", "batches are not part of crossplug/1");
    if (typeof value !== "object" || value === null) return refuse(null, "invalidRequest", "a message is an object");
    if (value.method === undefined) return reply(value);
    if (value.id === undefined) {
      if (typeof value.method !== "string") return refuse(null, "invalidRequest", "`method` is a string");
      if (value.jsonrpc !== "2.0") return refuse(null, "invalidRequest", '`jsonrpc` is "2.0"');
      return notification(value);
    }
    const id = usableId(value.id);
    if (id === undefined)
      return refuse(null, "invalidRequest", "`id` is an integer or a string of at most 200 characters");
    if (typeof value.method !== "string") return refuse(id, "invalidRequest", "`method` is a string");
    if (value.jsonrpc !== "2.0") return refuse(id, "invalidRequest", '`jsonrpc` is "2.0"');
    const meta = readMeta(value.meta);
    if (meta === undefined)
      return refuse(id, "invalidRequest", "`meta` is an object; its `timeoutMs` is a whole number of milliseconds");
    return { kind: "request", id, method: value.method, params: value.params ?? undefined, meta };
  }

  write(message: Message): Frame {
    return this.native ? packMsgpack(envelope(message)) : textOf(message);
  }
}

/** A frame that came in memory may be text that was meant for another encoding. */
function bytesOf(frame: Frame): Uint8Array {
  return typeof frame === "string" ? new TextEncoder().encode(frame) : frame;
}

/** A message as JSON text: what is always there is spelled out. */
function textOf(message: Message): string {
  switch (message.kind) {
    case "request":
      return (
        `{"jsonrpc":"2.0","id":${JSON.stringify(message.id)},"method":${JSON.stringify(message.method)}` +
        `,"params":${JSON.stringify(message.params ?? {})}${metaText(message.meta)}}`
      );
    case "reply":
      return "result" in message.outcome
        ? `{"jsonrpc":"2.0","id":${JSON.stringify(message.id)},"result":${JSON.stringify(message.outcome.result)}}`
        : JSON.stringify(envelope(message));
    default:
      return `{"jsonrpc":"2.0","method":"$/${message.kind}","params":${JSON.stringify(paramsOf(message))}}`;
  }
}

/** A message as an object, in either encoding. */
function envelope(message: Message): object {
  const jsonrpc = "2.0";
  switch (message.kind) {
    case "request": {
      const { id, method, params = {}, meta } = message;
      return { jsonrpc, id, method, params, meta: isEmpty(meta) ? undefined : meta };
    }
    case "reply":
      return "result" in message.outcome
        ? { jsonrpc, id: message.id, result: message.outcome.result }
        : { jsonrpc, id: message.id, error: errorOf(message.outcome.error) };
    default:
      return { jsonrpc, method: `$/${message.kind}`, params: paramsOf(message) };
  }
}

function errorOf({ code, message, details, retryable }: Failure): object {
  // Absent means no.
  return { code: numberOf(code), message, data: { code, details, retryable: retryable === true ? true : undefined } };
}

/** What a notification says. */
function paramsOf(message: Exclude<Message, { readonly kind: "request" | "reply" }>): object {
  const { kind: _, ...params } = message;
  return params;
}

const NO_META: Meta = {};

function isEmpty(meta: Meta): boolean {
  return meta.timeoutMs === undefined && meta.traceparent === undefined;
}

function metaText(meta: Meta): string {
  return isEmpty(meta) ? "" : `,"meta":${JSON.stringify(meta)}`;
}

function usableId(value: JsonValue | undefined): RequestId | undefined {
  if (typeof value === "number" && Number.isSafeInteger(value)) return value + 0;
  return typeof value === "string" && isShort(value) ? value : undefined;
}

/** Strict JSON has no lone surrogates, so a text's iterator gives its scalar values: two units each at most. */
function isShort(text: string): boolean {
  return text.length <= LONGEST_ID || (text.length <= 2 * LONGEST_ID && [...text].length <= LONGEST_ID);
}

function readMeta(value: JsonValue | undefined): Meta | undefined {
  if (value === undefined) return NO_META;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const { timeoutMs, traceparent } = value;
  if (timeoutMs !== undefined && !(typeof timeoutMs === "number" && Number.isSafeInteger(timeoutMs) && timeoutMs >= 0))
    return undefined;
  if (traceparent !== undefined && typeof traceparent !== "string") return undefined;
  return { timeoutMs, traceparent };
}

/** A reply, or what was meant to be one. */
function reply(value: JsonObject): Received {
  const id = usableId(value.id);
  if (value.result === undefined && value.error === undefined) {
    const problem = "a message has a `method`, a `result` or an `error`";
    return { kind: "broken", id, problem, orRequest: true };
  }
  const outcome = outcomeOf(value);
  if (typeof outcome === "string") return { kind: "broken", id, problem: outcome, orRequest: false };
  if (id !== undefined) return { kind: "reply", id, outcome };
  // Only an error may lack an id: its sender could not read the request.
  if ("error" in outcome && (value.id === undefined || value.id === null))
    return { kind: "complaint", message: outcome.error.message };
  return { kind: "broken", id, problem: "a reply without a usable id", orRequest: false };
}

/** What a reply says; a text where it is none, with what is wrong. */
function outcomeOf({ jsonrpc, result, error }: JsonObject): Outcome | string {
  if (jsonrpc !== "2.0") return '`jsonrpc` of a reply is not "2.0"';
  if (error === undefined) return { result: result ?? null };
  if (result !== undefined) return "a reply has either a `result` or an `error`";
  if (typeof error !== "object" || error === null || Array.isArray(error)) return "the `error` of a reply is no object";
  const { code, message, data } = error;
  if (typeof code !== "number" || !Number.isSafeInteger(code) || typeof message !== "string")
    return "the `error` of a reply has a whole number as its `code` and a text as its `message`";
  const known = typeof data === "object" && data !== null && !Array.isArray(data) ? data : {};
  return {
    error: {
      code: typeof known.code === "string" ? known.code : codeOf(code),
      message,
      details: known.details === undefined ? undefined : asJson(known.details),
      retryable: known.retryable === true,
    },
  };
}

/** A notification of version 2.0. Unknown ones mean nothing; a malformed one is a violation. */
function notification(value: JsonObject): Message | undefined {
  const { method, params } = value;
  const fields = typeof params === "object" && params !== null && !Array.isArray(params) ? params : {};
  switch (method) {
    case "$/cancel":
      return { kind: "cancel", id: streamId(method, fields) };
    case "$/item":
      if (fields.item === undefined) throw new Violation("a `$/item` without an item");
      return { kind: "item", id: streamId(method, fields), item: fields.item };
    case "$/end":
      return { kind: "end", id: streamId(method, fields) };
    case "$/credit":
      return {
        kind: "credit",
        id: streamId(method, fields),
        items: uint32(method, fields.items),
        bytes: uint32(method, fields.bytes),
      };
    case "$/event": {
      const { name, stream, seq, payload } = fields;
      if (typeof name !== "string" || typeof seq !== "number" || (stream !== undefined && typeof stream !== "string")) {
        throw new Violation("a malformed `$/event`");
      }
      return { kind: "event", name, stream, seq, payload: payload ?? null };
    }
    case "$/progress": {
      const { fraction, message } = fields;
      return {
        kind: "progress",
        id: streamId(method, fields),
        fraction: typeof fraction === "number" ? fraction : undefined,
        message: typeof message === "string" ? message : undefined,
      };
    }
    case "$/log": {
      const { level, message, fields: more } = LogParams.fromValue(fields);
      return { kind: "log", level, message, fields: more };
    }
    default:
      return undefined;
  }
}

function streamId(method: string, fields: JsonObject): RequestId {
  const id = usableId(fields.id);
  if (id === undefined) throw new Violation(`a \`${method}\` without a usable id`);
  return id;
}

function uint32(method: string, value: JsonValue | undefined): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > UINT32_MAX) {
    throw new Violation(`a malformed \`${method}\``);
  }
  return value;
}
