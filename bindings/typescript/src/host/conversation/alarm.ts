// A clock that rings at the first of many times. Knows nobody who waits.

import { delayUntil } from "../../timers.js";

/** Rings at the earliest time that it was set to, on the clock of `performance.now()`. */
export class Alarm {
  readonly #ring: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #at = Infinity;

  constructor(ring: () => void) {
    this.#ring = ring;
  }

  /** Sets it to a time, where it does not ring earlier anyway. */
  set(time: number | undefined): void {
    if (time === undefined || time >= this.#at) return;
    clearTimeout(this.#timer);
    this.#at = time;
    this.#timer = setTimeout(() => {
      this.#at = Infinity;
      this.#ring();
    }, delayUntil(time));
  }

  /** Rings no more. */
  stop(): void {
    clearTimeout(this.#timer);
  }
}
