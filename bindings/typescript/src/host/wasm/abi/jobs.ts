// The calls to one guest: those that wait until somebody may visit it, and all others that have no answer yet.

import type { HostError } from "../../../errors.js";
import type { Answer, CallKey, Request } from "../../door.js";
import { Job, late } from "../job.js";

/** How long a visit may take where no call is in flight whose deadline would say so, in milliseconds. */
const ALONE_MS = 30_000;

/** Calls that have no answer. */
export class Jobs {
  readonly #all: Map<number, Job> = new Map();
  #waiting: Job[] = [];
  #keys = 0;

  /** How many there are. */
  get count(): number {
    return this.#all.size;
  }

  get(call: CallKey): Job | undefined {
    return call === undefined ? undefined : this.#all.get(call);
  }

  /** A further one, which waits. */
  add(request: Request, answer: Answer): Job {
    const job = new Job(++this.#keys, request, answer, ({ key }) => this.#all.delete(key));
    this.#all.set(job.key, job);
    this.#waiting.push(job);
    return job;
  }

  /** Where it still waits, its caller is told when its time is over. */
  watch(job: Job): void {
    if (!this.#waiting.includes(job)) return;
    job.waits(() => {
      this.#unqueue(job);
      job.finish({ error: late() });
    });
  }

  /** The one that waits for longest; it waits no more. */
  next(): Job | undefined {
    return this.#waiting.shift();
  }

  /** Its caller wants no answer any more. */
  giveUp(job: Job): void {
    this.#all.delete(job.key);
    job.begins();
    job.isGivenUp = true;
    this.#unqueue(job);
  }

  /** Those that wait come to that. */
  finishWaiting(error: HostError): void {
    for (const job of this.#waiting.splice(0)) job.finish({ error });
  }

  /** All of them do. */
  finishAll(error: HostError): void {
    this.finishWaiting(error);
    for (const job of [...this.#all.values()]) job.finish({ error });
  }

  /** Until when a visit may take that is about all calls in flight: each of them is told at its own time. */
  longest(): number {
    let latest: number | undefined;
    for (const { isOpen, request } of this.#all.values()) {
      if (!isOpen) continue;
      if (request.deadline === undefined) return performance.now() + ALONE_MS;
      latest = Math.max(latest ?? 0, request.deadline);
    }
    return latest ?? performance.now() + ALONE_MS;
  }

  #unqueue(job: Job): void {
    this.#waiting = this.#waiting.filter((other) => other !== job);
  }
}
