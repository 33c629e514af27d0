// The two ends of a stream: sending waits for credit, reading grants it. Knows neither messages nor handlers.

import type { ItemReceiver, ItemSender, StreamingCall } from "./context.js";
import { type Reader, readAs, type Writer, writeAs } from "./descriptor.js";
import { PluginError } from "./errors.js";
import { unfit } from "./failure.js";
import type { JsonValue } from "./json/value.js";

/** How much the other side may send ahead of the reader. */
export interface Window {
  readonly items: number;
  readonly bytes: number;
}

/** Enough to hide a round trip, little enough to keep in memory. */
const WINDOW: Window = { items: 64, bytes: 1 << 20 };

/** Counts the bytes of items that wait to be read, of several streams together. */
export interface Tally {
  /** Items came; false where they are too many, and then they are not counted. */
  add(bytes: number): boolean;
  /** Items that were counted are gone. */
  sub(bytes: number): void;
}

/** Where nobody counts. */
const UNCOUNTED: Tally = { add: () => true, sub: () => undefined };

/** Where items go: true, sent; false, wait for credit; undefined, the stream is over. */
export type TrySend = (item: JsonValue) => boolean | undefined;

interface Waiting {
  readonly item: JsonValue;
  readonly sent: () => void;
  readonly failed: (error: unknown) => void;
}

/** The sending end. */
export class Outflow {
  readonly #trySend: TrySend;
  /** Whether items may be in MessagePack's own forms. */
  readonly native: boolean;
  readonly #drained: () => Promise<void> | undefined;
  readonly #waiting: Waiting[] = [];
  #over: unknown;

  constructor(trySend: TrySend, drained: () => Promise<void> | undefined, native = false) {
    this.native = native;
    this.#trySend = trySend;
    this.#drained = drained;
  }

  /** Sends one item, behind those that wait already. */
  async send(item: JsonValue): Promise<void> {
    if (this.#over !== undefined) throw this.#over;
    const sent = this.#waiting.length === 0 ? this.#trySend(item) : false;
    if (sent === undefined) throw over();
    if (!sent) await new Promise<void>((resolve, failed) => this.#waiting.push({ item, sent: resolve, failed }));
    await this.#drained();
  }

  /** There is more credit. */
  resume(): void {
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      let sent: boolean | undefined;
      try {
        sent = this.#trySend(first.item);
      } catch (thrown) {
        this.#waiting.shift();
        first.failed(thrown);
        continue;
      }
      if (sent === false) return;
      this.#waiting.shift();
      if (sent === undefined) first.failed(over());
      else first.sent();
    }
  }

  /** Nothing more can be sent. */
  close(error: unknown = over()): void {
    this.#over ??= error;
    for (const waiting of this.#waiting.splice(0)) waiting.failed(error);
  }
}

/** The reading end. */
export class Inflow {
  readonly #grant: (items: number, bytes: number) => void;
  readonly #window: Window;
  readonly #tally: Tally;
  readonly #buffer: { readonly item: JsonValue; readonly bytes: number }[] = [];
  readonly #readers: {
    readonly resolve: (item: JsonValue | undefined) => void;
    readonly reject: (error: unknown) => void;
  }[] = [];
  #end: { readonly error?: unknown } | undefined;
  #granted = false;
  #iterators = 0;
  #skims = false;
  #usedItems = 0;
  #usedBytes = 0;

  constructor(grant: (items: number, bytes: number) => void, window: Window = WINDOW, tally: Tally = UNCOUNTED) {
    this.#grant = grant;
    this.#window = window;
    this.#tally = tally;
  }

  /** Lets the other side begin, though nobody reads yet. */
  open(): void {
    if (this.#granted || this.#end !== undefined) return;
    this.#grant(this.#window.items, this.#window.bytes);
    this.#granted = true;
  }

  /** The next item; undefined behind the last one. The first call opens the stream. */
  next(): Promise<JsonValue | undefined> {
    try {
      this.open();
    } catch (thrown) {
      return Promise.reject(thrown);
    }
    const first = this.#buffer.shift();
    if (first !== undefined) {
      this.#tally.sub(first.bytes);
      this.#used(first.bytes);
      return Promise.resolve(first.item);
    }
    if (this.#end !== undefined) {
      return "error" in this.#end ? Promise.reject(this.#end.error) : Promise.resolve(undefined);
    }
    return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
  }

  /** An item came. False: more waits to be read than may, and this one is let go. */
  push(item: JsonValue, bytes: number): boolean {
    const reader = this.#readers.shift();
    if (reader !== undefined) {
      this.#used(bytes);
      reader.resolve(item);
    } else if (this.#isSkimmed) {
      this.#used(bytes);
    } else {
      if (!this.#tally.add(bytes)) return false;
      this.#buffer.push({ item, bytes });
    }
    return true;
  }

  /** From now on what nobody reads is dropped, so that the sender is never held back. */
  skim(): void {
    this.#skims = true;
    this.#drop();
  }

  /** All further items. While one such pass is under way, nothing is dropped. */
  async *pass(): AsyncGenerator<JsonValue, void> {
    this.#iterators += 1;
    try {
      for (let item = await this.next(); item !== undefined; item = await this.next()) yield item;
    } finally {
      this.#iterators -= 1;
      this.#drop();
    }
  }

  /** No more items come; what is buffered is still read. */
  end(): void {
    this.#end ??= {};
    for (const reader of this.#readers.splice(0)) reader.resolve(undefined);
  }

  /** No more items come, and the reader must know why. */
  fail(error: unknown): void {
    this.#end ??= { error };
    for (const reader of this.#readers.splice(0)) reader.reject(error);
  }

  /** Nobody will read any more: what waits is let go. */
  clear(): void {
    for (const { bytes } of this.#buffer.splice(0)) this.#tally.sub(bytes);
  }

  get #isSkimmed(): boolean {
    return this.#skims && this.#iterators === 0;
  }

  #drop(): void {
    if (!this.#isSkimmed) return;
    this.open();
    for (const { bytes } of this.#buffer.splice(0)) {
      this.#tally.sub(bytes);
      this.#used(bytes);
    }
  }

  get #isWorthCredit(): boolean {
    const { items, bytes } = this.#window;
    return this.#usedItems >= items / 2 || this.#usedBytes >= bytes / 2;
  }

  /** Gives credit back by halves of the window, so that it costs few messages. */
  #used(bytes: number): void {
    this.#usedItems += 1;
    this.#usedBytes += bytes;
    if (this.#end === undefined && this.#isWorthCredit) {
      this.#grant(this.#usedItems, this.#usedBytes);
      this.#usedItems = 0;
      this.#usedBytes = 0;
    }
  }
}

/** The sending end with a type. */
export function typedSender<T>(what: string, write: Writer<T>, flow: Outflow): ItemSender<T> {
  return { send: async (item) => flow.send(writeAs(what, write, item, flow.native)) };
}

/** The reading end with a type. */
export function typedReceiver<T>(what: string, read: Reader<T>, flow: Inflow): ItemReceiver<T> {
  const next = async (): Promise<T | undefined> => {
    const value = await flow.next();
    if (value === undefined) return undefined;
    try {
      return readAs(what, read, value);
    } catch (thrown) {
      throw unfit(thrown);
    }
  };
  return { next, [Symbol.asyncIterator]: () => iterate(next) };
}

/** A call with items, as its caller sees it. */
export function streamingCall(flow: Inflow, result: Promise<JsonValue>): StreamingCall<JsonValue, JsonValue> {
  // Whoever only reads the stream learns of a failure there: that nobody awaits the answer too is no mistake.
  result.catch(() => undefined);
  return {
    [Symbol.asyncIterator]: () => flow.pass(),
    result: () => {
      flow.skim();
      return result;
    },
  };
}

async function* iterate<T>(next: () => Promise<T | undefined>): AsyncGenerator<T, void> {
  for (let item = await next(); item !== undefined; item = await next()) yield item;
}

function over(): PluginError {
  return new PluginError("cancelled", "the call that the stream belongs to is over");
}
