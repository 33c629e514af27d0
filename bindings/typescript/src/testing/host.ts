// A host for tests: speaks crossplug/1 with a plugin in the same process, and remembers what it says. No process, no IO.

import { writeAny } from "../codec/any.js";
import type { StreamingCall, UploadOptions } from "../context.js";
import { type Caller, writeAs } from "../descriptor.js";
import { failureOf } from "../failure.js";
import type { JsonObject, JsonValue } from "../json/value.js";
import type { Implementation, Plugin } from "../plugin/define.js";
import { CrossplugDialect } from "../plugin/dialect/crossplug.js";
import type { Frame } from "../plugin/dialect.js";
import { milliseconds } from "../plugin/host-calls.js";
import type { Message, Outcome, RequestId } from "../plugin/message.js";
import { sizeOf } from "../plugin/session/limits.js";
import { Sequences } from "../plugin/session/sequences.js";
import { streamingCall } from "../streams.js";
import { LONGEST_TIMER } from "../timers.js";
import { type Connection, connect } from "./connection.js";
import { type Fake, Fakes } from "./fakes.js";
import { Flight } from "./flight.js";
import type { Emitted, LogLine, Progress, ServiceCall } from "./records.js";

/** What a {@link TestHost} pretends. */
export interface TestHostOptions {
  /** The plugin's configuration: goes over the one of its manifest, member by member. */
  readonly config?: JsonObject;
  /** Fake services: `implement(agentServices, {…})`. All of them are granted; calling others is `permissionDenied`. */
  readonly services?: readonly Implementation[];
  /** Fake services without types, by name: `{ "weather.now": () => ({ degrees: 12 }) }`. They are granted, too. */
  readonly fakes?: { readonly [service: string]: Fake };
  /** Whether errors carry a trace in `details.trace`. */
  readonly debug?: boolean;
  /** A folder for the plugin. */
  readonly dataDir?: string;
  /** Name of the instance. Default: `test`. */
  readonly instanceId?: string;
}

/** A host that calls one plugin. Generated clients take it: `new AgentClient(host)`. */
export class TestHost implements Caller {
  /** What the plugin logged, oldest first. */
  readonly logs: LogLine[] = [];
  /** What the plugin emitted, oldest first. */
  readonly events: Emitted[] = [];
  /** What the plugin reported of its calls, oldest first. */
  readonly progress: Progress[] = [];
  /** What the plugin asked of services, oldest first. */
  readonly serviceCalls: ServiceCall[] = [];
  readonly #plugin: Plugin;
  readonly #connection: Connection;
  readonly #dialect: CrossplugDialect = new CrossplugDialect();
  readonly #fakes: Fakes;
  readonly #calls: Map<RequestId, Flight> = new Map();
  readonly #served: Map<RequestId, Flight> = new Map();
  readonly #sequences: Sequences = new Sequences();
  #lastId = 0;
  #closed: Promise<void> | undefined;

  /** Not for tests: see {@link testHost}. */
  constructor(plugin: Plugin, { services = [], fakes = {} }: TestHostOptions) {
    this.#plugin = plugin;
    this.#connection = connect(plugin);
    this.#fakes = new Fakes(String(this.#connection.manifest.name ?? ""), services, fakes);
    this.#connection.onFrame((frame) => this.#take(frame));
  }

  /** Names of the services that the test offers. */
  get granted(): string[] {
    return this.#fakes.names;
  }

  /** What the plugin says it is. */
  get manifest(): JsonObject {
    return this.#connection.manifest;
  }

  /** Calls a method of the plugin. Items that it streams are dropped. */
  async call(method: string, params: JsonObject = {}, options: UploadOptions = {}): Promise<JsonValue> {
    const { inflow, result } = this.#begin(method, params, options);
    if (this.#plugin.interfaces.some(({ descriptor }) => descriptor.methods.get(method)?.item)) inflow.skim();
    return result;
  }

  /** Calls a method of the plugin that streams items. */
  start(method: string, params: JsonObject = {}, options: UploadOptions = {}): StreamingCall<JsonValue, JsonValue> {
    const { inflow, result } = this.#begin(method, params, options);
    return streamingCall(inflow, result);
  }

  /** Sends an event of the host to the plugin. What its handlers do is done when this resolves. */
  async emit(name: string, payload: JsonValue, stream?: string): Promise<void> {
    writeAs(`the payload of ${name}`, writeAny, payload);
    const seq = this.#sequences.next(stream);
    this.#send({ kind: "event", name, stream, seq, payload });
    this.#sequences.note(stream, seq);
    return this.#connection.eventsHandled();
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

  #flight(id: RequestId, method: string): Flight {
    return new Flight(id, method, { dialect: this.#dialect, send: (frame) => this.#connection.send(frame) });
  }

  #begin(method: string, params: JsonObject, options: UploadOptions): Flight {
    // What no host would send must not hang: the plugin could not even say whose it was.
    writeAs(`the parameters of ${method}`, writeAny, params);
    const id = ++this.#lastId;
    const flight = this.#flight(id, method);
    flight.onProgress = options.onProgress;
    this.#calls.set(id, flight);
    const timeoutMs = milliseconds(options.timeoutMs ?? options.usualTimeoutMs);
    this.#send({ kind: "request", id, method, params, meta: { timeoutMs } });
    this.#watch(id, flight, { ...options, timeoutMs });
    if (options.upload !== undefined) void this.#upload(id, options.upload, flight);
    return flight;
  }

  /** As a host does: behind the deadline the caller has its error at once, and the plugin is told to stop. */
  #watch(
    id: RequestId,
    flight: Flight,
    { signal, timeoutMs }: { signal?: AbortSignal; timeoutMs?: number | undefined },
  ) {
    const cancel = (): void => this.#send({ kind: "cancel", id });
    const late = (): void => {
      cancel();
      const message = `${flight.method} did not answer within ${timeoutMs} ms`;
      this.#answered(id, { error: { code: "deadlineExceeded", message } });
    };
    const timer = timeoutMs === undefined ? undefined : setTimeout(late, Math.min(timeoutMs, LONGEST_TIMER));
    if (signal?.aborted) cancel();
    else signal?.addEventListener("abort", cancel, { once: true });
    const over = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", cancel);
    };
    flight.result.then(over, over);
  }

  async #upload(id: RequestId, upload: NonNullable<UploadOptions["upload"]>, { outflow }: Flight): Promise<void> {
    try {
      for await (const item of upload) await outflow.send(item);
      if (this.#calls.has(id)) this.#send({ kind: "end", id });
    } catch {
      // Answered early, or the source failed: either way nothing more comes.
      if (this.#calls.has(id)) this.#send({ kind: "cancel", id });
    }
  }

  #answered(id: RequestId, outcome: Outcome): void {
    this.#calls.get(id)?.settle(outcome);
    this.#calls.delete(id);
  }

  #take(frame: Frame): void {
    const message = this.#dialect.read(frame, () => undefined);
    switch (message?.kind) {
      case "log":
        this.logs.push({ level: message.level, message: message.message, fields: message.fields });
        return;
      case "event":
        this.events.push({ name: message.name, stream: message.stream, seq: message.seq, payload: message.payload });
        return;
      case "progress": {
        const { fraction, message: text } = message;
        const flight = this.#calls.get(message.id);
        if (flight === undefined) return;
        this.progress.push({ method: flight.method, fraction, message: text });
        flight.onProgress?.({ fraction, message: text });
        return;
      }
      case "item":
        this.#of(message.id)?.inflow.push(message.item, sizeOf(frame));
        return;
      case "credit":
        this.#of(message.id)?.credit(message.items, message.bytes);
        return;
      case "end":
        this.#served.get(message.id)?.inflow.end();
        return;
      case "cancel":
        this.#served.get(message.id)?.abort();
        return;
      case "reply":
        if (message.id !== null) this.#answered(message.id, message.outcome);
        return;
      case "request":
        void this.#serve(message);
    }
  }

  #of(id: RequestId): Flight | undefined {
    return this.#calls.get(id) ?? this.#served.get(id);
  }

  async #serve({ id, method, params, meta }: Message & { kind: "request" }): Promise<void> {
    const flight = this.#flight(id, method);
    this.#served.set(id, flight);
    this.serviceCalls.push({ service: method, params: params ?? {} });
    let outcome: Outcome;
    try {
      outcome = { result: await this.#fakes.answer(flight, params, meta) };
    } catch (thrown) {
      outcome = { error: failureOf(thrown, false) };
    }
    this.#served.delete(id);
    this.#send({ kind: "reply", id, outcome });
  }
}

/**
 * Starts a plugin in this process and initialises it.
 *
 * @throws PluginError as the plugin's `onStart` failed
 * @example
 * const host = await testHost(plugin, { config: { greeting: "hi" } });
 * const result = await new AgentClient(host).actionInvoke({ action: "GREET", memory: { content: { text: "you" } } });
 * await host.close();
 */
export async function testHost(plugin: Plugin, options: TestHostOptions = {}): Promise<TestHost> {
  const { config = {}, debug = false, dataDir, instanceId = "test" } = options;
  const host = new TestHost(plugin, options);
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
