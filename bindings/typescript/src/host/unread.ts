// How much of a plugin's streams waits to be read: all of them together, calls and service calls alike. Knows no stream.

import type { Tally } from "../streams.js";

/** Counts the bytes of items that came and that nobody has taken. Credit bounds each stream alone; this bounds the sum. */
export class Unread implements Tally {
  /** How many may wait. */
  readonly most: number;
  #bytes = 0;

  constructor(most: number) {
    this.most = most;
  }

  add(bytes: number): boolean {
    if (this.#bytes + bytes > this.most) return false;
    this.#bytes += bytes;
    return true;
  }

  sub(bytes: number): void {
    this.#bytes -= bytes;
  }

  /** What is said of the one too many. */
  get excess(): string {
    return `more than ${this.most} bytes of the plugin's stream items wait at the host to be read`;
  }
}
