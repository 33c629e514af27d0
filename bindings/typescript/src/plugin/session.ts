// One live conversation on the plugin's side: ids, states, requests and replies. No IO, no clock, no promises; it never
// looks inside params. What comes in is handed out as an Incoming, what goes out is handed to `send`.

import type { LogLevel } from "../context.js";
import { PluginError } from "../errors.js";
import { clean } from "../failure.js";
import type { JsonObject, JsonValue } from "../json/value.js";
import type { Dialect, Frame } from "./dialect.js";
import type { Encoding } from "./handshake.js";
import type { Failure, Message, Meta, Outcome, Received, RequestId } from "./message.js";
import { Violation } from "./message.js";
import { Events } from "./session/events.js";
import { Flights } from "./session/flights.js";
import type { Incoming } from "./session/incoming.js";
import { DEFAULT_LIMITS, type Limits, tooMany } from "./session/limits.js";
import { Streams } from "./session/streams.js";
import { Writer } from "./session/writer.js";

type Phase = "new" | "initialising" | "open" | "closing";

/** Says what the host's message means, and spells what the plugin says. */
export class Session {
  /** Items and credit. */
  readonly streams: Streams;
  /** Events. */
  readonly events: Events;
  readonly #dialect: Dialect;
  readonly #send: (frame: Frame) => void;
  readonly #writer: Writer;
  readonly #flights: Flights = new Flights();
  #pendingCalls = DEFAULT_LIMITS.pendingCalls;
  #phase: Phase = "new";
  #isGone = false;
  #lastId = 0;

  constructor(dialect: Dialect, send: (frame: Frame) => void) {
    this.#dialect = dialect;
    this.#send = send;
    this.#writer = new Writer(dialect, send);
    this.streams = new Streams(this.#flights, this.#writer, DEFAULT_LIMITS.openStreams);
    this.events = new Events(this.#writer);
  }

  /** Requests of the host that are not answered yet. */
  get pending(): number {
    return this.#flights.pending;
  }

  /** Whether the host may be called and told things now. */
  get isOpen(): boolean {
    return (this.#phase === "open" || this.#phase === "closing") && this.#dialect.talksBack;
  }

  /** Whether values of messages may be in MessagePack's own forms. */
  get native(): boolean {
    return this.#dialect.native;
  }

  /** Takes one frame. */
  receive(frame: Frame): Incoming | undefined {
    let message: Received | undefined;
    try {
      message = this.#dialect.read(frame, this.#send);
    } catch (thrown) {
      if (thrown instanceof Violation) return { kind: "violation", problem: thrown.problem };
      throw thrown;
    }
    switch (message?.kind) {
      case "request":
        return this.#request(message);
      case "reply":
        return this.#reply(message.id, message.outcome);
      case "broken":
        return this.#broken(message);
      case "complaint":
        return message;
      case "cancel":
        return this.#cancelled(message.id);
      case "item":
        return this.streams.item(message, frame, (id, problem) =>
          this.reply(id, { error: { code: "protocolViolation", message: problem } }),
        );
      case "end":
        return this.streams.end(message.id);
      case "credit":
        return this.streams.credit(message);
      case "event":
        return this.events.take(message);
      case "progress":
        return this.#flights.call(message.id)?.cancelled === false ? message : undefined;
      default:
        return undefined;
    }
  }

  /** The handshake is through: the reply to `initialize` was the last message of the old kind. */
  opened(limits: Limits, encoding: Encoding): void {
    this.#dialect.settle(encoding);
    this.#writer.frameBytes = limits.frameBytes;
    this.streams.most = limits.openStreams;
    this.#pendingCalls = limits.pendingCalls;
    if (this.#phase !== "closing") this.#phase = "open";
  }

  /** The handshake failed; the host may try again. */
  refused(): void {
    this.#phase = "new";
  }

  /** The host says nothing more: nothing new is taken, and nothing can be asked. */
  close(): void {
    this.#phase = "closing";
    this.#isGone = true;
  }

  /** A frame came that nobody reads, for its size: whose it was is not known. */
  tooLong(problem: string): void {
    this.#refuse(null, { code: "resourceExhausted", message: problem });
  }

  /** Answers a request, unless it is answered already. What the host would not take becomes an error. */
  reply(id: RequestId, outcome: Outcome): void {
    if (!this.#flights.answered(id)) return;
    const size = this.#writer.write({ kind: "reply", id, outcome });
    if (size === undefined) return;
    const why = `a message of ${size} bytes is too large: the peer takes at most ${this.#writer.frameBytes}`;
    this.#refuse(id, { code: "resourceExhausted", message: `the answer cannot be sent: ${why}` });
  }

  /** Tells the caller of a request how far the work is. A fraction that is no number, such as 0 / 0, is left out. */
  progress(id: RequestId, fraction: number | undefined, message: string | undefined): void {
    if (this.#flights.request(id)?.cancelled !== false) return;
    const said = { fraction: Number.isFinite(fraction) ? fraction : undefined, message: message && clean(message) };
    this.#writer.write({ kind: "progress", id, ...said });
  }

  /**
   * Calls the host; `streams` where the answer has items.
   *
   * @throws PluginError `failedPrecondition`, `unavailable` or `resourceExhausted`; nothing was sent then
   */
  call(method: string, params: JsonValue | undefined, meta: Meta, streams: boolean): RequestId {
    this.#mayReach(`the service ${method}`);
    if (this.#isGone) throw new PluginError("unavailable", "the host has closed the connection");
    if (this.#flights.calls >= this.#pendingCalls)
      throw tooMany(`${this.#flights.calls} calls of services are under way`);
    if (streams) this.streams.room();
    const id = this.#lastId - 1;
    this.#writer.writeOrThrow(`the call of ${method}`, { kind: "request", id, method, params, meta });
    this.#lastId = id;
    this.#flights.called(id, streams);
    return id;
  }

  /** Gives a call to the host up. It still gets its answer, which nobody wants. */
  giveUp(id: RequestId): void {
    const flight = this.#flights.call(id);
    if (flight === undefined || flight.cancelled) return;
    flight.cancelled = true;
    this.#writer.write({ kind: "cancel", id });
  }

  /** Ends the upload of a call to the host. */
  end(id: RequestId): void {
    if (this.#flights.call(id)?.cancelled === false) this.#writer.write({ kind: "end", id });
  }

  /**
   * Emits an event.
   *
   * @throws PluginError as {@link call} does
   */
  emit(name: string, stream: string | undefined, payload: JsonValue): void {
    this.#mayReach(`the event ${name}`);
    this.events.emit(name, stream, payload);
  }

  /** Writes to the host's log. */
  log(level: LogLevel, message: string, fields: JsonObject | undefined): void {
    this.#writer.write({ kind: "log", level, message, fields });
  }

  /** Refuses where the host cannot be asked or told anything: for good, or not yet. */
  #mayReach(what: string): void {
    if (!this.#dialect.talksBack) {
      const why = `${this.#dialect.name} has no word for it`;
      throw new PluginError("failedPrecondition", `${what} cannot go to the host: ${why}`);
    }
    if (!this.isOpen)
      throw new PluginError("unavailable", `${what} cannot go to the host before \`initialize\` is answered`);
  }

  #refuse(id: RequestId | null, error: Failure): undefined {
    this.#writer.write({ kind: "reply", id, outcome: { error } });
    return undefined;
  }

  #request({ id, method, params, meta }: Message & { kind: "request" }): Incoming | undefined {
    if (this.#flights.request(id) !== undefined) {
      return this.#refuse(id, { code: "invalidRequest", message: `the id ${JSON.stringify(id)} is in flight already` });
    }
    if (method === "initialize") {
      if (this.#phase !== "new")
        return this.#refuse(id, { code: "failedPrecondition", message: "already initialised" });
      this.#phase = "initialising";
      this.#flights.asked(id);
      return { kind: "initialize", id, params };
    }
    if (this.#phase === "new" || this.#phase === "initialising") {
      return this.#refuse(id, {
        code: "failedPrecondition",
        message: `${method} came before \`initialize\` was answered`,
      });
    }
    if (method === "ping") {
      this.#writer.write({ kind: "reply", id, outcome: { result: null } });
      return undefined;
    }
    if (this.#phase === "closing")
      return this.#refuse(id, { code: "unavailable", message: "the plugin is shutting down" });
    if (method === "shutdown") {
      this.#phase = "closing";
      this.#flights.asked(id);
      return { kind: "shutdown", id };
    }
    // The cap is on calls: the end may come however many there are.
    if (method !== "shutdown" && this.pending >= this.#pendingCalls) {
      const message = `${this.pending} calls are in flight`;
      return this.#refuse(id, { code: "resourceExhausted", message, retryable: true });
    }
    this.#flights.asked(id);
    return { kind: "request", id, method, params, meta };
  }

  #reply(id: RequestId | null, outcome: Outcome): Incoming {
    if (id !== null && this.#flights.returned(id)) return { kind: "answer", id, outcome };
    return { kind: "violation", problem: `an answer to ${JSON.stringify(id)}, which nobody asked` };
  }

  /** A call must not wait for ever because its reply cannot be read. */
  #broken({ id, problem, orRequest }: Received & { kind: "broken" }): Incoming | undefined {
    if (id !== undefined && this.#flights.returned(id)) {
      const error = { code: "protocolViolation", message: `the host's reply cannot be read: ${problem}` };
      return { kind: "answer", id, outcome: { error }, problem };
    }
    if (orRequest) return this.#refuse(id ?? null, { code: "invalidRequest", message: problem });
    return { kind: "violation", problem };
  }

  #cancelled(id: RequestId): Incoming | undefined {
    const flight = this.#flights.request(id);
    if (flight === undefined || flight.cancelled) return undefined;
    flight.cancelled = true;
    return { kind: "cancel", id };
  }
}
