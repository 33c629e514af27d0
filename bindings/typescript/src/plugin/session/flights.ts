// The requests in flight of both sides, with the credit of their streams. Knows no message.

import type { RequestId } from "../message.js";

/** How many of an item and how many bytes may be sent. */
interface Credit {
  items: number;
  bytes: number;
}

/** A request in flight, of either side. */
export interface Flight {
  /** What we may send. */
  readonly toHost: Credit;
  /** What the host may send. */
  readonly fromHost: Credit;
  /** It counts as an open stream of ours: we have given credit for it, or mean to. */
  streams: boolean;
  /** The host sends no more items for it. */
  ended: boolean;
  /** It was cancelled: nothing more is sent for it but a reply. */
  cancelled: boolean;
}

/** All requests in flight. */
export class Flights {
  readonly #requests: Map<RequestId, Flight> = new Map();
  readonly #calls: Map<RequestId, Flight> = new Map();
  #streams = 0;

  /** Requests of the host that are not answered yet. */
  get pending(): number {
    return this.#requests.size;
  }

  /** Calls of the host that are not answered yet. */
  get calls(): number {
    return this.#calls.size;
  }

  /** Those of both whose items we take. */
  get streams(): number {
    return this.#streams;
  }

  /** A request of the host. */
  request(id: RequestId): Flight | undefined {
    return this.#requests.get(id);
  }

  /** A call to the host. */
  call(id: RequestId): Flight | undefined {
    return this.#calls.get(id);
  }

  /** Either. */
  find(id: RequestId): Flight | undefined {
    return this.#requests.get(id) ?? this.#calls.get(id);
  }

  /** The host asks. */
  asked(id: RequestId): void {
    this.#requests.set(id, flight());
  }

  /** We call; `streams` where the answer has items. */
  called(id: RequestId, streams: boolean): void {
    const made = flight();
    this.#calls.set(id, made);
    if (streams) this.opens(made);
  }

  /** It counts as a stream from now on. */
  opens(one: Flight): void {
    if (!one.streams) this.#streams += 1;
    one.streams = true;
  }

  /** A request of the host is answered; false where it was not in flight. */
  answered(id: RequestId): boolean {
    return this.#over(this.#requests, id);
  }

  /** A call to the host is answered; false where it was not in flight. */
  returned(id: RequestId): boolean {
    return this.#over(this.#calls, id);
  }

  #over(side: Map<RequestId, Flight>, id: RequestId): boolean {
    if (side.get(id)?.streams === true) this.#streams -= 1;
    return side.delete(id);
  }
}

function flight(): Flight {
  return {
    toHost: { items: 0, bytes: 0 },
    fromHost: { items: 0, bytes: 0 },
    streams: false,
    ended: false,
    cancelled: false,
  };
}
