// One live conversation on the plugin's side: ids, states, credit, cancellation. No IO, no clock, no promises; it never
// looks inside params. What comes in is handed out as an Incoming, what goes out is handed to `send`.

import type { LogLevel } from "../context.js";
import { PluginError } from "../errors.js";
import type { JsonObject, JsonValue } from "../json/value.js";
import type { Dialect } from "./dialect.js";
import type { Failure, Message, Meta, Outcome, RequestId } from "./message.js";
import { Violation } from "./message.js";

/** What the host wants, or answers. */
export type Incoming =
  | { readonly kind: "initialize"; readonly id: RequestId; readonly params: JsonValue | undefined }
  | {
      readonly kind: "request";
      readonly id: RequestId;
      readonly method: string;
      readonly params: JsonValue | undefined;
      readonly meta: Meta;
    }
  | { readonly kind: "shutdown"; readonly id: RequestId }
  | { readonly kind: "cancel"; readonly id: RequestId }
  | { readonly kind: "item"; readonly id: RequestId; readonly item: JsonValue; readonly bytes: number }
  | { readonly kind: "end"; readonly id: RequestId }
  | { readonly kind: "credit"; readonly id: RequestId }
  | { readonly kind: "event"; readonly name: string; readonly payload: JsonValue }
  | { readonly kind: "answer"; readonly id: RequestId; readonly outcome: Outcome }
  | { readonly kind: "violation"; readonly problem: string };

/** Caps that a session keeps: the protocol's defaults, or less where the host says so. */
export interface Limits {
  /** Largest message, in bytes. */
  readonly frameBytes: number;
  /** Requests in flight, each direction. */
  readonly pendingCalls: number;
}

/** The protocol's defaults. */
export const DEFAULT_LIMITS: Limits = { frameBytes: 64 * 1024 * 1024, pendingCalls: 1000 };

/** How many of an item and how many bytes may be sent. */
interface Credit {
  items: number;
  bytes: number;
}

/** A request in flight, of either side. */
interface InFlight {
  /** What we may send. */
  readonly toHost: Credit;
  /** What the host may send. */
  readonly fromHost: Credit;
  /** The host sends no more items for it. */
  ended: boolean;
  /** It was cancelled: nothing more is sent for it but a reply. */
  cancelled: boolean;
}

type Phase = "new" | "initialising" | "open" | "closing";

/** Says what the host's message means, and spells what the plugin says. */
export class Session {
  readonly #dialect: Dialect;
  readonly #send: (frame: string) => void;
  readonly #requests: Map<RequestId, InFlight> = new Map();
  readonly #calls: Map<RequestId, InFlight> = new Map();
  readonly #sequences: Map<string | undefined, number> = new Map();
  #limits: Limits = DEFAULT_LIMITS;
  #phase: Phase = "new";
  #lastId = 0;

  constructor(dialect: Dialect, send: (frame: string) => void) {
    this.#dialect = dialect;
    this.#send = send;
  }

  /** Requests of the host that are not answered yet. */
  get pending(): number {
    return this.#requests.size;
  }

  /** Whether the host may be called and told things now. */
  get isOpen(): boolean {
    return (this.#phase === "open" || this.#phase === "closing") && this.#dialect.talksBack;
  }

  /** Takes one frame. */
  receive(frame: Uint8Array | string): Incoming | undefined {
    let message: Message | undefined;
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
        return this.#answer(message.id, message.outcome);
      case "cancel":
        return this.#cancelled(message.id);
      case "item":
        return this.#item(message.id, message.item, frame);
      case "end":
        return this.#end(message.id);
      case "credit":
        return this.#credit(message);
      case "event":
        return { kind: "event", name: message.name, payload: message.payload };
      default:
        return undefined;
    }
  }

  /** The handshake is through: the reply to `initialize` was the last message of the old kind. */
  opened(limits: Limits): void {
    this.#limits = limits;
    if (this.#phase !== "closing") this.#phase = "open";
  }

  /** The handshake failed; the host may try again. */
  refused(): void {
    this.#phase = "new";
  }

  /** Nothing new is taken. */
  close(): void {
    this.#phase = "closing";
  }

  /** Answers a request, unless it is answered already. What the host would not take becomes an error. */
  reply(id: RequestId, outcome: Outcome): void {
    if (!this.#requests.delete(id)) return;
    const size = this.#write({ kind: "reply", id, outcome });
    if (size === undefined) return;
    const message = `the answer has ${size} bytes; the host takes at most ${this.#limits.frameBytes}`;
    this.#write({ kind: "reply", id, outcome: { error: { code: "resourceExhausted", message } } });
  }

  /** Tells the caller of a request how far the work is. */
  progress(id: RequestId, fraction: number | undefined, message: string | undefined): void {
    if (this.#requests.get(id)?.cancelled === false) this.#write({ kind: "progress", id, fraction, message });
  }

  /** Sends an item of a stream, if there is credit. False: wait for credit. Undefined: the stream is over. */
  item(id: RequestId, item: JsonValue): boolean | undefined {
    const flight = this.#flight(id);
    if (flight === undefined || flight.cancelled) return undefined;
    if (flight.toHost.items <= 0 || flight.toHost.bytes <= 0) return false;
    const frame = this.#dialect.write({ kind: "item", id, item });
    if (frame === undefined) return undefined;
    const size = utf8Length(frame);
    if (size > this.#limits.frameBytes) throw tooLarge("an item", size, this.#limits.frameBytes);
    flight.toHost.items -= 1;
    flight.toHost.bytes -= size;
    this.#send(frame);
    return true;
  }

  /** Lets the host send so much more. */
  grant(id: RequestId, items: number, bytes: number): void {
    const flight = this.#flight(id);
    if (flight === undefined || flight.ended || flight.cancelled) return;
    flight.fromHost.items += items;
    flight.fromHost.bytes += bytes;
    this.#write({ kind: "credit", id, items, bytes });
  }

  /** Calls the host. Undefined where the dialect has no such thing or too many calls are in flight. */
  call(method: string, params: JsonValue | undefined, meta: Meta): RequestId | undefined {
    if (!this.isOpen || this.#calls.size >= this.#limits.pendingCalls) return undefined;
    this.#lastId -= 1;
    const id = this.#lastId;
    this.#calls.set(id, inFlight());
    const size = this.#write({ kind: "request", id, method, params, meta });
    if (size === undefined) return id;
    this.#calls.delete(id);
    throw tooLarge(`the call of ${method}`, size, this.#limits.frameBytes);
  }

  /** Gives a call to the host up. It still gets its answer, which nobody wants. */
  giveUp(id: RequestId): void {
    const flight = this.#calls.get(id);
    if (flight === undefined || flight.cancelled) return;
    flight.cancelled = true;
    this.#write({ kind: "cancel", id });
  }

  /** Ends the upload of a call to the host. */
  end(id: RequestId): void {
    if (this.#calls.get(id)?.cancelled === false) this.#write({ kind: "end", id });
  }

  /** Emits an event; the session counts. */
  event(name: string, stream: string | undefined, payload: JsonValue): void {
    const seq = (this.#sequences.get(stream) ?? 0) + 1;
    const size = this.#write({ kind: "event", name, stream, seq, payload });
    if (size !== undefined) throw tooLarge(`the event ${name}`, size, this.#limits.frameBytes);
    this.#sequences.set(stream, seq);
  }

  /** Writes to the host's log. */
  log(level: LogLevel, message: string, fields: JsonObject | undefined): void {
    this.#write({ kind: "log", level, message, fields });
  }

  /** Sends a message, where the dialect has a word for it. One that is too large is not sent: gives its size. */
  #write(message: Message): number | undefined {
    const frame = this.#dialect.write(message);
    if (frame === undefined) return undefined;
    const limit = this.#limits.frameBytes;
    // Three bytes a unit at most: only what may be too large is measured.
    if (frame.length * 3 > limit) {
      const size = utf8Length(frame);
      if (size > limit) return size;
    }
    this.#send(frame);
    return undefined;
  }

  #flight(id: RequestId): InFlight | undefined {
    return this.#requests.get(id) ?? this.#calls.get(id);
  }

  #refuse(id: RequestId, error: Failure): undefined {
    this.#write({ kind: "reply", id, outcome: { error } });
    return undefined;
  }

  #request(message: Message & { kind: "request" }): Incoming | undefined {
    const { id, method, params, meta } = message;
    if (this.#requests.has(id)) {
      return this.#refuse(id, { code: "invalidRequest", message: `the id ${JSON.stringify(id)} is in flight already` });
    }
    if (method === "initialize") {
      if (this.#phase !== "new")
        return this.#refuse(id, { code: "failedPrecondition", message: "already initialised" });
      this.#phase = "initialising";
      this.#requests.set(id, inFlight());
      return { kind: "initialize", id, params };
    }
    if (this.#phase === "new" || this.#phase === "initialising") {
      return this.#refuse(id, {
        code: "failedPrecondition",
        message: `${method} came before \`initialize\` was answered`,
      });
    }
    if (method === "ping") {
      this.#write({ kind: "reply", id, outcome: { result: null } });
      return undefined;
    }
    if (this.#phase === "closing")
      return this.#refuse(id, { code: "unavailable", message: "the plugin is shutting down" });
    if (this.#requests.size >= this.#limits.pendingCalls) {
      return this.#refuse(id, {
        code: "resourceExhausted",
        message: `${this.#requests.size} calls are in flight`,
        retryable: true,
      });
    }
    this.#requests.set(id, inFlight());
    if (method === "shutdown") {
      this.#phase = "closing";
      return { kind: "shutdown", id };
    }
    return { kind: "request", id, method, params, meta };
  }

  #answer(id: RequestId | null, outcome: Outcome): Incoming {
    if (id === null || !this.#calls.delete(id))
      return { kind: "violation", problem: `an answer to ${JSON.stringify(id)}, which nobody asked` };
    return { kind: "answer", id, outcome };
  }

  #cancelled(id: RequestId): Incoming | undefined {
    const flight = this.#requests.get(id);
    if (flight === undefined || flight.cancelled) return undefined;
    flight.cancelled = true;
    return { kind: "cancel", id };
  }

  #item(id: RequestId, item: JsonValue, frame: Uint8Array | string): Incoming | undefined {
    const flight = this.#flight(id);
    // It may have crossed our reply or our cancel.
    if (flight === undefined || flight.cancelled) return undefined;
    const { fromHost } = flight;
    if (flight.ended || fromHost.items <= 0 || fromHost.bytes <= 0) {
      const problem = flight.ended ? "an item behind the end of its stream" : "an item without credit";
      if (this.#requests.has(id)) {
        flight.cancelled = true;
        this.reply(id, { error: { code: "protocolViolation", message: problem } });
        return { kind: "cancel", id };
      }
      return { kind: "violation", problem: `${problem}, for ${JSON.stringify(id)}` };
    }
    const bytes = typeof frame === "string" ? utf8Length(frame) : frame.length;
    fromHost.items -= 1;
    fromHost.bytes -= bytes;
    return { kind: "item", id, item, bytes };
  }

  #end(id: RequestId): Incoming | undefined {
    const flight = this.#requests.get(id);
    if (flight === undefined || flight.ended) return undefined;
    flight.ended = true;
    return { kind: "end", id };
  }

  #credit(message: Message & { kind: "credit" }): Incoming | undefined {
    const flight = this.#flight(message.id);
    if (flight === undefined || flight.cancelled) return undefined;
    // Adding up forever must not lose exactness.
    flight.toHost.items = Math.min(flight.toHost.items + message.items, Number.MAX_SAFE_INTEGER);
    flight.toHost.bytes = Math.min(flight.toHost.bytes + message.bytes, Number.MAX_SAFE_INTEGER);
    return { kind: "credit", id: message.id };
  }
}

function tooLarge(what: string, size: number, limit: number): PluginError {
  return new PluginError("resourceExhausted", `${what} has ${size} bytes; the host takes at most ${limit}`);
}

function inFlight(): InFlight {
  return { toHost: { items: 0, bytes: 0 }, fromHost: { items: 0, bytes: 0 }, ended: false, cancelled: false };
}

/** Bytes of a well-formed text in UTF-8. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    // A pair of surrogates is two units and four bytes.
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}
