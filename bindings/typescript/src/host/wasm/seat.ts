// Where a guest sits: in this thread, or in one of its own that can be ended whatever it does. One visit at a time; what a
// visit is, is an ABI's business.

import type { Fault } from "./fault.js";

/** Does what visits ask for, in the thread where the guest is. A promise only where the guest is made. */
export interface Visitor<Visit, Said> {
  visit(visit: Visit): Said | Promise<Said>;
}

/** How the seat of a guest is used. */
export interface Seat<Visit, Said> {
  /** Whether a guest that does not come back can be ended. */
  readonly canEnd: boolean;
  /** Nobody sits here any more: its thread has ended by itself. */
  readonly isGone: boolean;
  /** Does one thing in the guest; `done` is called once, perhaps before this returns, unless the seat is ended. */
  visit(visit: Visit, done: (said: Said) => void): void;
  /** Ends the guest, and whatever it does. */
  end(): void;
}

/** In this thread: nothing is faster, and nothing interrupts it. */
export class InlineSeat<Visit, Said> implements Seat<Visit, Said> {
  readonly canEnd = false;
  readonly isGone = false;
  #visitor: Visitor<Visit, Said> | undefined;

  constructor(visitor: Visitor<Visit, Said>) {
    this.#visitor = visitor;
  }

  visit(visit: Visit, done: (said: Said) => void): void {
    const said = this.#visitor?.visit(visit);
    if (said === undefined) return;
    if (!(said instanceof Promise)) done(said);
    else void said.then((said) => this.#visitor !== undefined && done(said));
  }

  end(): void {
    this.#visitor = undefined;
  }
}

/** What a guest's thread asks of the host's and waits for. */
export type Questions = (question: unknown) => Promise<unknown>;

/** A thread of the platform's, seen from the host: a worker that runs {@link serve}. */
export interface Thread {
  post(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  /** Hears what it posts, in place of who did until now; `gone` is called with why where it has ended by itself. */
  listen(heard: (message: unknown) => void, gone: (why: string) => void): void;
  /** Whether it keeps the program running, which it does at first. */
  hold(holds: boolean): void;
  /** Ends it, whatever it does. */
  end(): void;
}

/** The same, seen from inside. */
export interface Port {
  post(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  listen(heard: (message: unknown) => void): void;
  /** Asks the host's thread, and waits for what its {@link Questions} answer; undefined where the platform cannot. */
  readonly ask: ((question: unknown) => unknown) | undefined;
  /** Waits. */
  sleep(ms: number): void;
}

/** What a thread says beside what it was asked for. */
export interface Aside {
  readonly aside: unknown;
}

/** In a thread of its own. */
export class ThreadSeat<Visit, Said> implements Seat<Visit, Said> {
  readonly canEnd = true;
  isGone = false;
  readonly #thread: Thread;
  readonly #rest: ((thread: Thread) => void) | undefined;
  #done: ((said: Said) => void) | undefined;
  #isEnded = false;

  /**
   * @param lost - what a visit comes to whose thread has ended by itself
   * @param aside - hears what the thread says besides
   * @param rest - takes the thread over where the guest is not in the middle of anything, so that it need not be ended
   */
  constructor(
    thread: Thread,
    lost: (fault: Fault) => Said,
    { aside = () => undefined, rest }: { aside?: (said: unknown) => void; rest?: (thread: Thread) => void } = {},
  ) {
    this.#thread = thread;
    this.#rest = rest;
    thread.listen(
      (message) => {
        if (!isAside(message)) this.#finish(message as Said);
        else if (!this.#isEnded) aside(message.aside);
      },
      (why) => {
        this.isGone = true;
        this.#finish(lost({ kind: "Trap", what: `its thread has ended: ${why}` }));
      },
    );
  }

  visit(visit: Visit, done: (said: Said) => void): void {
    this.#done = done;
    this.#thread.post(visit);
  }

  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    const isIdle = this.#done === undefined && !this.isGone;
    if (isIdle && this.#rest !== undefined) this.#rest(this.#thread);
    else this.#thread.end();
  }

  #finish(said: Said): void {
    if (this.#isEnded) return;
    const done = this.#done;
    this.#done = undefined;
    done?.(said);
  }
}

function isAside(message: unknown): message is Aside {
  return typeof message === "object" && message !== null && "aside" in message;
}
