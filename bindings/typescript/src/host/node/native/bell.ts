// Waits for something to be so, for as long as somebody is patient.

/** Rings when something has changed. */
export class Bell {
  #waiting: (() => void)[] = [];

  ring(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Waits until it is so, or until that time, on the clock of `performance.now()`; both are asked at each ring. */
  async waitFor(isSo: () => boolean, until: () => number): Promise<void> {
    while (!isSo()) {
      const left = until() - performance.now();
      if (left <= 0) return;
      await new Promise<void>((resolve) => {
        const alarm = setTimeout(() => this.ring(), Math.ceil(left));
        this.#waiting.push(() => {
          clearTimeout(alarm);
          resolve();
        });
      });
    }
  }
}
