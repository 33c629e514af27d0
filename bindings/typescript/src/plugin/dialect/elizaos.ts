// The plugin's side of elizaos-bridge/1: says `ready` without being asked, turns each request into one of the interface
// `agent` and each reply into the line that belongs to its request. Traces go out only with debugging on.

import { parseJson } from "../../json/strict.js";
import { type JsonObject, type JsonValue, own } from "../../json/value.js";
import type { Dialect } from "../dialect.js";
import type { Message, Meta, RequestId } from "../message.js";
import { type Asked, answerLine, lineText, type Spelling } from "./elizaos-replies.js";

const NO_META: Meta = {};

/** `elizaos-bridge/1`. */
export class ElizaosDialect implements Dialect {
  readonly name = "elizaos-bridge/1";
  readonly talksBack = false;
  readonly native = false;
  readonly #debug: boolean;
  readonly #pending: Map<RequestId, Asked> = new Map();
  /** Names that the manifest declares for an evaluator and for no action. */
  #evaluators: ReadonlySet<string> = new Set();

  /** @param debug - whether errors may carry a trace */
  constructor(debug: boolean) {
    this.#debug = debug;
  }

  open(manifest: JsonObject): string {
    const actions = names(manifest.actions);
    this.#evaluators = new Set(names(manifest.evaluators).filter((name) => !actions.includes(name)));
    return lineText({ type: "ready", manifest });
  }

  settle(): void {
    // There is nothing to choose.
  }

  read(frame: Uint8Array | string, answer: (frame: string) => void): Message | undefined {
    const refuse = (id: RequestId, error: string): undefined => {
      answer(lineText({ type: "error", id, error }));
    };
    let line: JsonValue;
    try {
      line = parseJson(frame);
    } catch (thrown) {
      return refuse("", `JSON parse error: ${(thrown as Error).message}`);
    }
    if (!isFields(line)) return refuse("", "JSON parse error: a message is an object");
    const id = typeof line.id === "string" || Number.isSafeInteger(line.id) ? (line.id as RequestId) : undefined;
    const type = typeof line.type === "string" ? line.type : "undefined";
    const request = this.#translate(type, line);
    if (request === undefined) return refuse(id ?? "", `Unknown request type: ${type}`);
    if (id === undefined) return refuse("", "the request has no id");
    if (this.#pending.has(id)) return refuse(id, "a request with this id is in flight already");
    this.#pending.set(id, request.asked);
    return { kind: "request", id, method: request.method, params: request.params, meta: NO_META };
  }

  write(message: Message): string | undefined {
    if (message.kind !== "reply" || message.id === null) return undefined;
    const asked = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    return lineText(answerLine(asked, message.id, message.outcome, this.#debug));
  }

  #translate(type: string, line: JsonObject): { asked: Asked; method: string; params: JsonObject } | undefined {
    switch (type) {
      case "plugin.init":
        return { asked: { kind: "init" }, method: "initialize", params: hello(line, this.#debug) };
      case "action.validate": {
        const isEvaluator = this.#evaluators.has(text(line.action));
        const [method, member] = isEvaluator ? ["evaluator.validate", "evaluator"] : ["action.validate", "action"];
        return { asked: { kind: "validate" }, method, params: about(line, member, "action") };
      }
      case "action.invoke":
        return {
          asked: { kind: "action", name: text(line.action) },
          method: type,
          params: { ...about(line, "action", "action"), ...present("options", line.options) },
        };
      case "provider.get":
        return { asked: { kind: "provider" }, method: type, params: about(line, "provider", "provider") };
      case "evaluator.invoke":
        return { asked: { kind: "evaluator" }, method: type, params: about(line, "evaluator", "evaluator") };
      case "service.start":
      case "service.stop": {
        const spelling: Spelling = line.serviceType === undefined && line.service !== undefined ? "types" : "server";
        const name = spelling === "types" ? line.service : line.serviceType;
        return {
          asked: { kind: "service", method: type, name: text(name), spelling },
          method: type,
          params: present("serviceType", name),
        };
      }
      case "route.handle":
        return route(line);
      default:
        return undefined;
    }
  }
}

/** What `initialize` would have said. */
function hello(line: JsonObject, debug: boolean): JsonObject {
  return {
    protocol: { version: "1.0" },
    host: { name: "elizaos", version: "2" },
    instanceId: "elizaos",
    config: line.config ?? {},
    granted: {},
    debug,
  };
}

/** What every request about an action, provider or evaluator says. */
function about(line: JsonObject, own: string, wire: string): JsonObject {
  return {
    ...present(own, line[wire]),
    ...present("memory", memory(line.memory)),
    ...present("state", withoutNulls(line.state)),
  };
}

function route(line: JsonObject): { asked: Asked; method: string; params: JsonObject } {
  const nested = isFields(line.request);
  const request = nested ? (line.request as JsonObject) : line;
  // Both real servers take a request without a method for GET.
  const method = typeof request.method === "string" ? request.method.toUpperCase() : "GET";
  const params: JsonObject = { method, ...present("path", line.path) };
  for (const name of ["params", "query", "headers", "body"]) Object.assign(params, present(name, request[name]));
  return {
    asked: { kind: "route", path: text(line.path), spelling: nested ? "server" : "types" },
    method: "route.handle",
    params,
  };
}

/** A member, unless it is null or absent, which is the same here. */
function present(name: string, value: JsonValue | undefined): JsonObject {
  return value === undefined || value === null ? {} : { [name]: value };
}

function withoutNulls(value: JsonValue | undefined): JsonValue | undefined {
  if (!isFields(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null));
}

function memory(value: JsonValue | undefined): JsonValue | undefined {
  const out = withoutNulls(value);
  const content = isFields(out) ? own(out, "content") : undefined;
  return isFields(out) && isFields(content) ? { ...out, content: withoutNulls(content) as JsonValue } : out;
}

function isFields(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}

function names(list: JsonValue | undefined): string[] {
  if (!Array.isArray(list)) return [];
  return list.map((entry) => (isFields(entry) ? text(entry.name) : "")).filter((name) => name !== "");
}
