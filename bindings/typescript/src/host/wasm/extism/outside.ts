// A guest's way to its host, from the thread where the guest is.

import type { LogLevel } from "../../../context.js";
import { type Fault, Halt } from "../fault.js";
import type { Port } from "../seat.js";
import type { HttpAnswer } from "./env.js";
import { type FunctionError, type Outside, Refusal } from "./visitor.js";

/** What a guest's thread asks. */
export type Question =
  | { readonly kind: "call"; readonly place: number; readonly args: readonly Uint8Array[] }
  | { readonly kind: "http"; readonly request: Uint8Array; readonly body: Uint8Array };

/** What it is answered. */
export type Answered<T> =
  | { readonly kind: "answer"; readonly answer: T }
  | { readonly kind: "refused"; readonly error: FunctionError }
  | { readonly kind: "fault"; readonly fault: Fault };

/** A line for the log. */
export interface Line {
  readonly source: "plugin" | "stdout" | "stderr";
  readonly level: LogLevel;
  readonly text: string;
}

/** An answer, or what it was refused with. */
export function unwrapped<T>(answered: Answered<T>): T {
  if (answered.kind === "answer") return answered.answer;
  if (answered.kind === "refused") throw new Refusal(answered.error);
  throw new Halt(answered.fault.kind, answered.fault.what);
}

/** In a thread of its own: what is to be answered is asked of the host's thread. */
export class ThreadOutside implements Outside {
  readonly #port: Port;

  constructor(port: Port) {
    this.#port = port;
  }

  log(source: Line["source"], level: LogLevel, text: string): void {
    this.#port.post({ aside: { source, level, text } satisfies Line });
  }

  call(place: number, args: readonly Uint8Array[]): Uint8Array {
    return this.#ask<Uint8Array>({ kind: "call", place, args });
  }

  http(request: Uint8Array, body: Uint8Array): HttpAnswer {
    return this.#ask<HttpAnswer>({ kind: "http", request, body });
  }

  sleep(ms: number): void {
    this.#port.sleep(ms);
  }

  #ask<T>(question: Question): T {
    const { ask } = this.#port;
    if (ask === undefined) throw new Halt("Denied", "this platform lets no guest wait for its host");
    return unwrapped(ask(question) as Answered<T>);
  }
}
