// Service calls of a plugin that are not answered yet, and how much they hold. Knows the session's parts and no service.

import type { Session } from "#wasm";
import type { Encoding } from "../encoding.js";
import type { Home } from "../home.js";
import type { Asked } from "../serving.js";
import { read, taken } from "./payloads.js";
import type { Replying } from "./replying.js";

/** What a plugin asks. */
export class Questions {
  readonly #home: Home;
  readonly #mostBytes: number;
  readonly #open: Map<number, { readonly asked: Asked; readonly bytes: number }> = new Map();
  #bytes = 0;

  /** @param mostBytes - of params that may wait at the host */
  constructor(home: Home, mostBytes: number) {
    this.#home = home;
    this.#mostBytes = mostBytes;
  }

  /** The service call of a ticket, as long as it is not answered. */
  get(ticket: number): Asked | undefined {
    return this.#open.get(ticket)?.asked;
  }

  /** Has the request answered that a session has heard. */
  ask(session: Session, encoding: Encoding, replying: Replying): void {
    const ticket = session.id;
    const method = session.takeName() ?? "";
    const params = taken(session, encoding);
    const bytes = params?.length ?? 0;
    if (this.#bytes + bytes > this.#mostBytes) {
      replying.exhausted(`more than ${this.#mostBytes} bytes of unanswered calls wait at the host`);
      return;
    }
    const request = {
      method,
      params: params === undefined ? {} : read(params),
      timeoutMs: session.number ?? undefined,
      traceparent: session.takeMessage() ?? undefined,
    };
    let isOver = false;
    const over = (): void => {
      isOver = true;
      if (this.#open.delete(ticket)) this.#bytes -= bytes;
    };
    const asked = this.#home.service(request, replying, over);
    if (asked === undefined || isOver) return;
    this.#open.set(ticket, { asked, bytes });
    this.#bytes += bytes;
  }

  /** Nobody can be answered any more. */
  cancelAll(): void {
    for (const { asked } of [...this.#open.values()]) asked.cancel();
    this.#open.clear();
  }
}
