// Threads with nothing to do, which wait a while for whoever needs one next: starting one costs more than most work. Knows no thread.

/** Things that wait, and are ended where nobody comes. */
export class Idle<Thing> {
  readonly #waiting: Map<Thing, ReturnType<typeof setTimeout>> = new Map();
  readonly #patienceMs: number;
  readonly #most: number;
  readonly #end: (thing: Thing) => void;

  /**
   * @param patienceMs - how long one waits
   * @param most - how many do; a further one is ended at once
   * @param end - ends one
   */
  constructor(patienceMs: number, most: number, end: (thing: Thing) => void) {
    this.#patienceMs = patienceMs;
    this.#most = most;
    this.#end = end;
  }

  /** The one that has waited for the shortest time. */
  take(): Thing | undefined {
    const [thing] = [...this.#waiting.keys()].slice(-1);
    if (thing !== undefined) this.drop(thing);
    return thing;
  }

  put(thing: Thing): void {
    if (this.#waiting.size >= this.#most) {
      this.#end(thing);
      return;
    }
    const alarm = setTimeout(() => {
      this.#waiting.delete(thing);
      this.#end(thing);
    }, this.#patienceMs);
    // Whoever waits for nothing but this may end.
    (alarm as { unref?: () => void }).unref?.();
    this.#waiting.set(thing, alarm);
  }

  /** One waits no more, and is not ended. */
  drop(thing: Thing): void {
    clearTimeout(this.#waiting.get(thing));
    this.#waiting.delete(thing);
  }
}
