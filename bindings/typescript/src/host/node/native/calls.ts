// Direct calls to a native plugin: which are on a thread that is in the library, and what they come out with. Knows the
// conversation that they are part of, and the crew.

import { HostError } from "../../../errors.js";
import { written } from "../../conversation/payloads.js";
import type { Conversation } from "../../conversation.js";
import type { Answer, CallKey, Request } from "../../door.js";
import { enter, type Work } from "./crew.js";
import { DONE, FAILED, PENDING } from "./tables.js";
import type { Done, Place } from "./task.js";

/** A call that a thread is in the library for. */
interface Inside {
  readonly work: Work;
  readonly deadline: number | undefined;
  /** Its caller has given it up meanwhile. */
  isGivenUp: boolean;
}

/** Who is told. */
interface Listener {
  /** The library did what it must not. */
  broke(error: HostError): void;
  /** Its thread is out again, and the call goes on: the plugin may not have known it when it was given up. */
  cancelAgain(call: number): void;
  /** A thread is out again. */
  changed(): void;
}

/** The direct calls of one plugin. */
export class Calls {
  readonly #talk: Conversation;
  readonly #listener: Listener;
  readonly #inside: Map<number, Inside> = new Map();

  constructor(talk: Conversation, listener: Listener) {
    this.#talk = talk;
    this.#listener = listener;
  }

  /** How many threads are in the library. */
  get count(): number {
    return this.#inside.size;
  }

  /** Makes a call. */
  call(place: Place, method: number, { params, deadline }: Request, answer: Answer): CallKey {
    let id: number;
    try {
      id = this.#talk.begin();
    } catch (thrown) {
      answer.finish({ error: thrown as HostError });
      return undefined;
    }
    // In flight from here on: what the plugin says about it may come before the thread is back.
    this.#talk.expect(id, deadline, answer);
    const timeoutMs = deadline === undefined ? undefined : deadline - performance.now();
    const work = enter({ kind: "call", ...place, method, params: written(params, "json"), id, timeoutMs });
    this.#inside.set(id, { work, deadline, isGivenUp: false });
    void work.done.then((done) => this.#comesOut(id, done));
    return id;
  }

  /** Whether a thread is in the library for that call. */
  has(call: number): boolean {
    return this.#inside.has(call);
  }

  /** A call was given up. Gives when its time is over, where a thread is in the library for it. */
  giveUp(call: number): number | undefined {
    const inside = this.#inside.get(call);
    if (inside === undefined) return undefined;
    inside.isGivenUp = true;
    return inside.deadline;
  }

  /** Nobody waits for the threads any more. */
  lose(): void {
    for (const { work } of this.#inside.values()) work.lose();
  }

  #comesOut(id: number, { fault, status, bytes = new Uint8Array(0) }: Done): void {
    const isGivenUp = this.#inside.get(id)?.isGivenUp === true;
    this.#inside.delete(id);
    const talk = this.#talk;
    if (fault !== undefined) {
      this.#listener.broke(new HostError(fault.kind, "call", { context: fault.what }));
    } else if (status === DONE) {
      // The session hears of one that nobody waits for, too.
      if (talk.knows(id)) talk.settle(id, bytes);
      else talk.result(id, bytes);
    } else if (status === FAILED) {
      talk.fail(id, bytes);
    } else if (status !== PENDING) {
      const context = `a call gave the status ${status}, which there is not`;
      this.#listener.broke(new HostError("Protocol", "call", { context }));
    } else if (isGivenUp) {
      this.#listener.cancelAgain(id);
    }
    this.#listener.changed();
  }
}
