// Writes frames to a file descriptor without ever blocking the event loop. Knows bytes and back-pressure only.

import { writeSync } from "node:fs";
import { Socket } from "node:net";
import { framed } from "./frames.js";
import type { Framing } from "./handshake.js";

/** Bytes that may wait for the reader before senders of streams wait too. */
const HIGH_WATER = 1 << 20;

/** Gathers the frames of one turn of the event loop and writes them at once. */
export class Output {
  /** None: {@link Output.over} has a socket from the beginning. */
  readonly #fd: number | undefined;
  readonly #onGone: () => void;
  #framing: Framing = "ndjson";
  #gathered: Buffer[] = [];
  #gatheredBytes = 0;
  #scheduled = false;
  /** Made only when the pipe is full: then the event loop waits for it. */
  #socket: Socket | undefined;
  #gone = false;
  #waiting: (() => void)[] = [];

  /** @param ownsFd - whether the descriptor is ours alone and does not block */
  constructor(fd: number | undefined, ownsFd: boolean, onGone: () => void) {
    this.#fd = fd;
    this.#onGone = onGone;
    if (ownsFd || fd === undefined) return;
    try {
      this.#open();
    } catch {
      // A file or a terminal: writing to it does not wait for a reader.
    }
  }

  /** The writing half of a connection. */
  static over(socket: Socket, onGone: () => void): Output {
    const output = new Output(undefined, true, onGone);
    output.#keep(socket);
    return output;
  }

  /** Bytes that the reader has not taken yet. */
  get backlog(): number {
    return this.#gatheredBytes + this.#queued;
  }

  /** Those of them that the pipe had no room for. */
  get #queued(): number {
    return this.#socket?.writableLength ?? 0;
  }

  /** What is sent from now on is framed so. */
  reframe(framing: Framing): void {
    this.#framing = framing;
  }

  /** Sends a frame, soon. */
  send(frame: string | Uint8Array): void {
    if (this.#gone) return;
    const bytes = framed(frame, this.#framing);
    this.#gathered.push(bytes);
    this.#gatheredBytes += bytes.length;
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => this.flush());
  }

  /**
   * A promise while too much waits; undefined otherwise. What this turn has only gathered counts: a waiter must not
   * take it for written.
   */
  drained(): Promise<void> | undefined {
    if (this.#gone || this.backlog < HIGH_WATER) return undefined;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Resolves when everything is written, or cannot be written any more. */
  async finish(): Promise<void> {
    this.flush();
    while (!this.#gone && this.#queued > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Writes what this turn has gathered, as far as the pipe has room. */
  flush(): void {
    this.#scheduled = false;
    if (this.#gathered.length === 0) return;
    const [only] = this.#gathered;
    const bytes = this.#gathered.length === 1 && only !== undefined ? only : Buffer.concat(this.#gathered);
    this.#gathered = [];
    this.#gatheredBytes = 0;
    if (this.#queued === 0) this.#write(bytes);
    else this.#queue(bytes);
  }

  #write(bytes: Buffer): void {
    if (this.#fd === undefined) {
      this.#queue(bytes);
      return;
    }
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(this.#fd, bytes, written);
      this.#wake();
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === "EAGAIN") this.#queue(bytes.subarray(written));
      else this.#lose();
    }
  }

  #queue(bytes: Buffer): void {
    this.#open().write(bytes, () => {
      if (this.#queued === 0) this.#wake();
    });
  }

  /** Opening makes the descriptor non-blocking. */
  #open(): Socket {
    return this.#socket ?? this.#keep(new Socket({ fd: this.#fd, readable: false, writable: true }));
  }

  #keep(socket: Socket): Socket {
    this.#socket = socket;
    socket.on("error", () => this.#lose());
    socket.on("drain", () => this.#wake());
    return socket;
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #lose(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#wake();
    this.#onGone();
  }
}
