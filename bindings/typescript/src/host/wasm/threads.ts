// The threads of one door: those that nobody sits in any more wait a while for the next guest, since starting one costs several
// times what making a guest does.

import type { Thread } from "./seat.js";

/** How many wait at most. */
const MOST = 4;
/** How long one waits, in milliseconds. */
const PATIENCE_MS = 5000;

/** A thread that waits. */
interface Resting {
  readonly thread: Thread;
  readonly alarm: ReturnType<typeof setTimeout>;
}

/** Gives threads, and takes back those that can serve once more. */
export class Threads {
  readonly #start: () => Thread;
  #resting: Resting[] = [];

  constructor(start: () => Thread) {
    this.#start = start;
  }

  /** One that nobody sits in. */
  take(): Thread {
    const rested = this.#resting.pop();
    if (rested === undefined) return this.#start();
    clearTimeout(rested.alarm);
    rested.thread.hold(true);
    return rested.thread;
  }

  /**
   * Takes one back whose guest is done.
   *
   * @param leave - is posted to it: what it answers shows that it does nothing else, and has let go of the guest
   */
  rest(thread: Thread, leave: unknown): void {
    // Whoever waits for nothing but this may end.
    thread.hold(false);
    const alarm = setTimeout(() => this.#end(thread), PATIENCE_MS);
    (alarm as { unref?: () => void }).unref?.();
    thread.listen(
      () => {
        thread.listen(NOBODY, () => this.#end(thread));
        if (this.#resting.length < MOST) {
          this.#resting.push({ thread, alarm });
          return;
        }
        clearTimeout(alarm);
        thread.end();
      },
      () => this.#end(thread),
    );
    thread.post(leave);
  }

  #end(thread: Thread): void {
    this.#resting = this.#resting.filter((resting) => resting.thread !== thread);
    thread.end();
  }
}

const NOBODY = (): void => undefined;
