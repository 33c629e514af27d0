// What a platform calls AbortController and AbortSignal, for components, which have neither. Knows timers by one function.

type Listener = ((event: AbortEvent) => void) | { handleEvent(event: AbortEvent): void };

/** What listeners get. */
export interface AbortEvent {
  readonly type: "abort";
  readonly target: OwnSignal;
}

/** Gives up. */
type Fire = (reason?: unknown) => void;

/** Tells once that something was given up. */
export class OwnSignal {
  onabort: ((event: AbortEvent) => void) | null = null;
  #reason: unknown;
  #isAborted = false;
  #listeners: { readonly listener: Listener; readonly once: boolean }[] = [];

  /** Whoever makes a signal is told how to give up. */
  constructor(made: (fire: Fire) => void) {
    made((reason) => this.#fire(reason));
  }

  get aborted(): boolean {
    return this.#isAborted;
  }

  get reason(): unknown {
    return this.#reason;
  }

  throwIfAborted(): void {
    if (this.#isAborted) throw this.#reason;
  }

  addEventListener(type: string, listener: Listener | null, options: boolean | { once?: boolean } = {}): void {
    if (type !== "abort" || listener === null || this.#listeners.some((known) => known.listener === listener)) return;
    this.#listeners.push({ listener, once: typeof options === "object" && options.once === true });
  }

  removeEventListener(type: string, listener: Listener | null): void {
    if (type === "abort") this.#listeners = this.#listeners.filter((known) => known.listener !== listener);
  }

  #fire(reason: unknown): void {
    if (this.#isAborted) return;
    this.#isAborted = true;
    this.#reason = reason === undefined ? named("AbortError", "it was given up") : reason;
    const event: AbortEvent = { type: "abort", target: this };
    const listeners = this.#listeners;
    this.#listeners = listeners.filter(({ once }) => !once);
    this.onabort?.(event);
    for (const { listener } of listeners) {
      if (typeof listener === "function") listener.call(this, event);
      else listener.handleEvent(event);
    }
  }

  static abort(reason?: unknown): OwnSignal {
    return new OwnSignal((fire) => fire(reason));
  }

  static timeout(milliseconds: number): OwnSignal {
    return new OwnSignal((fire) => {
      setTimeout(() => fire(named("TimeoutError", "the time is over")), milliseconds);
    });
  }

  static any(signals: Iterable<OwnSignal>): OwnSignal {
    return new OwnSignal((fire) => {
      for (const signal of signals) {
        if (signal.aborted) fire(signal.reason);
        else signal.addEventListener("abort", () => fire(signal.reason), { once: true });
      }
    });
  }
}

/** Gives something up. */
export class OwnController {
  readonly signal: OwnSignal;
  #fire: Fire = () => undefined;

  constructor() {
    this.signal = new OwnSignal((fire) => {
      this.#fire = fire;
    });
  }

  abort(reason?: unknown): void {
    this.#fire(reason);
  }
}

function named(name: string, message: string): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}
