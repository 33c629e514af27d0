// Items and credit of the requests in flight, in both directions. Knows no phase of the conversation.

import type { JsonValue } from "../../json/value.js";
import type { Frame } from "../dialect.js";
import type { Message, RequestId } from "../message.js";
import type { Flights } from "./flights.js";
import type { Incoming } from "./incoming.js";
import { sizeOf, tooMany } from "./limits.js";
import type { Writer } from "./writer.js";

/** The streams of a session. */
export class Streams {
  /** Requests in flight that we may have given credit for. */
  most: number;
  readonly #flights: Flights;
  readonly #writer: Writer;

  constructor(flights: Flights, writer: Writer, most: number) {
    this.#flights = flights;
    this.#writer = writer;
    this.most = most;
  }

  /**
   * Sees to it that there may be one more.
   *
   * @throws PluginError `resourceExhausted`
   */
  room(): void {
    if (this.#flights.streams >= this.most) throw tooMany(`${this.most} streams are open`);
  }

  /** Sends an item, if there is credit. False: wait for credit. Undefined: the stream is over. */
  send(id: RequestId, item: JsonValue): boolean | undefined {
    const flight = this.#flights.find(id);
    if (flight === undefined || flight.cancelled) return undefined;
    if (flight.toHost.items <= 0 || flight.toHost.bytes <= 0) return false;
    const size = this.#writer.writeOrThrow("an item", { kind: "item", id, item });
    if (size === undefined) return undefined;
    flight.toHost.items -= 1;
    flight.toHost.bytes -= size;
    return true;
  }

  /**
   * Lets the host send so much more.
   *
   * @throws PluginError `resourceExhausted` where this were one stream too many
   */
  grant(id: RequestId, items: number, bytes: number): void {
    const flight = this.#flights.find(id);
    if (flight === undefined || flight.ended || flight.cancelled) return;
    if (!flight.streams) {
      this.room();
      this.#flights.opens(flight);
    }
    flight.fromHost.items += items;
    flight.fromHost.bytes += bytes;
    this.#writer.write({ kind: "credit", id, items, bytes });
  }

  /** The host sent an item. `refuse` answers a request of the host. */
  item(
    { id, item }: Message & { kind: "item" },
    frame: Frame,
    refuse: (id: RequestId, problem: string) => void,
  ): Incoming | undefined {
    const flight = this.#flights.find(id);
    // It may have crossed our reply or our cancel.
    if (flight === undefined || flight.cancelled) return undefined;
    const { fromHost } = flight;
    if (flight.ended || fromHost.items <= 0 || fromHost.bytes <= 0) {
      const problem = flight.ended ? "an item behind the end of its stream" : "an item without credit";
      if (this.#flights.request(id) === undefined)
        return { kind: "violation", problem: `${problem}, for ${JSON.stringify(id)}` };
      flight.cancelled = true;
      refuse(id, problem);
      return { kind: "cancel", id };
    }
    const bytes = sizeOf(frame);
    fromHost.items -= 1;
    fromHost.bytes -= bytes;
    return { kind: "item", id, item, bytes };
  }

  /** The host ends an upload; its credit ends with it. */
  end(id: RequestId): Incoming | undefined {
    const flight = this.#flights.request(id);
    if (flight === undefined || flight.ended) return undefined;
    flight.ended = true;
    return { kind: "end", id };
  }

  /** The host takes more. */
  credit(message: Message & { kind: "credit" }): Incoming | undefined {
    const flight = this.#flights.find(message.id);
    if (flight === undefined || flight.cancelled) return undefined;
    // Adding up forever must not lose exactness.
    flight.toHost.items = Math.min(flight.toHost.items + message.items, Number.MAX_SAFE_INTEGER);
    flight.toHost.bytes = Math.min(flight.toHost.bytes + message.bytes, Number.MAX_SAFE_INTEGER);
    return { kind: "credit", id: message.id };
  }
}
