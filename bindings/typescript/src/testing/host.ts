// A host for tests: speaks crossplug/1 with a plugin in the same process, and remembers what it says. No process, no IO.

import type { CallOptions, LogLevel, OpenCall, OpenOptions, ServiceContext } from "../context.js";
import { type Caller, type MethodDescriptor, readAs, writeAs } from "../descriptor.js";
import { CrossplugError, PluginError } from "../errors.js";
import type { JsonObject, JsonValue } from "../json/value.js";
import type { Implementation, Plugin } from "../plugin/define.js";
import { CrossplugDialect } from "../plugin/dialect/crossplug.js";
import { failureOf } from "../plugin/failure.js";
import type { Message, Outcome, RequestId } from "../plugin/message.js";
import { utf8Length } from "../plugin/session.js";
import { Inflow, Outflow, plainItems, typedReceiver, typedSender } from "../plugin/streams.js";
import { type Connection, connect } from "./connection.js";

/** What a {@link TestHost} pretends. */
export interface TestHostOptions {
  /** The plugin's configuration: goes over the one of its manifest, member by member. */
  readonly config?: JsonObject;
  /** Fake services: `implement(agentServices, {…})`. All of them are granted; calling others is `permissionDenied`. */
  readonly services?: readonly Implementation[];
  /** Whether errors carry a trace in `details.trace`. */
  readonly debug?: boolean;
  /** A folder for the plugin. */
  readonly dataDir?: string;
  /** Name of the instance. Default: `test`. */
  readonly instanceId?: string;
}

/** A line that the plugin logged. */
export interface LoggedLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: JsonObject | undefined;
}

/** An event that the plugin emitted. */
export interface EmittedEvent {
  readonly name: string;
  readonly stream: string | undefined;
  readonly seq: number;
  readonly payload: JsonValue;
}

/** What the plugin said of how far it is. */
export interface ReportedProgress {
  readonly method: string;
  readonly fraction: number | undefined;
  readonly message: string | undefined;
}

interface Flight {
  readonly method: string;
  readonly inflow: Inflow;
  readonly outflow: Outflow;
  readonly credit: { items: number; bytes: number };
  readonly abort: (reason: unknown) => void;
  readonly settle: (outcome: Outcome) => void;
}

/** A host that calls one plugin. Generated clients take it: `new AgentClient(host)`. */
export class TestHost implements Caller {
  /** What the plugin logged, oldest first. */
  readonly logs: LoggedLine[] = [];
  /** What the plugin emitted, oldest first. */
  readonly events: EmittedEvent[] = [];
  /** What the plugin reported of its calls, oldest first. */
  readonly progress: ReportedProgress[] = [];
  readonly #connection: Connection;
  readonly #dialect: CrossplugDialect = new CrossplugDialect();
  readonly #services: Map<string, { readonly method: MethodDescriptor<object>; readonly target: object }> = new Map();
  readonly #calls: Map<RequestId, Flight> = new Map();
  readonly #served: Map<RequestId, Flight> = new Map();
  #lastId = 0;
  #lastSeq = 0;
  #closed: Promise<void> | undefined;

  /** Not for tests: see {@link testHost}. */
  constructor(plugin: Plugin, services: readonly Implementation[]) {
    for (const { descriptor, target } of services) {
      for (const [name, method] of descriptor.methods)
        if (method.has(target)) this.#services.set(name, { method, target });
    }
    this.#connection = connect(plugin);
    this.#connection.onFrame((frame) => this.#take(frame));
  }

  /** Names of the services that the test offers. */
  get granted(): string[] {
    return [...this.#services.keys()];
  }

  /** What the plugin says it is. */
  get manifest(): JsonObject {
    return this.#connection.manifest;
  }

  /** Calls a method of the plugin. */
  call(method: string, params: JsonObject = {}, options: CallOptions = {}): Promise<JsonValue> {
    return this.open(method, params, options).result;
  }

  /** The same with streams. */
  open(method: string, params: JsonObject = {}, options: OpenOptions = {}): OpenCall {
    const { signal, timeoutMs, upload } = options;
    const id = ++this.#lastId;
    const answer = new Deferred<JsonValue>();
    const abort = (): void => this.#send({ kind: "cancel", id });
    const flight = this.#flight(id, method, (outcome) => {
      signal?.removeEventListener("abort", abort);
      if ("result" in outcome) answer.resolve(outcome.result);
      else answer.reject(new PluginError(outcome.error.code, outcome.error.message, outcome.error));
    });
    this.#calls.set(id, flight);
    this.#send({ kind: "request", id, method, params, meta: { timeoutMs } });
    if (signal?.aborted) abort();
    else signal?.addEventListener("abort", abort, { once: true });
    if (upload !== undefined) void this.#upload(id, upload, flight.outflow);
    return { items: plainItems(flight.inflow), result: answer.promise };
  }

  /** Sends an event of the host to the plugin. What its handlers do is done when this resolves. */
  async emit(name: string, payload: JsonValue, stream?: string): Promise<void> {
    this.#lastSeq += 1;
    this.#send({ kind: "event", name, stream, seq: this.#lastSeq, payload });
    await this.call("ping");
  }

  /** Shuts the plugin down as a host does: `shutdown`, then the end of its input. */
  close(): Promise<void> {
    this.#closed ??= (async () => {
      await this.call("shutdown");
      await this.#connection.end();
    })();
    return this.#closed;
  }

  /** For `await using host = await testHost(plugin)`: {@link TestHost.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #send(message: Message): void {
    this.#connection.send(this.#dialect.write(message));
  }

  #flight(
    id: RequestId,
    method: string,
    settled: (outcome: Outcome) => void,
    abort: (reason: unknown) => void = () => undefined,
  ): Flight {
    const credit = { items: 0, bytes: 0 };
    const inflow = new Inflow((items, bytes) => this.#send({ kind: "credit", id, items, bytes }));
    const outflow = new Outflow(
      (item) => {
        if (credit.items <= 0 || credit.bytes <= 0) return false;
        const frame = this.#dialect.write({ kind: "item", id, item });
        credit.items -= 1;
        credit.bytes -= utf8Length(frame);
        this.#connection.send(frame);
        return true;
      },
      () => undefined,
    );
    const settle = (outcome: Outcome): void => {
      outflow.close();
      if ("result" in outcome) inflow.end();
      else inflow.fail(new PluginError(outcome.error.code, outcome.error.message, outcome.error));
      settled(outcome);
    };
    return { method, inflow, outflow, credit, abort, settle };
  }

  async #upload(id: RequestId, upload: NonNullable<OpenOptions["upload"]>, outflow: Outflow): Promise<void> {
    try {
      for await (const item of upload) await outflow.send(item);
      if (this.#calls.has(id)) this.#send({ kind: "end", id });
    } catch {
      // Answered early, or the source failed: either way nothing more comes.
      if (this.#calls.has(id)) this.#send({ kind: "cancel", id });
    }
  }

  #take(frame: string): void {
    const message = this.#dialect.read(frame, () => undefined);
    switch (message?.kind) {
      case "log":
        this.logs.push({ level: message.level, message: message.message, fields: message.fields });
        return;
      case "event":
        this.events.push({ name: message.name, stream: message.stream, seq: message.seq, payload: message.payload });
        return;
      case "progress": {
        const method = this.#calls.get(message.id)?.method ?? "";
        this.progress.push({ method, fraction: message.fraction, message: message.message });
        return;
      }
      case "item":
        this.#of(message.id)?.inflow.push(message.item, utf8Length(frame));
        return;
      case "credit": {
        const flight = this.#of(message.id);
        if (flight === undefined) return;
        flight.credit.items += message.items;
        flight.credit.bytes += message.bytes;
        flight.outflow.resume();
        return;
      }
      case "end":
        this.#served.get(message.id)?.inflow.end();
        return;
      case "cancel":
        this.#served.get(message.id)?.abort(new PluginError("cancelled", "the plugin gave the call up"));
        return;
      case "reply":
        if (message.id === null) return;
        this.#calls.get(message.id)?.settle(message.outcome);
        this.#calls.delete(message.id);
        return;
      case "request":
        void this.#serve(message);
    }
  }

  #of(id: RequestId): Flight | undefined {
    return this.#calls.get(id) ?? this.#served.get(id);
  }

  async #serve({ id, method, params, meta }: Message & { kind: "request" }): Promise<void> {
    const answer = (outcome: Outcome): void => {
      this.#served.delete(id);
      this.#send({ kind: "reply", id, outcome });
    };
    const service = this.#services.get(method);
    if (service === undefined) {
      return answer({ error: { code: "permissionDenied", message: `the test does not offer the service ${method}` } });
    }
    const aborter = new AbortController();
    const flight = this.#flight(
      id,
      method,
      () => undefined,
      (reason) => aborter.abort(reason),
    );
    this.#served.set(id, flight);
    const ctx: ServiceContext = {
      service: method,
      signal: aborter.signal,
      timeoutMs: meta.timeoutMs,
      traceparent: meta.traceparent,
    };
    try {
      const read = readAs(`the parameters of ${method}`, service.method.params, params ?? {});
      const items = typedSender(`an item of ${method}`, service.method.item ?? noStream, flight.outflow);
      const upload = typedReceiver(`an item for ${method}`, service.method.upload ?? noStream, flight.inflow);
      const value = await service.method.call(service.target, ctx as never, read, items, upload);
      answer({ result: writeAs(`the result of ${method}`, service.method.result, value) });
    } catch (thrown) {
      answer({ error: failureOf(thrown, false) });
    }
  }
}

/** A promise that is settled from outside. */
class Deferred<T> {
  resolve!: (value: T) => void;
  reject!: (reason: unknown) => void;
  readonly promise: Promise<T> = new Promise<T>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });
}

function noStream(): never {
  throw new CrossplugError("usage", "the service has no such stream");
}

/**
 * Starts a plugin in this process and initialises it.
 *
 * @throws PluginError as the plugin's `setup` failed
 * @example
 * const host = await testHost(plugin, { config: { greeting: "hi" } });
 * const result = await new AgentClient(host).actionInvoke({ action: "GREET", memory: { content: { text: "you" } } });
 * await host.close();
 */
export async function testHost(plugin: Plugin, options: TestHostOptions = {}): Promise<TestHost> {
  const { config = {}, services = [], debug = false, dataDir, instanceId = "test" } = options;
  const host = new TestHost(plugin, services);
  await host.call("initialize", {
    protocol: { version: "1.0" },
    host: { name: "crossplug-testing", version: "1.0.0" },
    instanceId,
    config: { ...(host.manifest.config as JsonObject | undefined), ...config },
    granted: { services: host.granted, emit: ["*"] },
    debug,
    ...(dataDir === undefined ? {} : { dataDir }),
  });
  return host;
}
