// Messages on their way to a guest. What waits for it stays with the session, which counts it.

import { MessageLines } from "../lines.js";

/** Messages for one guest. */
export class Post {
  #lines: MessageLines = new MessageLines();
  #messages: Uint8Array[] = [];
  #written: (() => void) | undefined;

  /** What a conversation writes; `done` is called when there is room for more. */
  write(bytes: Uint8Array, done: () => void): void {
    this.#messages.push(...this.#lines.push(bytes));
    this.#written = done;
  }

  get isEmpty(): boolean {
    return this.#messages.length === 0;
  }

  /** The messages that there are, once; undefined for none. */
  take(): readonly Uint8Array[] | undefined {
    return this.#messages.length === 0 ? undefined : this.#messages.splice(0);
  }

  /** Lets the conversation write more. False: it has nothing that waits for it. */
  more(): boolean {
    const written = this.#written;
    this.#written = undefined;
    written?.();
    return written !== undefined;
  }

  /** Nobody takes what there is. */
  drop(): void {
    this.#messages = [];
  }

  /** Another guest is written to, from the beginning. */
  begin(): void {
    [this.#messages, this.#lines, this.#written] = [[], new MessageLines(), undefined];
  }
}
