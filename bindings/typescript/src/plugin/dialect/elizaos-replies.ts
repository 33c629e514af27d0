// The lines that answer the requests of an elizaOS host. The errors of the interface `agent` about unknown names are
// results here. Knows no frame.

import type { JsonObject, JsonValue } from "../../json/value.js";
import type { Failure, Outcome, RequestId } from "../message.js";

/** How a request was spelled: as elizaOS's servers read it, or as its type definitions say. */
export type Spelling = "server" | "types";

/** What a request was, as far as its answer depends on it. */
export type Asked =
  | { readonly kind: "init" | "validate" | "provider" | "evaluator" }
  | { readonly kind: "action"; readonly name: string }
  | { readonly kind: "service"; readonly method: string; readonly name: string; readonly spelling: Spelling }
  | { readonly kind: "route"; readonly path: string; readonly spelling: Spelling };

/** A line of the dialect. Members that are undefined are left out. */
export interface Line {
  readonly type: string;
  readonly [member: string]: JsonValue | undefined;
}

/** Codes that say that the plugin has nothing of the name that was asked for. */
const unknownCodes: Readonly<Record<Asked["kind"], readonly string[]>> = {
  init: [],
  validate: ["actionNotFound", "evaluatorNotFound", "methodNotFound"],
  action: ["actionNotFound", "methodNotFound"],
  provider: ["providerNotFound", "methodNotFound"],
  evaluator: ["evaluatorNotFound", "methodNotFound"],
  service: ["serviceNotFound"],
  route: ["routeNotFound"],
};

/** A line as text. */
export function lineText(line: Line): string {
  return JSON.stringify(line);
}

/** The line for an outcome; `asked` is undefined for a request that the dialect does not know any more. */
export function answerLine(asked: Asked | undefined, id: RequestId, outcome: Outcome, debug: boolean): Line {
  if (asked === undefined) return { type: "error", id, error: "a result that nobody asked for" };
  if ("result" in outcome) return success(asked, id, outcome.result);
  const { error } = outcome;
  if (unknownCodes[asked.kind].includes(error.code)) return unknown(asked, id);
  if (error.code === "methodNotFound" && (asked.kind === "service" || asked.kind === "route")) {
    const type = asked.kind === "service" ? asked.method : "route.handle";
    return { type: "error", id, error: `Unknown request type: ${type}` };
  }
  if (asked.kind === "service") return { type: serviceType(asked.spelling), id, success: false, error: error.message };
  return { type: "error", id, error: error.message, details: debug ? trace(error) : undefined };
}

function success(asked: Asked, id: RequestId, result: JsonValue): Line {
  const fields = result as JsonObject;
  switch (asked.kind) {
    case "init":
      return { type: "plugin.init.result", id, success: true };
    case "validate":
      return { type: "validate.result", id, valid: fields.valid };
    case "action":
    case "evaluator":
      return { type: "action.result", id, result };
    case "provider": {
      const { text = null, values = null, data = null } = fields;
      return { type: "provider.result", id, result: { text, values, data } };
    }
    case "service":
      return {
        type: serviceType(asked.spelling),
        id,
        success: true,
        [asked.spelling === "types" ? "service" : "serviceType"]: asked.name,
      };
    case "route":
      return { type: routeType(asked.spelling), id, status: fields.status, body: fields.body, headers: fields.headers };
  }
}

function unknown(asked: Asked, id: RequestId): Line {
  switch (asked.kind) {
    case "init":
      return { type: "error", id, error: "plugin.init failed" };
    case "validate":
      return { type: "validate.result", id, valid: false };
    case "action":
      return { type: "action.result", id, result: { success: false, error: `Action not found: ${asked.name}` } };
    case "provider":
      return { type: "provider.result", id, result: { text: null, values: null, data: null } };
    case "evaluator":
      return { type: "action.result", id, result: null };
    case "service":
      return { type: serviceType(asked.spelling), id, success: false, error: `Service not found: ${asked.name}` };
    case "route":
      return { type: routeType(asked.spelling), id, status: 404, body: { error: `Route not found: ${asked.path}` } };
  }
}

/** A trace goes as text, as elizaOS's Python server sends it. */
function trace({ details }: Failure): JsonValue | undefined {
  const isFields = typeof details === "object" && details !== null && !Array.isArray(details);
  return isFields && typeof details.trace === "string" ? details.trace : details;
}

function serviceType(spelling: Spelling): string {
  return spelling === "types" ? "service.response" : "service.result";
}

function routeType(spelling: Spelling): string {
  return spelling === "types" ? "route.response" : "route.result";
}
