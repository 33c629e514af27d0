// What a session heard, taken out of it as values. Knows the session's parts and no conversation.

import type { Session } from "#wasm";
import { asJson } from "../../codec/any.js";
import type { LogLevel } from "../../context.js";
import { type ErrorKind, HostError, PluginError } from "../../errors.js";
import { InitializeResult } from "../../interfaces/protocol.js";
import type { JsonObject, JsonValue } from "../../json/value.js";
import { isSameToken } from "../../token.js";
import type { Introduction } from "../door.js";
import type { Encoding } from "../encoding.js";
import type { Home } from "../home.js";
import { read, taken } from "./payloads.js";

/** What a dialect makes of a stray print. */
const STRAY = '{"stream":"stdout"}';

/** What the session tells in JSON, whatever is spoken. */
function told(session: Session): JsonValue {
  return JSON.parse(session.takeText() ?? "null") as JsonValue;
}

/** What the plugin answered with. */
export function failure(session: Session): PluginError {
  const details = session.takeText();
  const options = {
    details: details === undefined ? undefined : (JSON.parse(details) as JsonValue),
    retryable: session.flag,
  };
  return new PluginError(session.takeName() ?? "internal", session.takeMessage() ?? "", options);
}

/** What it emitted. Whoever hears of it knows no type of it, so the payload is what JSON would say. */
export function event(session: Session, encoding: Encoding, home: Home): void {
  const name = session.takeName() ?? "";
  const stream = session.takeMessage();
  const seq = session.number ?? 0;
  home.event(name, stream, seq, () => asJson(read(taken(session, encoding))));
}

export function log(session: Session, home: Home): void {
  if (!home.reports.wantsLogs) return;
  const fields = session.takeText();
  const source = fields === STRAY ? "stdout" : "plugin";
  const read = fields === undefined ? undefined : (JSON.parse(fields) as JsonObject);
  home.reports.log(source, (session.takeName() ?? "info") as LogLevel, session.takeMessage() ?? "", read);
}

/** What the plugin says about itself, or why that is none of its type. */
export function introduction(
  session: Session,
  dialect: string,
  expectedToken: string | undefined,
): Introduction | HostError {
  try {
    const { manifest, interfaces, token = "" } = InitializeResult.fromValue(told(session));
    if (expectedToken !== undefined && !isSameToken(expectedToken, token)) {
      const context = `it shows ${token === "" ? "no token" : "another token than the host's"}; start it with the host's in \`CROSSPLUG_TOKEN\``;
      return new HostError("Denied", "load", { context });
    }
    return { manifest, interfaces, dialect, encoding: session.encoding as Encoding, process: undefined };
  } catch (cause) {
    const context = `the answer to \`initialize\` is not of its type: ${(cause as Error).message}`;
    return new HostError("Protocol", "load", { context, cause });
  }
}

/** What a handshake that failed is to whoever loads the plugin. */
export function incompatible(session: Session): HostError {
  const kind = kindOf(session);
  const context = session.takeMessage() ?? "";
  if (session.takeName() !== "refused") return new HostError(kind, "load", { context });
  const { code, message, details, retryable } = told(session) as JsonObject;
  const cause = new PluginError(String(code), String(message), { details, retryable: retryable === true });
  return new HostError(kind, "load", { context, cause });
}

/** The error of a plugin that is ended for what it said. */
export function violation(session: Session): HostError {
  return new HostError(kindOf(session), "read from the plugin", { context: session.takeMessage() ?? "" });
}

/** The session has the names of our kinds. */
function kindOf(session: Session): ErrorKind {
  return (session.kind ?? "Protocol") as ErrorKind;
}
