// What an author's code is given for as long as the plugin runs. Knows the session, but no call of a handler.

import type { Log, PluginContext, StreamingCall, UploadOptions } from "../context.js";
import { PluginError } from "../errors.js";
import type { Granted, Peer } from "../interfaces/protocol.js";
import type { JsonObject, JsonValue } from "../json/value.js";
import type { HostCalls } from "./host-calls.js";
import type { Session } from "./session.js";

/** What `initialize` said, and the log. */
export type Surroundings = Omit<PluginContext, "call" | "start" | "emit">;

/** What stands behind a {@link Life}. */
export interface LifeParts {
  readonly session: Session;
  readonly hostCalls: HostCalls;
  /** Whether so much waits for the host that what nobody asked for is not added. */
  readonly isChoked: () => boolean;
}

/** The context of hooks and of handlers of events. */
export class Life implements PluginContext {
  readonly config: JsonObject;
  readonly log: Log;
  readonly instanceId: string;
  readonly dataDir: string | undefined;
  readonly debug: boolean;
  readonly host: Peer;
  readonly granted: Granted;
  readonly #parts: LifeParts;

  constructor(said: Surroundings, parts: LifeParts) {
    this.config = said.config;
    this.log = said.log;
    this.instanceId = said.instanceId;
    this.dataDir = said.dataDir;
    this.debug = said.debug;
    this.host = said.host;
    this.granted = said.granted;
    this.#parts = parts;
  }

  get native(): boolean {
    return this.#parts.session.native;
  }

  call(service: string, params?: JsonObject, options: UploadOptions = {}): Promise<JsonValue> {
    return this.#parts.hostCalls.call(service, params, options);
  }

  start(service: string, params?: JsonObject, options: UploadOptions = {}): StreamingCall<JsonValue, JsonValue> {
    return this.#parts.hostCalls.start(service, params, options);
  }

  emit(event: string, payload: JsonValue, stream?: string): void {
    const { session, isChoked } = this.#parts;
    if (isChoked())
      throw new PluginError("resourceExhausted", `the event ${event} was not sent: the host does not read`);
    session.emit(event, stream, payload);
  }
}
