// From names on the wire to the author's methods and handlers of events. Knows types by their codecs, and no handshake.

import { type EventDescriptor, type MethodDescriptor, readAs, writeAs } from "../descriptor.js";
import { PluginError } from "../errors.js";
import { failureOf, placeOf, unfit, unsendable } from "../failure.js";
import type { JsonValue } from "../json/value.js";
import { typedReceiver, typedSender } from "../streams.js";
import { Call } from "./call.js";
import type { Plugin } from "./define.js";
import { EventLine } from "./event-line.js";
import type { HostCalls } from "./host-calls.js";
import type { Life } from "./life.js";
import type { RequestId } from "./message.js";
import type { Incoming } from "./session/incoming.js";
import type { Session } from "./session.js";

/** What a dispatcher needs of the runtime. */
export interface Surface {
  readonly session: Session;
  readonly hostCalls: HostCalls;
  /** A promise while so much waits to be written that nothing should be added; undefined otherwise. */
  readonly drained: () => Promise<void> | undefined;
  /** What `initialize` said. */
  readonly life: () => Life;
  /** A request was answered. */
  readonly onOver: () => void;
}

/** Runs the methods and handlers of one plugin. */
export class Dispatcher {
  /** The handlers of events. */
  readonly line: EventLine = new EventLine();
  readonly #surface: Surface;
  readonly #calls: Map<RequestId, Call> = new Map();
  readonly #methods: Map<string, { readonly method: MethodDescriptor<object>; readonly target: object }> = new Map();
  readonly #events: Map<string, { readonly event: EventDescriptor<object>; readonly target: object }[]> = new Map();

  constructor(plugin: Plugin, surface: Surface) {
    this.#surface = surface;
    for (const { descriptor, target } of plugin.interfaces) {
      for (const [name, method] of descriptor.methods) this.#methods.set(name, { method, target });
      for (const [name, event] of descriptor.events) {
        if (event.has(target)) this.#events.set(name, [...(this.#events.get(name) ?? []), { event, target }]);
      }
    }
  }

  /** The call of a request in flight. */
  call(id: RequestId): Call | undefined {
    return this.#calls.get(id);
  }

  /** All calls in flight. */
  get calls(): Iterable<Call> {
    return this.#calls.values();
  }

  /** Begins to answer a request. */
  start(request: Incoming & { kind: "request" }): void {
    const { id } = request;
    const { session, hostCalls, drained, life } = this.#surface;
    const found = this.#methods.get(request.method);
    if (found === undefined) {
      session.reply(id, { error: failureOf(this.#unknown(request.method), false) });
      return;
    }
    const { method, target } = found;
    const call = new Call(id, method, request.meta, life(), session, hostCalls, drained);
    this.#calls.set(id, call);
    try {
      const params = readParams(method.name, method.params, request.params);
      if (!method.has(target)) throw new PluginError("methodNotFound", `\`${method.name}\` is not implemented`);
      const items = typedSender(`an item of ${method.name}`, method.item ?? refuseItem, call.outflow);
      const upload = typedReceiver(`an item for ${method.name}`, method.upload ?? refuseItem, call.inflow);
      const answer = method.call(target, call as never, params, items, upload);
      if (isThenable(answer)) {
        answer.then(
          (value) => this.#finish(id, call, method, value),
          (thrown: unknown) => this.#fail(id, call, thrown),
        );
      } else {
        this.#finish(id, call, method, answer);
      }
    } catch (thrown) {
      this.#fail(id, call, thrown);
    }
  }

  /** What a caller is told of a method that no interface here has. */
  #unknown(method: string): PluginError {
    const known = [...this.#methods.keys()].sort().join(", ") || "none";
    return new PluginError("methodNotFound", `the plugin has no method \`${method}\`; it has ${known}`);
  }

  /** Lets the handlers of an event have their turn. */
  event({ name, stream, seq, payload }: Incoming & { kind: "event" }): void {
    for (const { event, target } of this.#events.get(name) ?? []) {
      // Nobody waits for an event: what goes wrong with it can only be logged.
      const failed = (thrown: unknown): void =>
        this.#surface
          .life()
          .log.error(`the handler of the event ${name} failed: ${failureOf(thrown, false).message}`, { seq });
      const taken = this.line.push(() => {
        try {
          const read = readAs(`the payload of ${name}`, event.payload, payload);
          const done = event.call(target, this.#surface.life(), { name, stream, seq, payload: read });
          return isThenable(done) ? done.then(() => undefined, failed) : undefined;
        } catch (thrown) {
          failed(thrown);
          return undefined;
        }
      });
      if (!taken) this.#surface.life().log.warn(`the event ${name} was dropped: too many wait to be handled`, { seq });
    }
  }

  #finish(id: RequestId, call: Call, method: MethodDescriptor<object>, value: unknown): void {
    const { session, life } = this.#surface;
    try {
      const result = writeAs("the result", method.result, value, session.native);
      session.reply(id, { result });
    } catch (thrown) {
      session.reply(id, { error: failureOf(unsendable(thrown), life().debug) });
    }
    this.#over(id, call);
  }

  #fail(id: RequestId, call: Call, thrown: unknown): void {
    const { session, life } = this.#surface;
    const gaveUp = call.isCancellation(thrown);
    const error = gaveUp
      ? { code: "cancelled", message: `the call of ${call.method} was cancelled` }
      : failureOf(thrown, life().debug);
    if (!gaveUp && !(thrown instanceof PluginError))
      life().log.error(`${call.method} failed: ${error.message}`, placeOf(thrown));
    session.reply(id, { error });
    this.#over(id, call);
  }

  #over(id: RequestId, call: Call): void {
    call.over();
    this.#calls.delete(id);
    this.#surface.onOver();
  }
}

/**
 * Reads the params of a method; absent ones are an empty object.
 *
 * @throws PluginError `invalidParams`
 */
export function readParams<T>(method: string, read: (value: unknown) => T, params: JsonValue | undefined): T {
  try {
    return readAs(`the parameters of ${method}`, read, params ?? {});
  } catch (thrown) {
    throw unfit(thrown);
  }
}

/** Whether a handler has promised its answer. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}

function refuseItem(): never {
  throw new PluginError("internal", "the method has no such stream");
}
