// The time as the host says it, and what waits for it. Nothing here looks at a clock: a component has none.

/** Something that runs when its time has come. */
interface Timer {
  readonly at: number;
  readonly run: () => void;
  /** After so many milliseconds again. */
  readonly every: number | undefined;
}

const MICROSECONDS = 1000;

/** The host's clock, in milliseconds, and the timers that it drives. */
export class Clock {
  #now = 0;
  /** What a clock on the wall shows when the host's shows 0. */
  #wallAtZero = 0;
  #timers: Map<number, Timer> = new Map();
  #lastId = 0;

  /** Milliseconds on a clock that never goes back. */
  get now(): number {
    return this.#now;
  }

  /** Milliseconds since 1970. */
  get wall(): number {
    return this.#wallAtZero + this.#now;
  }

  /** The host's time, and what a clock on the wall shows then; both in microseconds. */
  begin(now: number, wall: number): void {
    this.#now = now / MICROSECONDS;
    this.#wallAtZero = wall / MICROSECONDS - this.#now;
  }

  /** The host's time, in microseconds. One that goes back is not followed. */
  set(now: number): void {
    this.#now = Math.max(this.#now, now / MICROSECONDS);
  }

  /** Runs something after so many milliseconds; gives a number to {@link clear} it by. */
  after(delay: number, run: () => void, repeats: boolean): number {
    const wait = Number.isFinite(delay) ? Math.max(0, delay) : 0;
    this.#lastId += 1;
    this.#timers.set(this.#lastId, { at: this.#now + wait, run, every: repeats ? Math.max(1, wait) : undefined });
    return this.#lastId;
  }

  clear(id: number): void {
    this.#timers.delete(id);
  }

  /** When the first timer is due, in microseconds; undefined where there is none. */
  get next(): number | undefined {
    let first: number | undefined;
    for (const { at } of this.#timers.values()) if (first === undefined || at < first) first = at;
    return first === undefined ? undefined : Math.ceil(first * MICROSECONDS);
  }

  /** Takes out what is due, the earliest first. */
  takeDue(): (() => void)[] {
    const due = [...this.#timers].filter(([, { at }]) => at <= this.#now);
    // Of two of the same time the older one comes first: the order of the map, which the sort keeps.
    due.sort(([, left], [, right]) => left.at - right.at);
    return due.map(([id, { run, every }]) => {
      if (every === undefined) this.#timers.delete(id);
      else this.#timers.set(id, { at: this.#now + every, run, every });
      // One that an earlier one has cleared does not run any more.
      return () => {
        if (every === undefined || this.#timers.has(id)) run();
      };
    });
  }
}
