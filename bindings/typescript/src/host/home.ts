// Whom a door tells what its plugin says and does. Asks policy; knows no door and no session.

import { type HostError, PluginError } from "../errors.js";
import type { JsonObject, JsonValue } from "../json/value.js";
import type { OfferedServices } from "../services.js";
import type { Ending } from "./door.js";
import type { Reports } from "./reports.js";
import { type Asked, Serving } from "./serving.js";
import type { Unread } from "./unread.js";

/** How the answer to a service call gets back to the plugin. Given by a door. */
export interface ServiceReply {
  /** Whether values may be in MessagePack's own forms; absent: they are what JSON has. */
  readonly native?: boolean;
  /** Answers; at most once. */
  answer(result: JsonValue): void;
  /** The same with an error. */
  fail(error: PluginError): void;
  progress(fraction: number | undefined, message: string | undefined): void;
  /** Streams an item. False: not now, {@link Asked.room} tells when. Undefined: nobody takes it any more. */
  item(item: JsonValue): boolean | undefined;
  /** The service takes so much more of the plugin's upload. */
  credit(items: number, bytes: number): void;
}

/** What a plugin asks of a service. */
export interface ServiceRequest {
  readonly method: string;
  readonly params: JsonValue;
  readonly timeoutMs: number | undefined;
  readonly traceparent: string | undefined;
}

/** What a plugin may do: policy's own, whose types a program that uses this package need not have. */
export interface Allowed {
  /** Why it may not call a service; undefined where it may. */
  service(name: string, permission?: string): string | undefined;
  /** Why it may not do something (`emit`, `env` …) with a thing; undefined where it may. */
  check(right: string, name: string): string | undefined;
  /** What `initialize` tells the plugin, as JSON. */
  told(services: string): string;
  free(): void;
}

/** One plugin's home. */
export class Home {
  /** Name of the plugin. */
  readonly name: string;
  /** What waits to be read of all its streams. */
  readonly unread: Unread;
  readonly reports: Reports;
  /** What the plugin may do. */
  readonly allowed: Allowed;
  readonly #services: OfferedServices;
  readonly #debug: boolean;
  readonly #ended: Promise<Ending>;
  #end: (ending: Ending) => void = () => undefined;

  constructor(
    name: string,
    parts: {
      readonly allowed: Allowed;
      readonly services: OfferedServices;
      readonly reports: Reports;
      readonly unread: Unread;
      readonly debug: boolean;
    },
  ) {
    this.name = name;
    this.allowed = parts.allowed;
    this.reports = parts.reports;
    this.unread = parts.unread;
    this.#services = parts.services;
    this.#debug = parts.debug;
    this.#ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** What `initialize` tells the plugin that it may do. */
  get granted(): JsonObject {
    return JSON.parse(this.allowed.told(JSON.stringify(this.#services.permissions))) as JsonObject;
  }

  /** The host itself has something to say about the plugin. */
  note(level: "debug" | "warn", message: string): void {
    this.reports.log("host", level, message);
  }

  /**
   * The plugin emitted an event. One on a stream that it may not write to is refused and logged; an event without a stream
   * counts as one on a stream of the event's own name. `payload` is read only where somebody listens.
   */
  event(name: string, stream: string | undefined, seq: number, payload: () => JsonValue): void {
    const denial = this.allowed.check("emit", stream ?? name);
    if (denial !== undefined) this.note("warn", `the event \`${name}\` was refused: ${denial}`);
    else if (this.reports.wantsEvents) this.reports.event(name, stream, seq, payload());
  }

  /**
   * The plugin calls a service. One that was not granted, or that nobody offers, is answered with `permissionDenied`.
   *
   * @returns where the door tells what else the plugin says about the call; undefined where it is answered
   */
  service(request: ServiceRequest, reply: ServiceReply, over: () => void): Asked | undefined {
    const offered = this.#services.get(request.method);
    const permission = offered?.method.permission;
    let denial = this.allowed.service(request.method, permission);
    if (denial === undefined && offered === undefined) {
      denial = `the plugin may not call the service \`${request.method}\`: this host does not offer it`;
    }
    if (denial !== undefined || offered === undefined) {
      reply.fail(new PluginError("permissionDenied", denial ?? ""));
      return undefined;
    }
    const { name: plugin, unread } = this;
    return new Serving(offered, request, reply, { plugin, unread, debug: this.#debug, over });
  }

  /** Nothing is left of the plugin. Only the first time counts. */
  ended(error: HostError | undefined, status: string | undefined): void {
    this.#end({ error, status });
  }

  /** What it came to, once it has. */
  get ending(): Promise<Ending> {
    return this.#ended;
  }
}
