// Waits for something to be so, for as long as somebody is patient.

import { delayUntil } from "../../../timers.js";

/** Rings when something has changed. */
export class Bell {
  #waiting: (() => void)[] = [];

  ring(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Waits until it is so, or until that time, on the clock of `performance.now()`; both are asked at each ring. */
  async waitFor(isSo: () => boolean, until: () => number): Promise<void> {
    while (!isSo()) {
      const end = until();
      if (end <= performance.now()) return;
      await new Promise<void>((resolve) => {
        const alarm = setTimeout(() => this.ring(), delayUntil(end));
        this.#waiting.push(() => {
          clearTimeout(alarm);
          resolve();
        });
      });
    }
  }
}
