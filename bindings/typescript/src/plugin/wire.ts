// The seam between the runtime and the outside: what a way in and out must do. Knows no pipe and no process.

import type { Framing } from "./handshake.js";

/** The token by which plugin and host know each other. */
export interface Guard {
  /** What the plugin shows in its answer to `initialize`. */
  readonly shown: string | undefined;
  /** Whether a host may begin that shows this. */
  admits(token: string | undefined): boolean;
  /** The host was refused, and told so. */
  turnAway(): void;
}

/** What the runtime needs of the outside. */
export interface Wire {
  /** Takes a frame. Never blocks. */
  send(frame: string): void;
  /** The same for one that is no text. Only such frames come behind a choice that needs `length`. */
  sendBytes?(frame: Uint8Array): void;
  /** Everything that was sent is written in the old framing; from now on this one holds, with frames of at most so many bytes. */
  agreed?(framing: Framing, frameBytes: number): void;
  /** A promise while so much waits to be written that nothing should be added; undefined otherwise. */
  drained?(): Promise<void> | undefined;
  /** Bytes that wait to be written. */
  backlog?(): number;
  /** Framings that it knows besides `ndjson`. */
  readonly framings?: readonly Framing[];
  /** Who asks the host for a token, where one is asked for or shown. */
  readonly guard?: Guard | undefined;
  /** Something for a person that the host cannot be told: what it did wrong, or what it has no log for. */
  complain(problem: string): void;
}
