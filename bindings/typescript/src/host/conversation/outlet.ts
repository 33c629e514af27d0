// What a session has to say, on its way into a pipe: in one write a turn, in pieces that the pipe has room for. Knows no
// message.

import type { Session } from "#wasm";

/** How much goes into the pipe at once; the rest waits in the session, which counts it. */
const CHUNK = 4 << 20;

/** Where bytes for the plugin go. */
export interface Pipe {
  /** Writes; `done` is called when there is room for more. */
  write(bytes: Uint8Array, done: () => void): void;
}

/** A session's way out. */
export class Outlet {
  readonly #session: Session;
  readonly #pipe: Pipe;
  #isWriting = false;
  #isFlushing = false;
  #isClosed = false;

  constructor(session: Session, pipe: Pipe) {
    this.#session = session;
    this.#pipe = pipe;
  }

  /** Writes what was said in this turn, all of it in one write. */
  flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    queueMicrotask(() => {
      this.#isFlushing = false;
      this.flush();
    });
  }

  /** Writes what waits, as far as there is room. */
  flush(): void {
    if (this.#isWriting || this.#isClosed || this.#session.waiting === 0) return;
    this.#isWriting = true;
    this.#pipe.write(this.#session.take(CHUNK), () => {
      this.#isWriting = false;
      this.flush();
    });
  }

  /** Nobody takes anything more. From here on the session may be gone. */
  close(): void {
    this.#isClosed = true;
  }
}
