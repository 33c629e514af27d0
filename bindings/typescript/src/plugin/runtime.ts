// From a session to the author's code and back: the handshake, the dispatch, the end. Knows no file, process or socket.

import type { InterfaceDescriptor, MethodDescriptor } from "../descriptor.js";
import { readAs, writeAs } from "../descriptor.js";
import { PluginError } from "../errors.js";
import { InitializeParams } from "../interfaces/protocol.js";
import type { JsonObject, JsonValue } from "../json/value.js";
import { Call, Life } from "./call.js";
import type { Plugin } from "./define.js";
import type { Dialect } from "./dialect.js";
import { failureOf } from "./failure.js";
import { type Choice, choose, type Framing } from "./handshake.js";
import { HostCalls } from "./host-calls.js";
import { HostLog } from "./log.js";
import type { RequestId } from "./message.js";
import { DEFAULT_LIMITS, type Incoming, Session } from "./session.js";
import { typedReceiver, typedSender } from "./streams.js";

/** How much may wait for the host before logs and events are refused: they come unasked, and nothing else bounds them. */
const UNASKED_BYTES = 16 * 1024 * 1024;
/** How long handlers may go on when the host is gone, in milliseconds; then their signals abort. */
const GRACE_MS = 5000;
/** How long they may go on after that. */
const LAST_GRACE_MS = 1000;

/** What the runtime needs of the outside. */
export interface Wire {
  /** Takes a frame. Never blocks. */
  send(frame: string): void;
  /** Everything that was sent is written in the old framing; from now on the new one holds. */
  reframe?(framing: Framing): void;
  /** A promise while so much waits to be written that nothing should be added; undefined otherwise. */
  drained?(): Promise<void> | undefined;
  /** Bytes that wait to be written. */
  backlog?(): number;
  /** Framings that it knows besides `ndjson`. */
  readonly framings?: readonly Framing[];
  /** What the peer did wrong, for a person. */
  complain(problem: string): void;
}

interface Handler {
  readonly method: MethodDescriptor<object>;
  readonly target: object;
}

/** Runs one plugin in one conversation. */
export class Runtime {
  /** The log that goes to the host. */
  readonly log: HostLog;
  readonly #plugin: Plugin;
  readonly #manifest: JsonObject;
  readonly #wire: Wire;
  readonly #session: Session;
  readonly #hostCalls: HostCalls;
  readonly #handlers: Map<string, Handler> = new Map();
  readonly #calls: Map<RequestId, Call> = new Map();
  readonly #drained: () => Promise<void> | undefined;
  #life: Life;
  #idle: (() => void) | undefined;
  #tornDown: Promise<void> | undefined;

  constructor(plugin: Plugin, manifest: JsonObject, dialect: Dialect, wire: Wire) {
    this.#plugin = plugin;
    this.#manifest = manifest;
    this.#wire = wire;
    this.#drained = () => wire.drained?.();
    this.#session = new Session(dialect, (frame) => wire.send(frame));
    this.#hostCalls = new HostCalls(this.#session, this.#drained);
    this.log = new HostLog((level, message, fields) => {
      if (!this.#session.isOpen) return "later";
      if (this.#isChoked()) return "never";
      this.#session.log(level, message, fields);
      return "taken";
    });
    this.#life = this.#newLife({ config: {}, instanceId: "", dataDir: undefined, debug: false, granted: {} });
    for (const { descriptor, target } of plugin.interfaces) {
      for (const [name, method] of descriptor.methods) {
        if (method.has(target)) this.#handlers.set(name, { method, target });
      }
    }
    const opening = dialect.open(manifest);
    if (opening !== undefined) wire.send(opening);
  }

  /** Takes one frame of the host. */
  receive(frame: Uint8Array | string): void {
    const incoming = this.#session.receive(frame);
    if (incoming !== undefined) this.#take(incoming);
  }

  /** The host says nothing more: finishes what is in flight. */
  async end(): Promise<void> {
    this.#session.close();
    const gone = new PluginError("unavailable", "the host closed the connection");
    this.#hostCalls.closeAll(gone);
    for (const call of this.#calls.values()) {
      call.inflow.fail(gone);
      call.outflow.close(gone);
    }
    if (!(await this.#quiet(0, GRACE_MS))) {
      for (const call of this.#calls.values()) call.abort(gone);
      await this.#quiet(0, LAST_GRACE_MS);
    }
    await this.#tearDown();
  }

  #take(incoming: Incoming): void {
    switch (incoming.kind) {
      case "initialize":
        this.#initialize(incoming.id, incoming.params);
        return;
      case "request":
        this.#start(incoming);
        return;
      case "shutdown":
        void this.#shutdown(incoming.id);
        return;
      case "cancel":
        this.#calls.get(incoming.id)?.abort();
        return;
      case "item":
        if (!this.#hostCalls.item(incoming.id, incoming.item, incoming.bytes)) {
          this.#calls.get(incoming.id)?.inflow.push(incoming.item, incoming.bytes);
        }
        return;
      case "end":
        this.#calls.get(incoming.id)?.inflow.end();
        return;
      case "credit":
        if (!this.#hostCalls.credit(incoming.id)) this.#calls.get(incoming.id)?.outflow.resume();
        return;
      case "answer":
        this.#hostCalls.answer(incoming.id, incoming.outcome);
        return;
      case "event":
        this.#event(incoming.name, incoming.payload);
        return;
      case "violation":
        this.#wire.complain(incoming.problem);
        this.log.warn(`the host broke the protocol: ${incoming.problem}`);
    }
  }

  /** Answers at once where the author has nothing to set up, so that a host need not wait before it goes on. */
  #initialize(id: RequestId, params: JsonValue | undefined): void {
    const refuse = (thrown: unknown): void => {
      this.#session.refused();
      this.#session.reply(id, { error: failureOf(thrown, this.#life.debug) });
    };
    try {
      const {
        protocol,
        config,
        instanceId,
        dataDir,
        debug = false,
        granted,
        limits = {},
      } = readParams("initialize", InitializeParams.fromValue, params);
      const choice = choose(protocol, this.#wire.framings ?? []);
      this.#life = this.#newLife({ config, instanceId, dataDir, debug, granted });
      const accept = (): void => {
        this.#session.reply(id, { result: this.#introduction(choice) });
        this.#wire.reframe?.(choice.framing);
        this.#session.opened({
          frameBytes: Math.min(limits.frameBytes ?? Infinity, DEFAULT_LIMITS.frameBytes),
          pendingCalls: Math.min(limits.pendingCalls ?? Infinity, DEFAULT_LIMITS.pendingCalls),
        });
        this.log.flush();
      };
      const ready = this.#plugin.setup?.(this.#life);
      if (isThenable(ready)) ready.then(accept).then(undefined, refuse);
      else accept();
    } catch (thrown) {
      refuse(thrown);
    }
  }

  #introduction(choice: Choice): JsonObject {
    const interfaces: JsonObject = {};
    for (const { descriptor } of this.#plugin.interfaces) {
      interfaces[descriptor.name] = { version: descriptor.version, hash: descriptor.hash };
    }
    return { protocol: choice.answer, manifest: this.#manifest, interfaces };
  }

  #newLife(
    parts: Pick<InitializeParams, "config" | "instanceId" | "granted"> & {
      dataDir?: string | undefined;
      debug: boolean;
    },
  ): Life {
    const { services = [], emit = [], plugins = [] } = parts.granted;
    const { config, instanceId, dataDir, debug } = parts;
    return new Life(
      { config, instanceId, dataDir, debug, log: this.log, granted: { services, emit, plugins } },
      this.#session,
      this.#hostCalls,
      () => this.#isChoked(),
    );
  }

  #start(request: Incoming & { kind: "request" }): void {
    const { id } = request;
    const handler = this.#handlers.get(request.method);
    if (handler === undefined) {
      const error = { code: "methodNotFound", message: `the plugin has no method ${JSON.stringify(request.method)}` };
      this.#session.reply(id, { error });
      return;
    }
    const { method, target } = handler;
    const call = new Call(id, method, request.meta, this.#life, this.#session, this.#hostCalls, this.#drained);
    this.#calls.set(id, call);
    try {
      const params = readParams(method.name, method.params, request.params);
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

  #finish(id: RequestId, call: Call, method: MethodDescriptor<object>, value: unknown): void {
    try {
      const result = writeAs(`the result of ${method.name}`, method.result, value);
      this.#session.reply(id, { result });
    } catch (thrown) {
      this.#session.reply(id, { error: failureOf(thrown, this.#life.debug) });
    }
    this.#over(id, call);
  }

  #fail(id: RequestId, call: Call, thrown: unknown): void {
    const error = call.isAborted
      ? { code: "cancelled", message: `the call of ${call.method} was cancelled` }
      : failureOf(thrown, this.#life.debug);
    this.#session.reply(id, { error });
    this.#over(id, call);
  }

  #over(id: RequestId, call: Call): void {
    call.over();
    this.#calls.delete(id);
    this.#idle?.();
  }

  /** Whether so much waits for the host that what nobody asked for is not added. */
  #isChoked(): boolean {
    return (this.#wire.backlog?.() ?? 0) > UNASKED_BYTES;
  }

  #event(name: string, payload: JsonValue): void {
    for (const { descriptor, target } of this.#plugin.interfaces) {
      const event = (descriptor as InterfaceDescriptor<object>).events.get(name);
      if (event?.has(target) !== true) continue;
      // Nobody waits for an event: what goes wrong with it can only be logged.
      const failed = (thrown: unknown): void =>
        this.log.error(`the handler of the event ${name} failed: ${failureOf(thrown, false).message}`);
      try {
        const done = event.call(target, this.#life, readAs(`the payload of ${name}`, event.payload, payload));
        if (isThenable(done)) done.then(undefined, failed);
      } catch (thrown) {
        failed(thrown);
      }
    }
  }

  async #shutdown(id: RequestId): Promise<void> {
    await this.#quiet(1, undefined);
    try {
      await this.#tearDown();
      this.#session.reply(id, { result: null });
    } catch (thrown) {
      this.#session.reply(id, { error: failureOf(thrown, this.#life.debug) });
    }
    this.#idle?.();
  }

  #tearDown(): Promise<void> {
    this.#tornDown ??= (async () => this.#plugin.teardown?.(this.#life))();
    return this.#tornDown;
  }

  /** Waits until at most so many requests are in flight; false where that took too long. */
  #quiet(most: number, withinMs: number | undefined): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = withinMs === undefined ? undefined : setTimeout(() => done(false), withinMs);
      const before = this.#idle;
      const done = (quiet: boolean): void => {
        clearTimeout(timer);
        resolve(quiet);
      };
      this.#idle = () => {
        before?.();
        if (this.#session.pending <= most) done(true);
      };
      this.#idle();
    });
  }
}

function readParams<T>(method: string, read: (value: unknown) => T, params: JsonValue | undefined): T {
  try {
    return readAs(`the parameters of ${method}`, read, params ?? {});
  } catch (thrown) {
    throw invalidParams(thrown);
  }
}

function invalidParams(thrown: unknown): PluginError {
  const { message, reason, pointer } = thrown as { message: string; reason?: string; pointer?: string };
  const details = reason === undefined || pointer === undefined ? undefined : { reason, pointer };
  return new PluginError("invalidParams", message, { details, cause: thrown });
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}

function refuseItem(): never {
  throw new PluginError("internal", "the method has no such stream");
}
