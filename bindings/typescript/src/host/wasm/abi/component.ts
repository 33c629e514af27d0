// A guest of crossplug-abi/1 as a component (`schema/crossplug.wit`): the same contract with types in place of addresses. No engine of
// JavaScript's runs components, so it comes transpiled, as core modules and the JavaScript that links them. Knows names and types,
// and nothing of messages.

import { Halt, isStack } from "../fault.js";
import type { FullWasmLimits } from "../limits.js";
import { engine, type WasmExports, type WasmImports, type WasmModule } from "../webassembly.js";
import { type Called, type Instance, microseconds, now, until, type Words } from "./instance.js";

/** The interface that a plugin exports. */
const GUEST = "crossplug:plugin/guest@1.0.0";
/** What is entered. */
const ENTRIES = ["begin", "methods", "call", "push", "turn", "close"] as const;
/** Bytes of what nobody can guess. */
const SEED = 32;

/** A component as engines of JavaScript's run it. Can be posted. */
export interface ComponentCode {
  /** JavaScript of the transpiler's that exports `instantiate`. */
  readonly linker: string;
  /** The modules that it asks for, by their names. */
  readonly modules: ReadonlyMap<string, WasmModule>;
}

interface Outbox {
  readonly messages: string;
  readonly over: boolean;
  readonly next: bigint | undefined;
}

/** What a component exports, with the types that the transpiler gives them. */
interface Guest {
  begin(outside: { now: bigint; wall: bigint; seed: Uint8Array }): void;
  methods(): string[];
  call(
    method: number,
    params: string,
    id: bigint,
    timeout: bigint | undefined,
    now: bigint,
  ): { answer: { tag: "done" | "failed"; val: string } | { tag: "pending" }; news: boolean };
  push(message: string, now: bigint): Outbox;
  turn(now: bigint): Outbox;
  close(now: bigint): Outbox;
}

interface Linker {
  instantiate(
    module: (name: string) => WasmModule,
    imports: object,
    core: (module: WasmModule, imports?: WasmImports) => Promise<{ readonly exports: WasmExports }>,
  ): Promise<{ readonly [GUEST]?: Guest }>;
}

const utf8 = new TextEncoder();
// A mark at the beginning is for the guest to judge.
const text = new TextDecoder("utf-8", { ignoreBOM: true });

/** A component that can be entered. */
export class ComponentInstance implements Instance {
  readonly #guest: Guest;
  readonly #limits: FullWasmLimits;
  #next: bigint | undefined;

  private constructor(guest: Guest, limits: FullWasmLimits) {
    this.#guest = guest;
    this.#limits = limits;
  }

  /** Makes one, and tells it what it cannot know by itself. Throws what stops the guest. */
  static async make({ linker, modules }: ComponentCode, limits: FullWasmLimits): Promise<ComponentInstance> {
    const { instantiate } = await imported(linker);
    const core = (module: WasmModule, imports: WasmImports = {}): ReturnType<typeof engine.instantiate> =>
      engine.instantiate(module, imports);
    const made = await instantiate((name) => modules.get(name) as WasmModule, traps([]), core);
    const guest = made[GUEST];
    if (guest === undefined) {
      const what = `the component does not export \`${GUEST}\`, as plugins do; build it with \`crossplug build --door wasm\``;
      throw new Halt("Incompatible", what);
    }
    const missing = ENTRIES.find((name) => typeof guest[name] !== "function");
    if (missing !== undefined) throw new Halt("Incompatible", `the component's \`${GUEST}\` has no \`${missing}\``);
    const instance = new ComponentInstance(guest, limits);
    const seed = crypto.getRandomValues(new Uint8Array(SEED));
    entered(() => guest.begin({ now: now(), wall: microseconds(Date.now()), seed }));
    return instance;
  }

  methods(): readonly string[] {
    return entered(() => this.#guest.methods());
  }

  call(
    method: number,
    params: Uint8Array,
    id: number,
    timeoutMs: number | undefined,
  ): Words & { readonly called: Called; readonly news: boolean } {
    const timeout = timeoutMs === undefined ? undefined : microseconds(timeoutMs);
    const { answer, news } = entered(() => this.#guest.call(method, text.decode(params), BigInt(id), timeout, now()));
    const bytes = answer.tag === "pending" ? NOTHING : this.#fitting(answer.val);
    return { called: answer.tag, news, bytes, isOver: false };
  }

  push(message: Uint8Array): Words {
    return this.#said(() => this.#guest.push(text.decode(message), now()));
  }

  turn(): Words {
    return this.#said(() => this.#guest.turn(now()));
  }

  close(): Words {
    return this.#said(() => this.#guest.close(now()));
  }

  wait(): number | undefined {
    return this.#next === undefined ? undefined : until(this.#next);
  }

  /** One that trapped cannot be entered any more. */
  lastWords(): undefined {
    return undefined;
  }

  #said(enter: () => Outbox): Words {
    const { messages, over, next } = entered(enter);
    this.#next = next;
    return { bytes: this.#fitting(messages), isOver: over };
  }

  #fitting(said: string): Uint8Array {
    const bytes = utf8.encode(said);
    const { outputBytes } = this.#limits;
    if (bytes.length <= outputBytes) return bytes;
    throw new Halt("Limit", `its output is larger than ${outputBytes} bytes; allow more with \`outputBytes\``);
  }
}

const NOTHING: Uint8Array = new Uint8Array(0);

/** The linker's own JavaScript, which says nothing of where it lies. */
async function imported(linker: string): Promise<Linker> {
  // As text in the address: what was looked at is what runs.
  return (await import(`data:text/javascript,${encodeURIComponent(linker)}`)) as Linker;
}

/** An entry. What is neither a trap nor a full stack is about what the guest gave: no text, or none in its memory. */
function entered<Given>(enter: () => Given): Given {
  try {
    return enter();
  } catch (thrown) {
    if (thrown instanceof engine.RuntimeError || thrown instanceof Halt || isStack(thrown)) throw thrown;
    throw new Halt("Protocol", `what it gave is not of its type: ${(thrown as Error).message}`);
  }
}

/** The world has no imports; what a tool left there is not for a plugin of ours, and traps. */
function traps(path: readonly string[]): object {
  const trap = (): never => {
    throw new Halt("Trap", `it called \`${path.join("::")}\`, which is not there`);
  };
  return new Proxy(trap, {
    get: (_, name) => (typeof name === "string" && path.length < 3 ? traps([...path, name]) : undefined),
  });
}
