// Promises whose jobs run when the host enters, and not when an engine likes: the engine inside a component never runs its own.
// The build turns `async` and `await` into these (they use whatever `Promise` is). Knows no host.

/** A promise that may have been rejected. */
interface Rejected {
  readonly reason: unknown;
}

/** Jobs that are ready. */
export class Jobs {
  #ready: (() => void)[] = [];
  #unhandled: Set<Rejected> = new Set();

  push(job: () => void): void {
    this.#ready.push(job);
  }

  /** Runs jobs until none is ready. What an author throws in one is told, and the others run. */
  run(failed: (thrown: unknown) => void): void {
    for (let jobs = this.#ready; jobs.length > 0; jobs = this.#ready) {
      this.#ready = [];
      for (const job of jobs) {
        try {
          job();
        } catch (thrown) {
          failed(thrown);
        }
      }
    }
  }

  /** What was rejected, and nobody has said what to do then. */
  takeUnhandled(): unknown[] {
    const reasons = [...this.#unhandled].map((promise) => promise.reason);
    this.#unhandled.clear();
    return reasons;
  }

  rejected(promise: Rejected): void {
    this.#unhandled.add(promise);
  }

  handled(promise: Rejected): void {
    this.#unhandled.delete(promise);
  }
}

/** The jobs of this component. */
export const jobs: Jobs = new Jobs();

type Resolve<T> = (value?: T | PromiseLike<T>) => void;
type Reject = (reason?: unknown) => void;
type Reaction = () => void;

/** A promise of {@link jobs}. */
export class OwnPromise<T> implements PromiseLike<T> {
  #state: "pending" | "fulfilled" | "rejected" = "pending";
  #value: unknown;
  #reactions: Reaction[] | undefined = [];
  #isHandled = false;

  constructor(run: (resolve: Resolve<T>, reject: Reject) => void) {
    const { resolve, reject } = this.#settlers();
    try {
      run(resolve, reject);
    } catch (thrown) {
      reject(thrown);
    }
  }

  get reason(): unknown {
    return this.#value;
  }

  // biome-ignore lint/suspicious/noThenProperty: this is what a promise is
  then<R = T, E = never>(
    fulfilled?: ((value: T) => R | PromiseLike<R>) | null,
    rejected?: ((reason: unknown) => E | PromiseLike<E>) | null,
  ): OwnPromise<R | E> {
    return new OwnPromise<R | E>((resolve, reject) => {
      this.#react(() => {
        const isFine = this.#state === "fulfilled";
        const handler = (isFine ? fulfilled : rejected) as ((value: unknown) => R | E | PromiseLike<R | E>) | undefined;
        if (typeof handler !== "function") {
          if (isFine) resolve(this.#value as R);
          else reject(this.#value);
          return;
        }
        try {
          resolve(handler(this.#value));
        } catch (thrown) {
          reject(thrown);
        }
      });
    });
  }

  catch<E = never>(rejected?: ((reason: unknown) => E | PromiseLike<E>) | null): OwnPromise<T | E> {
    return this.then(undefined, rejected);
  }

  finally(settled?: (() => void) | null): OwnPromise<T> {
    if (typeof settled !== "function") return this.then();
    return this.then(
      (value) => OwnPromise.resolve(settled()).then(() => value),
      (reason) =>
        OwnPromise.resolve(settled()).then(() => {
          throw reason;
        }),
    );
  }

  #react(reaction: Reaction): void {
    if (!this.#isHandled) {
      this.#isHandled = true;
      jobs.handled(this);
    }
    if (this.#reactions === undefined) jobs.push(reaction);
    else this.#reactions.push(reaction);
  }

  #settlers(): { resolve: Resolve<T>; reject: Reject } {
    let isDecided = false;
    const reject = (reason?: unknown): void => {
      if (isDecided) return;
      isDecided = true;
      this.#settle("rejected", reason);
    };
    const resolve = (value?: T | PromiseLike<T>): void => {
      if (isDecided) return;
      isDecided = true;
      this.#follow(value);
    };
    return { resolve, reject };
  }

  /** Becomes what the value is, or comes to. */
  #follow(value: unknown): void {
    if (value === this) {
      this.#settle("rejected", new TypeError("a promise cannot wait for itself"));
      return;
    }
    let then: unknown;
    try {
      // A promise of ours is not asked: what its author has put in the place of `then` is of no use to anybody.
      then = isObject(value) ? (value as { then?: unknown }).then : undefined;
    } catch (thrown) {
      this.#settle("rejected", thrown);
      return;
    }
    if (typeof then !== "function") {
      this.#settle("fulfilled", value);
      return;
    }
    jobs.push(() => {
      const { resolve, reject } = this.#settlers();
      try {
        then.call(value, resolve, reject);
      } catch (thrown) {
        reject(thrown);
      }
    });
  }

  #settle(state: "fulfilled" | "rejected", value: unknown): void {
    this.#state = state;
    this.#value = value;
    const reactions = this.#reactions ?? [];
    this.#reactions = undefined;
    if (state === "rejected" && !this.#isHandled) jobs.rejected(this);
    for (const reaction of reactions) jobs.push(reaction);
  }

  static resolve<T>(value?: T | PromiseLike<T>): OwnPromise<T> {
    return value instanceof OwnPromise ? value : new OwnPromise((resolve) => resolve(value));
  }

  static reject<T = never>(reason?: unknown): OwnPromise<T> {
    return new OwnPromise((_resolve, reject) => reject(reason));
  }

  static withResolvers<T>(): { promise: OwnPromise<T>; resolve: Resolve<T>; reject: Reject } {
    let resolve: Resolve<T> = () => undefined;
    let reject: Reject = () => undefined;
    const promise = new OwnPromise<T>((first, second) => {
      resolve = first;
      reject = second;
    });
    return { promise, resolve, reject };
  }

  static try<T, A extends unknown[]>(run: (...args: A) => T | PromiseLike<T>, ...args: A): OwnPromise<T> {
    return new OwnPromise((resolve) => resolve(run(...args)));
  }

  static all<T>(values: Iterable<T | PromiseLike<T>>): OwnPromise<T[]> {
    return each(values, (one, index, found, done, reject) =>
      one.then((value) => {
        found[index] = value;
        done();
      }, reject),
    );
  }

  static allSettled<T>(values: Iterable<T | PromiseLike<T>>): OwnPromise<PromiseSettledResult<T>[]> {
    return each(values, (one, index, found: PromiseSettledResult<T>[], done) =>
      one.then(
        (value) => {
          found[index] = { status: "fulfilled", value };
          done();
        },
        (reason) => {
          found[index] = { status: "rejected", reason };
          done();
        },
      ),
    );
  }

  static race<T>(values: Iterable<T | PromiseLike<T>>): OwnPromise<T> {
    return new OwnPromise((resolve, reject) => {
      for (const value of values) OwnPromise.resolve(value).then(resolve, reject);
    });
  }

  static any<T>(values: Iterable<T | PromiseLike<T>>): OwnPromise<T> {
    return new OwnPromise((resolve, reject) => {
      const errors = each(values, (one, index, found: unknown[], done) =>
        one.then(resolve, (reason) => {
          found[index] = reason;
          done();
        }),
      );
      errors.then((reasons) => reject(new AggregateError(reasons, "every promise was rejected")));
    });
  }
}

/** Collects one thing for each value, in their order. */
function each<T, F>(
  values: Iterable<T | PromiseLike<T>>,
  take: (one: OwnPromise<T>, index: number, found: F[], done: () => void, reject: Reject) => unknown,
): OwnPromise<F[]> {
  return new OwnPromise((resolve, reject) => {
    const found: F[] = [];
    let left = 1;
    const done = (): void => {
      left -= 1;
      if (left === 0) resolve(found);
    };
    let index = 0;
    for (const value of values) {
      left += 1;
      take(OwnPromise.resolve(value), index, found, done, reject);
      index += 1;
    }
    done();
  });
}

function isObject(value: unknown): boolean {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
