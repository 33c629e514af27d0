// One plugin behind a stream of bytes: the session's owner. Says what calls, services and events mean to it, and does what
// it hears. Knows no process and no socket: bytes come in by `receive`, and go out through a pipe.

import { Heard, Session } from "#wasm";
import { type CrossplugError, HostError } from "../errors.js";
import type { Limits } from "../interfaces/protocol.js";
import type { JsonObject, JsonValue } from "../json/value.js";
import { Calls } from "./conversation/calls.js";
import * as effectOf from "./conversation/effects.js";
import { Outlet, type Pipe } from "./conversation/outlet.js";
import { type Concerned, passOn } from "./conversation/passing.js";
import { read, taken, written } from "./conversation/payloads.js";
import { Questions } from "./conversation/questions.js";
import { Replying } from "./conversation/replying.js";
import { Stage } from "./conversation/stage.js";
import type { Answer, CallKey, Introduction, Outcome, Request } from "./door.js";
import type { Encoding } from "./encoding.js";
import type { Home } from "./home.js";

/** Largest message before the handshake is through: a manifest, and room for its examples. */
const FIRST_FRAMES = 8 << 20;
/** How messages can be told apart in a stream of bytes. */
export const STREAM_FRAMINGS: readonly string[] = ["ndjson", "length"];

/** What a conversation tells the door that leads it. */
export interface Listener {
  /** The plugin broke the rules: it must be ended. */
  broke(error: HostError): void;
  /** The plugin has answered `shutdown`. */
  shutDown(): void;
  /** The time of a call is over; its caller was told. */
  late?(call: number): void;
}

/** A conversation with a plugin. */
export class Conversation {
  readonly home: Home;
  readonly dialect: string;
  /** What the plugin has to show in its answer to `initialize`. */
  expectedToken: string | undefined;
  /** What the plugin could not read before it was open. */
  complaint: string | undefined;
  readonly #session: Session;
  readonly #outlet: Outlet;
  readonly #listener: Listener;
  readonly #calls: Calls;
  readonly #questions: Questions;
  readonly #concerned: Concerned;
  readonly #stage: Stage = new Stage();
  #encoding: Encoding = "json";
  #opened: ((introduction: HostError | Introduction) => void) | undefined;
  #shutdown: number | undefined;

  /**
   * @param framings - those that the door can carry
   * @param encoding - what to speak, where the framings and the plugin can
   */
  constructor(
    dialect: string,
    limits: Limits,
    home: Home,
    pipe: Pipe,
    listener: Listener,
    framings: readonly string[],
    encoding: Encoding = "json",
  ) {
    this.home = home;
    this.dialect = dialect;
    this.#listener = listener;
    const questions = new Questions(home, limits.bufferedBytes ?? DEFAULT_BUFFERED_BYTES);
    this.#questions = questions;
    const encodings = encoding === "json" ? ["json"] : [encoding, "json"];
    const options = { limits, framings, encodings, openingFrameBytes: FIRST_FRAMES };
    this.#session = new Session(dialect, JSON.stringify(options));
    this.#outlet = new Outlet(this.#session, pipe);
    const late = (call: number): void => listener.late?.(call);
    this.#calls = new Calls(this.#session, late, () => this.#outlet.flushSoon());
    this.#concerned = { calls: this.#calls, questions, giveUp: (call) => this.cancel(call) };
  }

  /** Whether calls can still succeed. */
  get isOpen(): boolean {
    return this.#stage.isOpen;
  }

  /** Whether the end of the plugin's output would tear a message. */
  get isHalf(): boolean {
    return this.#isOver ? false : this.#session.isHalf;
  }

  get #isOver(): boolean {
    return this.#stage.isOver;
  }

  /** Says `initialize`; the introduction comes without the number of a process. Rejects as the conversation ends. */
  open(hello: JsonObject): Promise<Introduction> {
    return new Promise((resolve, reject) => {
      this.#opened = (how) => (how instanceof HostError ? reject(how) : resolve(how));
      try {
        this.#session.initialize(JSON.stringify(hello), performance.now());
      } catch (thrown) {
        this.#listener.broke(this.#stage.refused(thrown, "load"));
      }
      this.#outlet.flush();
    });
  }

  /** Calls a method. */
  call({ method, params, deadline, traceparent }: Request, answer: Answer): CallKey {
    if (this.#isOver || this.#stage.isStopping) {
      answer.finish({ error: this.#stage.closed("call") });
      return undefined;
    }
    let call: number;
    try {
      call = this.#session.call(method, this.#written(params), deadline, traceparent, performance.now());
    } catch (thrown) {
      if ((thrown as Error).name === "notOpen" && this.isOpen) this.#calls.addOrphan(answer);
      else answer.finish({ error: this.#stage.refused(thrown, "call") });
      return undefined;
    }
    this.#calls.add(call, deadline, answer);
    this.#outlet.flushSoon();
    return call;
  }

  /** An id for a call that is made apart from the messages: nothing is in flight yet. @throws HostError */
  begin(): number {
    if (!this.isOpen) throw this.#stage.closed("call");
    try {
      return this.#session.callApart();
    } catch (thrown) {
      throw this.#stage.refused(thrown, "call");
    }
  }

  /** What a call that was made apart, and of which nothing else was said, was answered with. */
  result(call: number, result: Uint8Array): Outcome {
    if (this.#isOver) return { error: this.#stage.closed("call") };
    if (this.#session.hearResult(call, result) === Heard.Result) {
      return { result: read(taken(this.#session, this.#encoding)) };
    }
    const violation = effectOf.violation(this.#session);
    this.#listener.broke(violation);
    return { error: violation };
  }

  /** A call that was made apart goes on, or the plugin has said something about it: it is a request like any other. */
  expect(call: number, deadline: number | undefined, answer: Answer): void {
    if (this.#isOver) return;
    this.#session.waitApart(call, deadline);
    this.#calls.add(call, deadline, answer);
  }

  /** One that was expected was answered apart after all. */
  settle(call: number, result: Uint8Array): void {
    if (!this.#isOver) this.#calls.take(call)?.finish(this.result(call, result));
  }

  /** The same with an error. */
  fail(call: number, error: Uint8Array): void {
    if (this.#isOver) return;
    this.#session.pushFailure(call, error);
    this.#hearAll();
  }

  /** Whether a call is in flight. */
  knows(call: number): boolean {
    return this.#calls.has(call);
  }

  /** Whether the plugin owes an answer to a call, be it given up or not. */
  isPending(call: number): boolean {
    return !this.#isOver && this.#session.isInFlight(call);
  }

  /** How many are. */
  get inFlight(): number {
    return this.#calls.count;
  }

  /** Nobody waits for a call any more. */
  cancel(call: CallKey): void {
    if (call === undefined || this.#calls.take(call) === undefined) return;
    this.#session.abandon(call);
    this.#outlet.flushSoon();
  }

  /** Takes more of a call's stream. @throws HostError */
  credit(call: CallKey, items: number, bytes: number): void {
    if (call === undefined || !this.#calls.has(call)) return;
    try {
      this.#session.grant(call, items, bytes);
    } catch (thrown) {
      // The call may have ended; and in a dialect without streams the stream is empty.
      if (!["ended", "notInDialect"].includes((thrown as Error).name)) throw this.#stage.refused(thrown, "call");
    }
    this.#outlet.flushSoon();
  }

  /** Streams an item to a call. @throws HostError */
  upload(call: CallKey, item: JsonValue): boolean | undefined {
    if (call === undefined || !this.#calls.has(call)) return undefined;
    const sent = this.#send("upload", () => this.#session.upload(call, this.#written(item)));
    return sent;
  }

  /** Streams no more to a call. */
  endUpload(call: CallKey): void {
    if (call === undefined || !this.#calls.has(call)) return;
    this.#send("upload", () => this.#session.end(call));
  }

  /** Sends an event. @throws HostError */
  emit(name: string, stream: string | undefined, payload: JsonValue): void {
    if (!this.isOpen) throw this.#stage.closed("emit");
    try {
      this.#session.emit(name, stream, this.#written(payload));
    } catch (thrown) {
      throw this.#stage.refused(thrown, "emit");
    }
    this.#outlet.flushSoon();
  }

  /** Asks the plugin to finish; false where the dialect has no such word, or there is nothing to finish. */
  shutdown(): boolean {
    if (!this.isOpen) return false;
    this.#stage.becomes("stopping");
    try {
      this.#shutdown = this.#session.shutdown(undefined, performance.now());
    } catch {
      return false;
    }
    this.#outlet.flush();
    return true;
  }

  /** Bytes of the plugin. */
  receive(bytes: Uint8Array): void {
    if (this.#isOver || bytes.length === 0) return;
    this.#session.push(bytes);
    this.#hearAll();
  }

  #hearAll(): void {
    while (!this.#isOver) {
      const heard = this.#session.hear();
      if (heard === Heard.Nothing) break;
      if (heard === Heard.Settled) continue;
      const error = this.#take(heard);
      if (error !== undefined) {
        this.#listener.broke(error);
        return;
      }
    }
    this.#outlet.flush();
  }

  /** The plugin will say nothing more. */
  inputEnded(): void {
    if (!this.#isOver) this.#session.inputEnded();
  }

  /** The plugin takes nothing more: what waits for it is forgotten. */
  outputEnded(): void {
    this.#outlet.close();
    if (!this.#isOver) this.#session.outputEnded();
  }

  /**
   * The end: everybody who waits is told. Only the first time counts.
   *
   * @param errorOf - what a call that was in flight is told, where that is not the same for all
   */
  end(error: HostError, errorOf: (answer: Answer) => CrossplugError = () => error): void {
    if (this.#isOver) return;
    this.#stage.becomes(error);
    this.#outlet.close();
    this.#session.close();
    this.#session.free();
    this.#calls.end(errorOf);
    this.#questions.cancelAll();
    this.#opened?.(error.in("load"));
  }

  /** Does what was heard; gives the error that ends the plugin. */
  #take(heard: Heard): HostError | undefined {
    const session = this.#session;
    switch (heard) {
      case Heard.Result: {
        const call = session.id;
        if (call === this.#shutdown) this.#listener.shutDown();
        else this.#calls.take(call)?.finish({ result: this.#value() });
        return undefined;
      }
      case Heard.Failure: {
        const call = session.id;
        if (call === this.#shutdown) this.#listener.shutDown();
        else this.#calls.take(call)?.finish({ error: effectOf.failure(session) });
        return undefined;
      }
      case Heard.Request:
        this.#request();
        return undefined;
      case Heard.Event:
        effectOf.event(session, this.#encoding, this.home);
        return undefined;
      case Heard.Log:
        effectOf.log(session, this.home);
        return undefined;
      case Heard.Complaint:
        this.#complain(session.takeMessage() ?? "");
        return undefined;
      case Heard.Opened: {
        const introduction = effectOf.introduction(session, this.dialect, this.expectedToken);
        if (introduction instanceof HostError) return introduction;
        this.#stage.becomes("open");
        this.#encoding = introduction.encoding;
        this.#opened?.(introduction);
        this.#opened = undefined;
        return undefined;
      }
      case Heard.Incompatible:
        return effectOf.incompatible(session);
      case Heard.Violation:
        return effectOf.violation(session);
      default:
        passOn(session, heard, this.#encoding, this.#concerned);
        return undefined;
    }
  }

  #complain(what: string): void {
    if (this.#stage.isOpening) this.complaint = what;
    this.home.note("warn", `the plugin could not read a message: ${what}`);
  }

  #request(): void {
    const session = this.#session;
    const replying = new Replying(session, session.id, {
      encoding: this.#encoding,
      isOver: () => this.#isOver,
      said: () => this.#outlet.flushSoon(),
    });
    this.#questions.ask(session, this.#encoding, replying);
  }

  #value(): JsonValue {
    return read(taken(this.#session, this.#encoding));
  }

  #written(value: JsonValue): Uint8Array {
    return written(value, this.#encoding);
  }

  /** True: sent. False: no credit. Undefined: over. */
  #send(operation: string, say: () => void): boolean | undefined {
    try {
      say();
    } catch (thrown) {
      const { name } = thrown as Error;
      if (name === "noCredit") return false;
      if (name === "ended") return undefined;
      throw this.#stage.refused(thrown, operation);
    }
    this.#outlet.flushSoon();
    return true;
  }
}

/** As in `Limits` of the protocol. */
const DEFAULT_BUFFERED_BYTES = 128 << 20;
