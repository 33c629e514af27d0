// The program of a thread that enters libraries. It does one task after another; whatever a library makes of its thread, the
// program's own goes on.

import { parentPort } from "node:worker_threads";
import { HostError } from "../../../errors.js";
import { type Koffi, loadKoffi } from "./koffi.js";
import {
  type Address,
  type Bytes,
  copied,
  type Entries,
  entriesAt,
  NATIVE_ABI,
  type Shapes,
  shapesOf,
  TAKEN,
} from "./tables.js";
import type { Done, Task } from "./task.js";

/** Nobody's time is over. */
const NO_END = -1;

/** A library that was loaded. */
interface Loaded {
  readonly entries: Entries;
  readonly manifest: () => Bytes | undefined;
}

/** Does what is to be done in libraries. */
class Hand {
  readonly #koffi: Koffi;
  readonly #shapes: Shapes;
  readonly #loaded: Map<string, Loaded> = new Map();

  constructor(koffi: Koffi) {
    this.#koffi = koffi;
    this.#shapes = shapesOf(koffi);
  }

  do(task: Task): Done {
    switch (task.kind) {
      case "look":
        return { bytes: this.#copied(this.#load(task.path).manifest()) };
      case "open":
        return this.#open(task.path, task.host);
      case "call": {
        const { path, instance, method, params, id, timeoutMs } = task;
        const timeout = timeoutMs === undefined ? NO_END : micros(timeoutMs);
        const { entries } = this.#load(path);
        const answer = {} as Bytes;
        const status = entries.call(instance, method, params, params.length, id, timeout, answer);
        return { status, bytes: this.#taken(entries, answer) };
      }
      case "push": {
        const { push } = this.#load(task.path).entries;
        let status = TAKEN;
        for (const message of task.messages) {
          if (status === TAKEN) status = push(task.instance, message, message.length);
        }
        return { status };
      }
      case "close": {
        const { close } = this.#load(task.path).entries;
        return { status: close(task.instance, micros(task.patienceMs)) };
      }
    }
  }

  #load(path: string): Loaded {
    const known = this.#loaded.get(path);
    if (known !== undefined) return known;
    const library = opened(this.#koffi, path);
    const entry = found(() => library.func("crossplug_plugin", "void *", []));
    if (entry === undefined) {
      const context = `\`${path}\` exports no \`crossplug_plugin\`, as libraries of ${NATIVE_ABI} do: in Rust \`export!\` in a \`cdylib\`, in C \`crossplug.h\``;
      throw new HostError("Incompatible", "load", { context });
    }
    const manifest = found(() => library.func("crossplug_manifest", this.#shapes.bytes, []));
    const loaded = {
      entries: this.#entriesOf(path, entry() as Address | null),
      manifest: () => manifest?.() as Bytes | undefined,
    };
    this.#loaded.set(path, loaded);
    return loaded;
  }

  #entriesOf(path: string, table: Address | null): Entries {
    try {
      return entriesAt(this.#koffi, this.#shapes, table);
    } catch (thrown) {
      if (!(thrown instanceof HostError)) throw thrown;
      throw new HostError(thrown.kind, "load", { context: `\`${path}\` ${thrown.context}` });
    }
  }

  #open(path: string, host: Address): Done {
    const { entries } = this.#load(path);
    const error = {} as Bytes;
    const instance = entries.open(host, error);
    const words = this.#taken(entries, error);
    if (instance === null) {
      throw new HostError("Start", "load", {
        context: `it cannot begin: ${messageOf(words) ?? "it does not say why"}`,
      });
    }
    return { made: { path, instance }, bytes: this.#copied(entries.methods(instance)) };
  }

  #copied(bytes: Bytes | undefined): Uint8Array {
    return copied(this.#koffi, bytes?.data ?? null, bytes?.length ?? 0);
  }

  /** The bytes of a buffer, which goes back to its library. */
  #taken(entries: Entries, buffer: Bytes): Uint8Array {
    const bytes = this.#copied(buffer);
    if (buffer.data !== null) entries.release(buffer);
    return bytes;
  }
}

/** @throws HostError `Start` where the system does not load it */
function opened(koffi: Koffi, path: string): ReturnType<Koffi["load"]> {
  try {
    return koffi.load(path);
  } catch (cause) {
    const why = (cause as Error).message.replace(/^Failed to load shared library: /, "");
    const context = `\`${path}\` cannot be loaded: ${why}; it has to be a shared library for ${process.platform} on ${process.arch}, with every library that it needs`;
    throw new HostError("Start", "load", { context, cause });
  }
}

/** What a library exports; undefined where it does not. */
function found<Found>(look: () => Found): Found | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

/** What an error object says. */
function messageOf(error: Uint8Array): string | undefined {
  try {
    const { message } = JSON.parse(new TextDecoder().decode(error)) as { message?: unknown };
    return typeof message === "string" ? message : undefined;
  } catch {
    return undefined;
  }
}

function micros(milliseconds: number): number {
  return Math.round(Math.min(Math.max(0, milliseconds), 2 ** 43) * 1000);
}

let hand: Hand | undefined;

async function done(task: Task): Promise<Done> {
  try {
    hand ??= new Hand(await loadKoffi());
    return hand.do(task);
  } catch (thrown) {
    if (thrown instanceof HostError) return { fault: { kind: thrown.kind, what: thrown.context } };
    return { fault: { kind: "Protocol", what: (thrown as Error).message } };
  }
}

const port = parentPort;
port?.on("message", (task: Task) => {
  void done(task).then((said) => {
    const buffer = said.bytes?.buffer as ArrayBuffer | undefined;
    port.postMessage(said, buffer === undefined || buffer.byteLength === 0 ? [] : [buffer]);
  });
});
