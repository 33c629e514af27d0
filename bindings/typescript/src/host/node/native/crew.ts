// Threads that enter libraries and may be lost there: nobody can interrupt native code. They stay for a while after their work, for
// the next. Knows nothing of plugins.

import { Worker } from "node:worker_threads";
import { Idle } from "../../idle.js";
import type { Done, Task } from "./task.js";

/** Long enough to serve a burst with one set of threads, short enough that nobody wonders what they are for. */
const IDLE_MS = 1000;
/** Threads that calls hold at the same time, lost ones apart; a further call goes by a message. Each costs about ten MiB. */
const MOST_CALLS = 16;
const PROGRAM = new URL("./crew-thread.js", import.meta.url);

/** A task that a thread is at. */
export interface Work {
  readonly done: Promise<Done>;
  /** Nobody waits for its thread any more: the program may end without it. */
  lose(): void;
}

/** Threads that wait for work. */
const idle: Idle<Member> = new Idle(IDLE_MS, Infinity, (member) => member.end());
let calls = 0;

/** Has something done by a thread of its own. */
export function enter(task: Task): Work {
  const member = idle.take() ?? new Member();
  let isCounted = task.kind === "call";
  if (isCounted) calls += 1;
  const uncount = (): void => {
    if (isCounted) calls -= 1;
    isCounted = false;
  };
  const done = member.do(task).then((done) => {
    uncount();
    if (!member.isGone) {
      member.unref();
      idle.put(member);
    }
    return done;
  });
  const lose = (): void => {
    uncount();
    member.unref();
  };
  return { done, lose };
}

/** Whether another call may take a thread. */
export function hasRoom(): boolean {
  return calls < MOST_CALLS;
}

/** A thread. */
class Member {
  isGone = false;
  readonly #worker: Worker;
  #done: ((done: Done) => void) | undefined;

  constructor() {
    // Nothing of the program's own: no environment, no arguments.
    this.#worker = new Worker(PROGRAM, { env: {}, argv: [], execArgv: [] });
    this.#worker.on("message", (done: Done) => this.#finish(done));
    this.#worker.on("error", ({ message }) => this.#gone(message));
    this.#worker.on("exit", (code) => this.#gone(`exit code ${code}`));
  }

  do(task: Task): Promise<Done> {
    this.#worker.ref();
    return new Promise((resolve) => {
      this.#done = resolve;
      // What is posted is copied: the program goes on with its own.
      this.#worker.postMessage(task);
    });
  }

  /** The program may end without it. */
  unref(): void {
    this.#worker.unref();
  }

  end(): void {
    void this.#worker.terminate();
  }

  #finish(done: Done): void {
    const finish = this.#done;
    this.#done = undefined;
    finish?.(done);
  }

  #gone(why: string): void {
    this.isGone = true;
    idle.drop(this);
    this.#finish({ fault: { kind: "Died", what: `a thread of the host's has ended in the library: ${why}` } });
  }
}
