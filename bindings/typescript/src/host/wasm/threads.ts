// The threads of one door: those that nobody sits in any more wait a while for the next guest, since starting one costs several
// times what making a guest does.

import { Idle } from "../idle.js";
import type { Thread } from "./seat.js";

/** How many wait at most. */
const MOST = 4;
/** How long one waits, in milliseconds; and how long it may take to let go of its guest. */
const PATIENCE_MS = 5000;

/** Gives threads, and takes back those that can serve once more. */
export class Threads {
  readonly #start: () => Thread;
  readonly #resting: Idle<Thread> = new Idle(PATIENCE_MS, MOST, (thread) => thread.end());

  constructor(start: () => Thread) {
    this.#start = start;
  }

  /** One that nobody sits in. */
  take(): Thread {
    const rested = this.#resting.take();
    rested?.hold(true);
    return rested ?? this.#start();
  }

  /**
   * Takes one back whose guest is done.
   *
   * @param leave - is posted to it: what it answers shows that it does nothing else, and has let go of the guest
   */
  rest(thread: Thread, leave: unknown): void {
    // Whoever waits for nothing but this may end.
    thread.hold(false);
    const late = setTimeout(() => thread.end(), PATIENCE_MS);
    (late as { unref?: () => void }).unref?.();
    const gone = (): void => {
      clearTimeout(late);
      this.#resting.drop(thread);
      thread.end();
    };
    thread.listen(() => {
      clearTimeout(late);
      thread.listen(NOBODY, gone);
      this.#resting.put(thread);
    }, gone);
    thread.post(leave);
  }
}

const NOBODY = (): void => undefined;
