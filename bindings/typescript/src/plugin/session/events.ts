// Events in both directions: their numbers and the length of their names. Knows no handler.

import { PluginError } from "../../errors.js";
import type { JsonValue } from "../../json/value.js";
import type { Message } from "../message.js";
import type { Incoming } from "./incoming.js";
import { utf8Length } from "./limits.js";
import { Sequences } from "./sequences.js";
import type { Writer } from "./writer.js";

/** Longest name of an event or a stream, in bytes. */
const LONGEST_NAME = 1024;

/** The events of a session. */
export class Events {
  readonly #writer: Writer;
  readonly #sent: Sequences = new Sequences();
  readonly #seen: Sequences = new Sequences();

  constructor(writer: Writer) {
    this.#writer = writer;
  }

  /**
   * Sends an event with the number that is its turn.
   *
   * @throws PluginError `invalidParams` for a name that is too long, `resourceExhausted` for a payload that is too large;
   *   no number is used up then
   */
  emit(name: string, stream: string | undefined, payload: JsonValue): void {
    const problem = tooLong(name, stream);
    if (problem !== undefined) throw new PluginError("invalidParams", problem);
    const seq = this.#sent.next(stream);
    this.#writer.writeOrThrow(`the event ${name}`, { kind: "event", name, stream, seq, payload });
    this.#sent.note(stream, seq);
  }

  /** The host sent an event. One that is out of its order is dropped, and the number that was expected still is. */
  take({ name, stream, seq, payload }: Message & { kind: "event" }): Incoming {
    const problem = tooLong(name, stream);
    if (problem !== undefined) return { kind: "violation", problem };
    if (!this.#seen.mayFollow(stream, seq)) {
      const where = stream === undefined ? "without a stream" : `of the stream ${JSON.stringify(stream)}`;
      const wanted = this.#seen.next(stream);
      const what = `the event ${JSON.stringify(name)} ${where} has the number ${seq}, where ${wanted} comes next`;
      return { kind: "violation", problem: `${what}; it was dropped` };
    }
    this.#seen.note(stream, seq);
    return { kind: "event", name, stream, seq, payload };
  }
}

function tooLong(name: string, stream = ""): string | undefined {
  const longest = Math.max(utf8Length(name), utf8Length(stream));
  return longest > LONGEST_NAME
    ? `the name or the stream of an event has ${longest} bytes, where ${LONGEST_NAME} are allowed`
    : undefined;
}
