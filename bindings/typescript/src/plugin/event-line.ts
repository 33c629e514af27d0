// Handlers of the host's events, one after the other in the order of arrival, beside everything else. Knows no event.

/** So many may wait for the one that runs. */
const MOST = 10_000;

/** What runs when its turn comes. It must not throw. */
export type Turn = () => PromiseLike<void> | undefined;

/** The line. */
export class EventLine {
  #waiting: Turn[] = [];
  #running = false;
  #whenIdle: (() => void)[] = [];

  /** Puts a handler behind the others; it runs at once where it is the only one. False where too many wait. */
  push(turn: Turn): boolean {
    if (this.#waiting.length >= MOST) return false;
    this.#waiting.push(turn);
    if (!this.#running) this.#work();
    return true;
  }

  /** Resolves when none runs and none waits. */
  idle(): Promise<void> {
    return this.#running ? new Promise((resolve) => this.#whenIdle.push(resolve)) : Promise.resolve();
  }

  #work(): void {
    this.#running = true;
    for (let turn = this.#waiting.shift(); turn !== undefined; turn = this.#waiting.shift()) {
      const done = turn();
      if (done !== undefined) {
        const goOn = (): void => this.#work();
        done.then(goOn, goOn);
        return;
      }
    }
    this.#running = false;
    for (const resolve of this.#whenIdle.splice(0)) resolve();
  }
}
