// What libraries speak to: a host table for each instance, whose `said` comes in on the program's thread, from whichever thread it
// was called on. That thread waits until the message was taken, and never enters the library here.

import { isMainThread } from "node:worker_threads";
import { HostError } from "../../../errors.js";
import { type Koffi, loadKoffi } from "./koffi.js";
import { type Address, copied, MAGIC, type Shapes, shapesOf, VERSION } from "./tables.js";

/** How many threads may speak at the same time: as many as koffi takes. By itself it takes 256. */
const MOST_SPEAKERS = 4096;

/** What an instance speaks to. */
export interface Ear {
  /** The address of its host table. */
  readonly table: Address;
  /** Nothing of the instance is left: nor of this. */
  free(): void;
  /** Something of the instance runs on: its table stays where it is, and nobody hears. */
  lose(): void;
}

type Hear = (message: Uint8Array) => void;

/** All of them. */
class Ears {
  readonly koffi: Koffi;
  readonly #shapes: Shapes;
  readonly #said: bigint;
  readonly #hear: Map<Address, Hear> = new Map();
  readonly #libraries: Map<string, unknown> = new Map();
  /** Tables that libraries know. */
  #known = 0;

  constructor(koffi: Koffi) {
    this.koffi = koffi;
    try {
      koffi.config({ ...koffi.config(), max_async_calls: MOST_SPEAKERS });
    } catch {
      // A program that uses koffi itself has settled that already.
    }
    this.#shapes = shapesOf(koffi);
    const said = (host: Address, message: Address | null, length: number): void => {
      // An exception has nowhere to go: who listens sees to what goes wrong.
      if (message !== null) this.#hear.get(host)?.(copied(koffi, message, Number(length)));
    };
    this.#said = koffi.register(said, koffi.pointer(this.#shapes.said));
  }

  ear(hear: Hear): Ear {
    const { koffi } = this;
    const { host } = this.#shapes;
    const table = koffi.alloc(host, 1) as Address;
    koffi.encode(table, host, { magic: MAGIC, version: VERSION, size: koffi.sizeof(host), said: this.#said });
    this.#hear.set(table, hear);
    if (this.#known++ === 0) process.on("exit", this.#leave);
    return {
      table,
      free: () => {
        this.#hear.delete(table);
        koffi.free(table);
        if (--this.#known === 0) process.removeListener("exit", this.#leave);
      },
      lose: () => void this.#hear.delete(table),
    };
  }

  /** Sees to it that a library stays: nobody knows what of it still runs. A thread that loaded it ends some day. */
  keep(path: string): void {
    if (!this.#libraries.has(path)) this.#libraries.set(path, this.koffi.load(path));
  }

  /**
   * The program ends while plugins are open, or something of one runs on. Node would wait for threads that are in a library, and
   * take JavaScript from under those that speak; so the process ends here and now.
   */
  readonly #leave = (code: number): void => {
    const library = process.platform === "win32" ? "ucrtbase.dll" : null;
    this.koffi.load(library).func("_exit", "void", ["int"])(code);
  };
}

let ears: Promise<Ears> | undefined;

/** Where libraries are heard in this program. @throws HostError `ToolMissing`, `Incompatible` in another thread than the main one */
export async function listening(): Promise<Ears> {
  if (!isMainThread) {
    const context =
      "native plugins are loaded by the program's main thread: a worker that ends would take from under a library what it speaks to";
    throw new HostError("Incompatible", "load", { context });
  }
  ears ??= loadKoffi().then(
    (koffi) => new Ears(koffi),
    (thrown: unknown) => {
      ears = undefined;
      throw thrown;
    },
  );
  return ears;
}

export type { Ears };
