// What a page fetched lately, so that a plugin which is loaded again is not sent again. Fetches nothing.

/** How long it is kept, in milliseconds. */
const KEPT_MS = 10_000;
/** How much is kept at most, in bytes: several interpreters. */
const MOST_BYTES = 128 << 20;
/** What is smaller than this is as soon sent as compared, in bytes. */
const LEAST_BYTES = 64 << 10;

/** What was fetched of an address. */
export interface Kept {
  readonly bytes: Uint8Array;
  /** What the server calls this very content. */
  readonly tag: string;
  readonly end: ReturnType<typeof setTimeout>;
}

/** Bytes by their addresses. */
export class Lately {
  readonly #kept: Map<string, Kept> = new Map();
  readonly #handed: Map<string, Uint8Array> = new Map();

  /** What was kept of an address, and its tag: a server says whether it is still the same. */
  get(href: string): Kept | undefined {
    return this.#kept.get(href);
  }

  /** Keeps a while what was fetched; not what the server has no tag for. */
  keep(href: string, tag: string | undefined, bytes: Uint8Array): void {
    clearTimeout(this.#kept.get(href)?.end);
    this.#kept.delete(href);
    const taken = [...this.#kept.values()].reduce((sum, { bytes }) => sum + bytes.length, bytes.length);
    if (tag === undefined || bytes.length < LEAST_BYTES || taken > MOST_BYTES) return;
    const end = setTimeout(() => this.#kept.delete(href), KEPT_MS);
    this.#kept.set(href, { bytes, tag, end });
  }

  /** Hands over what a module's manifest was read from to the door that opens it next: it is fetched once. */
  hand(href: string, bytes: Uint8Array): void {
    this.#handed.set(href, bytes);
    setTimeout(() => {
      if (this.#handed.get(href) === bytes) this.#handed.delete(href);
    }, KEPT_MS);
  }

  /** What was handed over; once. */
  handed(href: string): Uint8Array | undefined {
    const bytes = this.#handed.get(href);
    this.#handed.delete(href);
    return bytes;
  }
}
