// The order of events: a number that counts up by one in each stream and direction. Knows no message.

/** Streams that are remembered. Beyond them the one that was not used for longest is forgotten and begins again at 1. */
const MOST = 4096;

/** The last number of each stream. Events without a stream form one of their own, which is never forgotten. */
export class Sequences {
  #unnamed = 0;
  /** The one that was used last stands last. */
  readonly #named: Map<string, number> = new Map();
  /** A stream was forgotten, so that an unknown one may be one that goes on. */
  #forgot = false;

  /** The number that the next event of a stream has. */
  next(stream: string | undefined): number {
    return (stream === undefined ? this.#unnamed : (this.#named.get(stream) ?? 0)) + 1;
  }

  /** Whether a number that a peer sent may follow: the next one, or 1 where the peer has forgotten the stream. */
  mayFollow(stream: string | undefined, seq: number): boolean {
    if (seq === this.next(stream)) return true;
    if (stream === undefined) return false;
    return seq === 1 || (seq > 0 && this.#forgot && !this.#named.has(stream));
  }

  /** An event with this number was sent or seen. */
  note(stream: string | undefined, seq: number): void {
    if (stream === undefined) {
      this.#unnamed = seq;
      return;
    }
    this.#named.delete(stream);
    this.#named.set(stream, seq);
    if (this.#named.size <= MOST) return;
    const [oldest] = this.#named.keys();
    if (oldest !== undefined) this.#named.delete(oldest);
    this.#forgot = true;
  }
}
