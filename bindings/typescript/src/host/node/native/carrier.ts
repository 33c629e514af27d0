// Carries messages into a native plugin: by one thread at a time, which is never the program's, since a library may take its time
// over a message. Knows no message.

import { HostError } from "../../../errors.js";
import { enter, type Work } from "./crew.js";
import { TAKEN } from "./tables.js";
import type { Place } from "./task.js";

/** Who is told. */
interface Listener {
  /** The library takes nothing more, though nobody has ended its input. */
  broke(error: HostError): void;
  /** A thread is out again. */
  changed(): void;
}

/** The way of messages into one plugin. */
export class Carrier {
  readonly #listener: Listener;
  #place: Place | undefined;
  #work: (Work & { readonly since: number }) | undefined;
  #messages: Uint8Array[] = [];
  #taken: (() => void) | undefined;

  constructor(listener: Listener) {
    this.#listener = listener;
  }

  /** Since when a thread is in the library with messages. */
  get since(): number | undefined {
    return this.#work?.since;
  }

  /** From here on messages go there. */
  open(place: Place): void {
    this.#place = place;
    this.#carry();
  }

  /** From here on they go nowhere. */
  close(): void {
    this.#place = undefined;
  }

  /** Messages to carry in; `taken` is called when the next may come. */
  push(messages: readonly Uint8Array[], taken?: () => void): void {
    this.#messages.push(...messages);
    this.#taken = taken ?? this.#taken;
    this.#carry();
  }

  /** Nobody waits for its thread any more. */
  lose(): void {
    this.#work?.lose();
  }

  #carry(): void {
    if (this.#work !== undefined || this.#place === undefined) return;
    if (this.#messages.length === 0) {
      const taken = this.#taken;
      this.#taken = undefined;
      taken?.();
      return;
    }
    const work = enter({ kind: "push", ...this.#place, messages: this.#messages.splice(0) });
    this.#work = { ...work, since: performance.now() };
    void work.done.then(({ fault, status }) => {
      this.#work = undefined;
      this.#listener.changed();
      if (fault !== undefined) this.#broke(new HostError(fault.kind, "call", { context: fault.what }));
      else if (status !== TAKEN) {
        this.#broke(new HostError("Protocol", "call", { context: "it takes no message any more" }));
      }
      this.#carry();
    });
  }

  /** What nobody expects any more may break. */
  #broke(error: HostError): void {
    if (this.#place !== undefined) this.#listener.broke(error);
  }
}
