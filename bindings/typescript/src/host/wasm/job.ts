// One call on its way into a guest: it waits, is visited, and may go on as a request of the conversation. Keeps what its caller
// says until the conversation knows the call.

import type { CallProgress } from "../../context.js";
import { HostError } from "../../errors.js";
import type { JsonValue } from "../../json/value.js";
import { delayUntil } from "../../timers.js";
import { written } from "../conversation/payloads.js";
import type { Answer, Outcome, Request } from "../door.js";

/** A call. */
export class Job implements Answer {
  readonly key: number;
  readonly request: Request;
  readonly params: Uint8Array;
  /** The session's name of it. */
  id = 0;
  /** Whether the conversation knows it. */
  isOpen = false;
  /** Its caller wants no answer any more. */
  isGivenUp = false;
  /** Its caller streams nothing more to it. */
  hasEnded = false;
  /** What its caller takes of its stream. */
  items = 0;
  bytes = 0;
  readonly #answer: Answer;
  readonly #over: (job: Job) => void;
  #alarm: ReturnType<typeof setTimeout> | undefined;

  constructor(key: number, request: Request, answer: Answer, over: (job: Job) => void) {
    this.key = key;
    this.request = request;
    this.params = request.input ?? written(request.params, "json");
    this.#answer = answer;
    this.#over = over;
  }

  /** Whether its time is over. */
  get isLate(): boolean {
    return this.request.deadline !== undefined && performance.now() >= this.request.deadline;
  }

  /** Its caller is told when its time is over while it waits. */
  waits(late: () => void): void {
    const { deadline } = this.request;
    if (deadline === undefined) return;
    this.#alarm = setTimeout(late, delayUntil(deadline));
  }

  /** It waits no more. */
  begins(): void {
    clearTimeout(this.#alarm);
  }

  finish(outcome: Outcome): void {
    clearTimeout(this.#alarm);
    this.#over(this);
    this.#answer.finish(outcome);
  }

  progress(progress: CallProgress): void {
    this.#answer.progress(progress);
  }

  item(item: JsonValue, bytes: number): boolean {
    return this.#answer.item(item, bytes);
  }

  room(): void {
    this.#answer.room();
  }
}

/** The error of a call whose time is over. */
export function late(): HostError {
  const context = "the plugin did not answer in time; allow more with `timeoutMs`";
  return new HostError("Deadline", "call", { context });
}
