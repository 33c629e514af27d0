// What a page fetched lately, so that a plugin which is loaded again is not sent again. Fetches nothing.

/** How long it is kept, in milliseconds. */
const KEPT_MS = 10_000;
/** How much is kept at most, in bytes: several interpreters. */
const MOST_BYTES = 128 << 20;
/** What is smaller than this is as soon sent as compared, in bytes. */
const LEAST_BYTES = 64 << 10;

interface Kept {
  readonly bytes: Uint8Array;
  /** What the server calls this very content. */
  readonly tag: string;
  readonly end: ReturnType<typeof setTimeout>;
}

/** Bytes by their addresses. */
export class Lately {
  readonly #kept: Map<string, Kept> = new Map();
  readonly #handed: Map<string, Uint8Array> = new Map();

  /** What was kept of an address, where a server's answer says that it is still the same: its body need not be read. */
  again(href: string, { headers }: Response): Uint8Array | undefined {
    const kept = this.#kept.get(href);
    return kept !== undefined && kept.tag === tagOf(headers) ? kept.bytes : undefined;
  }

  /** Keeps a while what was fetched. */
  keep(href: string, { headers }: Response, bytes: Uint8Array): void {
    clearTimeout(this.#kept.get(href)?.end);
    this.#kept.delete(href);
    const tag = tagOf(headers);
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

/** A strong tag names bytes; a weak one only what they mean. */
function tagOf(headers: Headers): string | undefined {
  const tag = headers.get("etag");
  return tag?.startsWith('"') === true ? tag : undefined;
}
