// The host's calls of one conversation that have no answer yet, and the time of each.

import type { Session } from "#wasm";
import { type CrossplugError, HostError } from "../../errors.js";
import type { Answer } from "../door.js";
import { Alarm } from "./alarm.js";

/** Calls in flight. */
export class Calls {
  readonly #session: Session;
  readonly #late: (call: number) => void;
  readonly #answers: Map<number, Answer> = new Map();
  readonly #orphans: Answer[] = [];
  readonly #alarm: Alarm;
  #isOver = false;

  /**
   * @param late - is told of a call whose time is over, after its caller was
   * @param expired - is called when that was done for all whose time was over
   */
  constructor(session: Session, late: (call: number) => void, expired: () => void) {
    this.#session = session;
    this.#late = late;
    this.#alarm = new Alarm(() => {
      this.#expire();
      expired();
    });
  }

  /** How many there are. */
  get count(): number {
    return this.#answers.size;
  }

  has(call: number): boolean {
    return this.#answers.has(call);
  }

  get(call: number): Answer | undefined {
    return this.#answers.get(call);
  }

  add(call: number, deadline: number | undefined, answer: Answer): void {
    this.#answers.set(call, answer);
    this.#alarm.set(deadline);
  }

  /** One that came between the plugin's last word and its end: it learns why the plugin ended. */
  addOrphan(answer: Answer): void {
    this.#orphans.push(answer);
  }

  /** One that waits no more. */
  take(call: number): Answer | undefined {
    const answer = this.#answers.get(call);
    this.#answers.delete(call);
    return answer;
  }

  /** All of them end, and none comes. */
  end(errorOf: (answer: Answer) => CrossplugError): void {
    this.#isOver = true;
    this.#alarm.stop();
    const all = [...this.#answers.values(), ...this.#orphans.splice(0)];
    for (const answer of all) answer.finish({ error: errorOf(answer) });
    this.#answers.clear();
  }

  #expire(): void {
    const context = "the plugin did not answer in time; allow more with `timeoutMs`";
    // Whoever is told may end the conversation.
    while (!this.#isOver) {
      const late = this.#session.expire(performance.now());
      if (late === undefined) {
        this.#alarm.set(this.#session.nextTimeout);
        return;
      }
      this.take(late)?.finish({ error: new HostError("Deadline", "call", { context }) });
      this.#late(late);
    }
  }
}
