// Where a plugin stands, and what those are told who come too early or too late.

import { HostError } from "../../errors.js";
import { refusal } from "./refusals.js";

/** From the first message to the end. */
export class Stage {
  #at: "opening" | "open" | "stopping" | HostError = "opening";

  get isOpening(): boolean {
    return this.#at === "opening";
  }

  /** Whether calls can still succeed. */
  get isOpen(): boolean {
    return this.#at === "open";
  }

  get isStopping(): boolean {
    return this.#at === "stopping";
  }

  /** Whether nothing more is said. */
  get isOver(): boolean {
    return typeof this.#at === "object";
  }

  /** What comes next; an error is the end, and why. */
  becomes(next: "open" | "stopping" | HostError): void {
    this.#at = next;
  }

  /** What a call, an event or an item is told that finds the plugin not open. */
  closed(operation: string): HostError {
    if (typeof this.#at === "object") return this.#at.in(operation);
    if (this.#at === "opening") return new HostError("Died", operation, { context: "the plugin is not open yet" });
    return stopped(operation);
  }

  /** What somebody is told to whom the session said no. */
  refused(thrown: unknown, operation: string): HostError {
    if ((thrown as Error).name === "notOpen" && !this.isOpen) return this.closed(operation);
    return refusal(thrown, operation);
  }
}

/** What is said of a plugin that the host itself ends. */
export function stopped(operation: string): HostError {
  return new HostError("Cancelled", operation, { context: "the plugin is closed: its host stops it" });
}
