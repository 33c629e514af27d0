// When a guest wants to be visited by itself.

import { LONGEST_TIMER } from "../../../timers.js";

/** The next turn of a guest. */
export class Turns {
  readonly #due: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isDue = false;

  /** @param due - is called when it has come */
  constructor(due: () => void) {
    this.#due = due;
  }

  /** It comes in so many milliseconds, or not at all. */
  set(ms: number | undefined): void {
    clearTimeout(this.#timer);
    this.#isDue = false;
    if (ms === undefined) return;
    // Not before the program's own turn, even where it is at once: a guest that always wants to be visited is not alone.
    const due = (): void => {
      this.#isDue = true;
      this.#due();
    };
    this.#timer = setTimeout(due, Math.min(Math.ceil(ms), LONGEST_TIMER));
  }

  /** Whether it has come; once. */
  take(): boolean {
    const isDue = this.#isDue;
    this.#isDue = false;
    return isDue;
  }
}
