// What a guest keeps from one call to the next: named bytes, within a bound. schema/vectors/extism holds it to the Rust host's.

import { Halt } from "../fault.js";

/** What an entry costs beside its bytes, as Extism's own host counts it. */
const ENTRY = 48;

/** One instance's variables. */
export class Variables {
  readonly #most: number;
  readonly #entries: Map<string, { readonly value: Uint8Array; readonly cost: number }> = new Map();
  #used = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get(name: string): Uint8Array | undefined {
    return this.#entries.get(name)?.value;
  }

  /** Sets one; undefined removes it. An entry that is replaced makes room for the new one. */
  set(name: string, value: Uint8Array | undefined): void {
    if (this.#most === 0) throw new Halt("Limit", "Vars are disabled by this host");
    const old = this.#entries.get(name)?.cost ?? 0;
    const cost = value === undefined ? 0 : new TextEncoder().encode(name).length + value.length + ENTRY;
    const used = this.#used - old + cost;
    if (used > this.#most && cost > old) {
      const what = `Variable store is full: ${this.#most} bytes; allow more with \`variableBytes\``;
      throw new Halt("Limit", what);
    }
    this.#used = used;
    if (value === undefined) this.#entries.delete(name);
    else this.#entries.set(name, { value, cost });
  }
}
