// A host made of nothing but a session, driven by the lines of `schema/vectors/hosts`. Knows no process.

import type { JsonObject, JsonValue } from "crossplug";
import { engine } from "./inside.js";
import { matches } from "./session-player.js";

const { Heard, Session } = engine;
type Engine = InstanceType<typeof Session>;

/** The host and everything that it said and told. */
export class VectorHost {
  readonly #dialect: string;
  readonly #logs: boolean;
  readonly #said: JsonValue[] = [];
  readonly #told: JsonObject[] = [];
  /** By the numbers that the vectors give them, from 1. */
  readonly #calls: number[] = [];
  readonly #asked: { readonly method: string; readonly ticket: number }[] = [];
  #session: Engine;
  #now = 0;

  constructor(dialect: string, logs: boolean) {
    this.#dialect = dialect;
    this.#logs = logs;
    this.#session = new Session(dialect, '{"openingFrameBytes":1048576}');
  }

  /** One line of a case; throws where the host does something else. */
  step(step: JsonObject): void {
    if (step.host !== undefined) {
      try {
        this.#act(step.host as JsonObject);
      } catch (thrown) {
        this.#told.push({ refused: (thrown as Error).name });
      }
    } else if (step.tell !== undefined) {
      expect("told", step.tell, this.#told.shift());
      return;
    } else if (step.from === "plugin") {
      const line = (step.raw as string | undefined) ?? JSON.stringify(step.message);
      this.#session.push(Buffer.from(`${line.repeat((step.repeat as number | undefined) ?? 1)}\n`));
      this.#pump();
    } else {
      expect("said", step.message as JsonValue, this.#said.shift());
      return;
    }
    const text = Buffer.from(this.#session.take(2 ** 31)).toString();
    for (const line of text.split("\n")) if (line !== "") this.#said.push(JSON.parse(line) as JsonValue);
  }

  /** What nobody has asked about at the end. */
  get leftOver(): JsonValue | undefined {
    return this.#said[0] ?? this.#told[0];
  }

  #pump(): void {
    const session = this.#session;
    for (let heard = session.hear(); heard !== Heard.Nothing; heard = session.hear()) {
      const told = this.#heard(heard);
      if (told !== undefined) this.#told.push(defined(told));
      if (heard === Heard.Violation) return;
    }
  }

  /** What it tells. */
  #heard(heard: (typeof Heard)[keyof typeof Heard]): { [name: string]: JsonValue | undefined } | undefined {
    const session = this.#session;
    const call = (): number => this.#calls.indexOf(session.id) + 1;
    const method = (): string => this.#asked.find(({ ticket }) => ticket === session.id)?.method ?? "";
    const value = (): JsonValue => parsed(session.takeText()) ?? null;
    switch (heard) {
      case Heard.Opened:
        return { opened: 1, result: value() };
      case Heard.Incompatible:
        return { incompatible: session.takeName() };
      case Heard.Request: {
        const name = session.takeName() ?? "";
        this.#asked.push({ method: name, ticket: session.id });
        return { request: name, params: parsed(session.takeText()) };
      }
      case Heard.Result:
        return { reply: call(), result: value() };
      case Heard.Failure: {
        const details = parsed(session.takeText());
        const retryable = session.flag ? true : undefined;
        const error = defined({ code: session.takeName(), message: session.takeMessage(), details, retryable });
        return { reply: call(), error };
      }
      case Heard.Cancel:
        return { cancelled: method() };
      case Heard.Progress:
        return { progress: call(), fraction: session.number, message: session.takeMessage() };
      case Heard.Item:
        return { item: call(), value: value() };
      case Heard.Upload:
        return { streamed: method(), value: value() };
      case Heard.UploadEnd:
        return { ended: method() };
      case Heard.Credit:
        return { credit: call() };
      case Heard.UploadCredit:
        return { credited: method() };
      case Heard.Event: {
        const payload = value();
        return { event: session.takeName(), stream: session.takeMessage(), seq: session.number, payload };
      }
      case Heard.Log:
        if (!this.#logs) return undefined;
        return { log: session.takeName(), message: session.takeMessage(), fields: parsed(session.takeText()) };
      case Heard.Complaint:
        return { complaint: session.takeName() };
      case Heard.Violation:
        return { violation: session.takeName() };
      default:
        return undefined;
    }
  }

  #act(action: JsonObject): void {
    const session = this.#session;
    const [verb, what] = Object.entries(action)[0] as [string, JsonValue];
    const call = (): number => this.#calls[(what as number) - 1] ?? 0;
    const ticket = (): number => this.#asked.find(({ method }) => method === what)?.ticket ?? 0;
    const at = (ms: JsonValue | undefined): number | undefined =>
      ms === undefined ? undefined : this.#now + (ms as number);
    switch (verb) {
      case "initialize":
        this.#initialize(what as JsonObject);
        return;
      case "call": {
        const params = action.params === undefined ? undefined : bytes(action.params);
        const traceparent = action.traceparent as string | undefined;
        this.#calls.push(session.call(what as string, params, at(action.timeoutMs), traceparent, this.#now));
        return;
      }
      case "shutdown":
        this.#calls.push(session.shutdown(undefined, this.#now));
        return;
      case "cancel":
        session.cancel(call());
        return;
      case "abandon":
        session.abandon(call());
        return;
      case "grant": {
        const { items, bytes } = action as { items: number; bytes: number };
        if (typeof what === "string") session.grantTicket(ticket(), items, bytes);
        else session.grant(call(), items, bytes);
        return;
      }
      case "send": {
        const item = bytes(action.item as JsonValue);
        if (typeof what === "string") session.item(ticket(), item);
        else session.upload(call(), item);
        return;
      }
      case "end":
        session.end(call());
        return;
      case "answer": {
        const number = ticket();
        this.#asked.splice(
          this.#asked.findIndex(({ method }) => method === what),
          1,
        );
        const { code, message } = (action.error ?? {}) as { code?: string; message?: string };
        if (action.error === undefined) session.answer(number, bytes(action.result as JsonValue));
        else session.fail(number, code ?? "", message ?? "", undefined, false);
        return;
      }
      case "emit":
        session.emit(what as string, action.stream as string | undefined, bytes(action.payload as JsonValue));
        return;
      case "pass":
        this.#now += what as number;
        // Nothing is late before the time that the session itself names.
        if ((session.nextTimeout ?? Infinity) > this.#now) return;
        for (let late = session.expire(this.#now); late !== undefined; late = session.expire(this.#now)) {
          this.#told.push({ late: this.#calls.indexOf(late) + 1 });
        }
        return;
      case "close":
        for (const lost of session.close()) this.#told.push({ lost: this.#calls.indexOf(lost) + 1 });
        return;
      default:
        throw new Error(`no action ${verb}`);
    }
  }

  #initialize({ config = {}, timeoutMs, limits, features }: JsonObject): void {
    if (limits !== undefined || features !== undefined) {
      const options = { limits, features, openingFrameBytes: 1 << 20 };
      this.#session = new Session(this.#dialect, JSON.stringify(options));
    }
    const hello = { host: "vectors", hostVersion: "1.0.0", instanceId: "instance-1", config };
    const deadline = timeoutMs === undefined ? undefined : this.#now + (timeoutMs as number);
    this.#calls.push(this.#session.initialize(JSON.stringify(hello), this.#now, deadline));
  }
}

function bytes(value: JsonValue): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

function parsed(text: string | undefined): JsonValue | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as JsonValue);
}

function defined(members: { [name: string]: JsonValue | undefined }): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as JsonObject;
}

function expect(verb: string, expected: JsonValue, got: JsonValue | undefined): void {
  if (got !== undefined && matches(expected, got)) return;
  throw new Error(`expected ${JSON.stringify(expected)}\n${verb} ${JSON.stringify(got)}`);
}
