// The way back of a service call: through the session. What cannot be sent, the session answers in its own way.

import type { Session } from "#wasm";
import { PluginError } from "../../errors.js";
import type { JsonValue } from "../../json/value.js";
import type { Encoding } from "../encoding.js";
import type { ServiceReply } from "../home.js";
import { written } from "./payloads.js";
import { refusal } from "./refusals.js";

/** What a reply needs of its conversation. */
interface Line {
  readonly encoding: Encoding;
  readonly isOver: () => boolean;
  /** Something waits to be sent. */
  readonly said: () => void;
}

/** Answers one service call. */
export class Replying implements ServiceReply {
  readonly #session: Session;
  readonly #ticket: number;
  readonly #line: Line;

  constructor(session: Session, ticket: number, line: Line) {
    this.#session = session;
    this.#ticket = ticket;
    this.#line = line;
  }

  get native(): boolean {
    return this.#line.encoding === "msgpack";
  }

  answer(result: JsonValue): void {
    this.#say(() => this.#session.answer(this.#ticket, this.#written(result)));
  }

  fail({ code, message, details, retryable }: PluginError): void {
    const said = details === undefined ? undefined : JSON.stringify(details);
    this.#say(() => this.#session.fail(this.#ticket, code, message, said, retryable));
  }

  /** Too many wait already. */
  exhausted(message: string): void {
    this.fail(new PluginError("resourceExhausted", message, { retryable: true }));
  }

  progress(fraction: number | undefined, message: string | undefined): void {
    this.#say(() => this.#session.progress(this.#ticket, fraction, message));
  }

  item(item: JsonValue): boolean | undefined {
    if (this.#line.isOver()) return undefined;
    try {
      this.#session.item(this.#ticket, this.#written(item));
    } catch (thrown) {
      const { name } = thrown as Error;
      if (name === "noCredit") return false;
      if (name === "ended") return undefined;
      throw refusal(thrown, "stream to the plugin");
    }
    this.#line.said();
    return true;
  }

  credit(items: number, bytes: number): void {
    this.#say(() => this.#session.grantTicket(this.#ticket, items, bytes));
  }

  #written(value: JsonValue): Uint8Array {
    return written(value, this.#line.encoding);
  }

  /** What comes too late, or is more than the plugin takes, is dealt with by the session. */
  #say(say: () => void): void {
    if (this.#line.isOver()) return;
    try {
      say();
    } catch (thrown) {
      refusal(thrown, "answer");
    }
    this.#line.said();
  }
}
