// A stop of a guest, step by step: it is asked to finish, told that its input has ended, and then left.

import type { Patience } from "../../door.js";

/** A stop under way. */
export class Stopping {
  /** Nothing more is waited for before the next step. */
  isDue = false;
  /** The guest was told that its input has ended. */
  isClosing = false;
  readonly #due: () => void;
  #endOfInputMs = 0;
  #alarm: ReturnType<typeof setTimeout> | undefined;

  /** @param due - is called when a step has had its time */
  constructor(due: () => void) {
    this.#due = due;
  }

  /** The step that is under way gets so much time from now on. */
  wait({ shutdownMs, endOfInputMs }: Patience): void {
    this.#endOfInputMs = endOfInputMs;
    this.#ring(this.isClosing ? endOfInputMs : shutdownMs);
  }

  /** The guest is told that its input ends. False: it was told before, or is not to be told yet. */
  closes(): boolean {
    if (!this.isDue || this.isClosing) return false;
    this.isClosing = true;
    this.#ring(this.#endOfInputMs);
    return true;
  }

  /** It is over. */
  end(): void {
    clearTimeout(this.#alarm);
  }

  #ring(ms: number): void {
    clearTimeout(this.#alarm);
    this.#alarm = setTimeout(this.#due, ms);
  }
}
