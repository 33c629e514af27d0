// One plugin in one conversation: the handshake, what comes in, the end. Knows no file, process or socket, and no method.

import { PluginError } from "../errors.js";
import { failureOf } from "../failure.js";
import { InitializeParams } from "../interfaces/protocol.js";
import type { JsonObject, JsonValue } from "../json/value.js";
import type { Plugin } from "./define.js";
import type { Dialect, Frame } from "./dialect.js";
import { Dispatcher, isThenable, readParams } from "./dispatch.js";
import { type Choice, choose } from "./handshake.js";
import { HostCalls } from "./host-calls.js";
import { Life, type Surroundings } from "./life.js";
import { HostLog } from "./log.js";
import type { RequestId } from "./message.js";
import type { Incoming } from "./session/incoming.js";
import { within } from "./session/limits.js";
import { Session } from "./session.js";
import type { Wire } from "./wire.js";

/** How much may wait for the host before logs and events are refused: they come unasked, and nothing else bounds them. */
const UNASKED_BYTES = 16 * 1024 * 1024;
/** How long handlers may go on when the host is gone, in milliseconds; then their signals abort. */
const GRACE_MS = 5000;
/** How long they may go on after that. */
const LAST_GRACE_MS = 1000;

/** What a plugin is told before a host has said anything. */
const NOTHING: Omit<Surroundings, "log"> = {
  config: {},
  instanceId: "",
  dataDir: undefined,
  debug: false,
  host: { name: "", version: "" },
  granted: {},
};

/** Runs one plugin in one conversation. */
export class Runtime {
  /** The log that goes to the host. */
  readonly log: HostLog;
  readonly #plugin: Plugin;
  readonly #manifest: JsonObject;
  readonly #wire: Wire;
  readonly #session: Session;
  readonly #hostCalls: HostCalls;
  readonly #dispatcher: Dispatcher;
  #life: Life;
  #idle: (() => void) | undefined;
  #started = false;
  #stopped: Promise<void> | undefined;
  #hurry: () => void = () => undefined;
  readonly #hurried: Promise<false> = new Promise((resolve) => {
    this.#hurry = () => resolve(false);
  });

  constructor(plugin: Plugin, manifest: JsonObject, dialect: Dialect, wire: Wire) {
    this.#plugin = plugin;
    this.#manifest = manifest;
    this.#wire = wire;
    const drained = (): Promise<void> | undefined => wire.drained?.();
    const send = (frame: Frame): void => (typeof frame === "string" ? wire.send(frame) : wire.sendBytes?.(frame));
    this.#session = new Session(dialect, send);
    this.#hostCalls = new HostCalls(this.#session, drained);
    this.log = new HostLog((level, message, fields) => {
      if (!dialect.talksBack) {
        wire.complain(`${level}: ${message}${fields === undefined ? "" : ` ${JSON.stringify(fields)}`}`);
        return "taken";
      }
      if (!this.#session.isOpen) return "later";
      if (this.#isChoked()) return "never";
      this.#session.log(level, message, fields);
      return "taken";
    });
    this.#life = this.#newLife(NOTHING);
    this.#dispatcher = new Dispatcher(plugin, {
      session: this.#session,
      hostCalls: this.#hostCalls,
      drained,
      life: () => this.#life,
      onOver: () => this.#idle?.(),
    });
    const opening = dialect.open(manifest);
    if (opening !== undefined) wire.send(opening);
  }

  /** Whether the host takes log lines now. */
  get isListening(): boolean {
    return this.#session.isOpen;
  }

  /** Takes one frame of the host. */
  receive(frame: Frame): void {
    const incoming = this.#session.receive(frame);
    if (incoming !== undefined) this.#take(incoming);
  }

  /** The host sent a frame that is too large to be read: nothing behind it can be read either, so {@link end} comes next. */
  tooLong(frameBytes: number): void {
    const problem = `a message has more than ${frameBytes} bytes, which is the largest that this plugin takes`;
    this.#wire.complain(problem);
    this.#session.tooLong(problem);
  }

  /** Resolves when every event that came so far is handled. */
  eventsHandled(): Promise<void> {
    return this.#dispatcher.line.idle();
  }

  /** The host says nothing more: finishes what is in flight, within a grace. */
  async end(graceMs: number = GRACE_MS): Promise<void> {
    this.#session.close();
    const gone = new PluginError("unavailable", "the host closed the connection");
    this.#hostCalls.closeAll(gone);
    for (const call of this.#dispatcher.calls) {
      call.inflow.fail(gone);
      call.outflow.close(gone);
    }
    const events = Promise.race([this.#lastEvents(graceMs), this.#hurried]);
    if (!(await Promise.race([this.#quiet(0, graceMs), this.#hurried]))) {
      for (const call of this.#dispatcher.calls) call.abort(gone);
      await this.#quiet(0, LAST_GRACE_MS);
    }
    await events;
    await this.#stop();
  }

  /** Nobody wants to wait for the end any more: what is in flight gets no further grace. */
  hurry(): void {
    this.#hurry();
  }

  #take(incoming: Incoming): void {
    switch (incoming.kind) {
      case "initialize":
        this.#initialize(incoming.id, incoming.params);
        return;
      case "request":
        this.#dispatcher.start(incoming);
        return;
      case "shutdown":
        void this.#shutdown(incoming.id);
        return;
      case "cancel":
        this.#dispatcher.call(incoming.id)?.abort();
        return;
      case "item":
        if (!this.#hostCalls.item(incoming.id, incoming.item, incoming.bytes)) {
          this.#dispatcher.call(incoming.id)?.inflow.push(incoming.item, incoming.bytes);
        }
        return;
      case "end":
        this.#dispatcher.call(incoming.id)?.inflow.end();
        return;
      case "credit":
        if (!this.#hostCalls.credit(incoming.id)) this.#dispatcher.call(incoming.id)?.outflow.resume();
        return;
      case "progress":
        this.#hostCalls.progress(incoming.id, { fraction: incoming.fraction, message: incoming.message });
        return;
      case "answer":
        if (incoming.problem !== undefined) this.#violated(incoming.problem);
        this.#hostCalls.answer(incoming.id, incoming.outcome);
        return;
      case "event":
        this.#dispatcher.event(incoming);
        return;
      case "complaint":
        this.log.warn(`the host could not read a message of this plugin: ${incoming.message}`);
        return;
      case "violation":
        this.#violated(incoming.problem);
    }
  }

  #violated(problem: string): void {
    this.#wire.complain(problem);
    this.log.warn(`the host broke the protocol: ${problem}`);
  }

  /** Answers at once where the author has nothing to prepare, so that a host need not wait before it goes on. */
  #initialize(id: RequestId, params: JsonValue | undefined): void {
    const refuse = (thrown: unknown): void => {
      this.#session.refused();
      this.#session.reply(id, { error: failureOf(thrown, this.#life.debug) });
    };
    try {
      const said = readParams("initialize", InitializeParams.fromValue, params);
      if (this.#wire.guard?.admits(said.token) === false) {
        const what = "the token is missing or another one than the plugin's in `CROSSPLUG_TOKEN`";
        refuse(new PluginError("permissionDenied", what));
        this.#wire.guard.turnAway();
        return;
      }
      const choice = choose(said.protocol, this.#wire.framings ?? []);
      const { config, instanceId, dataDir, debug = false, host, granted } = said;
      this.#life = this.#newLife({ config, instanceId, dataDir, debug, host, granted });
      const accept = (): void => {
        const limits = within(said.limits);
        this.#session.reply(id, { result: this.#introduction(choice) });
        this.#wire.agreed?.(choice.framing, limits.frameBytes);
        this.#session.opened(limits, choice.encoding);
        this.#started = true;
        this.log.flush();
      };
      const ready = this.#plugin.onStart?.(this.#life);
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
    const token = this.#wire.guard?.shown;
    return { protocol: choice.answer, manifest: this.#manifest, interfaces, ...(token !== undefined && { token }) };
  }

  #newLife(said: Omit<Surroundings, "log">): Life {
    const parts = { session: this.#session, hostCalls: this.#hostCalls, isChoked: () => this.#isChoked() };
    return new Life({ ...said, log: this.log }, parts);
  }

  /** Whether so much waits for the host that what nobody asked for is not added. */
  #isChoked(): boolean {
    return (this.#wire.backlog?.() ?? 0) > UNASKED_BYTES;
  }

  async #shutdown(id: RequestId): Promise<void> {
    await this.#quiet(1, undefined);
    await this.eventsHandled();
    this.#session.reply(id, { result: null });
    this.#idle?.();
    await this.#stop();
  }

  #stop(): Promise<void> {
    this.#stopped ??= (async () => {
      if (!this.#started) return;
      try {
        await this.#plugin.onStop?.(this.#life);
      } catch (thrown) {
        const problem = `onStop failed: ${failureOf(thrown, false).message}`;
        this.#wire.complain(problem);
        this.log.error(problem);
      }
    })();
    return this.#stopped;
  }

  /** Lets the handlers of events come to their end, though nobody waits for one that does not. */
  async #lastEvents(graceMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, graceMs);
    });
    await Promise.race([this.eventsHandled(), late]);
    clearTimeout(timer);
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
