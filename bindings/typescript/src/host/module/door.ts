// The module door: a plugin in the host's own language, in the host's own program. Its SDK speaks the same session as in a
// process; what they say goes over as texts, and nothing lies between them. Its code is trusted: nothing can interrupt it.
// A package of wasm-bindgen's is such a module, too; its WebAssembly goes through the WebAssembly door.

import { HostError } from "../../errors.js";
import type { JsonValue } from "../../json/value.js";
import type { Plugin } from "../../plugin/define.js";
import { CrossplugDialect } from "../../plugin/dialect/crossplug.js";
import { Runtime } from "../../plugin/runtime.js";
import { stopped } from "../conversation/stage.js";
import { Conversation } from "../conversation.js";
import type { Abilities, CallKey, Door, Opening, Passage, Patience } from "../door.js";
import type { Home } from "../home.js";
import { Spoken } from "../spoken.js";
import { MessageLines } from "../wasm/lines.js";
import type { WasmOptions } from "../wasm/options.js";

const DIALECT = "crossplug/1";
/** How long a plugin may go on with a call that was given up, in milliseconds, before it is not called any more. */
const GRACE_MS = 5000;

/** What the door needs of its platform. */
export interface ModulePorts {
  /** Imports the module that a manifest names. @throws HostError */
  readonly import: (folder: string, path: string) => Promise<{ readonly [name: string]: unknown }>;
  /** Where `x.js` is a package of wasm-bindgen's: the bytes of `x_bg.wasm` beside it, and which JavaScript that imports. */
  readonly bound: (folder: string, path: string) => Promise<Required<Pick<WasmOptions, "module" | "glue">> | undefined>;
  /** The WebAssembly door. */
  readonly wasmDoor: (options: WasmOptions) => Door;
}

/** Enters plugins of the host's own language. */
export class ModuleDoor implements Door {
  readonly name = "module";
  readonly abilities: Abilities = { module: ["typescript"] };
  readonly #ports: ModulePorts;

  constructor(ports: ModulePorts) {
    this.#ports = ports;
  }

  async open(opening: Opening, home: Home): Promise<Passage> {
    const { way, folder } = opening;
    if (way?.kind !== "module" || way.typescript === null) {
      throw new HostError("Incompatible", "load", { context: "the manifest names no module in TypeScript" });
    }
    const bound = await this.#ports.bound(folder, way.typescript);
    if (bound !== undefined) return this.#ports.wasmDoor(bound).open(opening, home);
    const plugin = exported(await this.#ports.import(folder, way.typescript), way.typescript);
    const passage = new Module(plugin, opening, home);
    return passage.open(opening);
  }
}

/** The plugin that a module exports: as `plugin`, or by default. @throws HostError `Incompatible` */
function exported(module: { readonly [name: string]: unknown }, path: string): Plugin {
  for (const found of [module.plugin, module.default]) {
    if (typeof found === "object" && found !== null && Array.isArray((found as Plugin).interfaces))
      return found as Plugin;
  }
  const context = `\`${path}\` exports no plugin: \`export const plugin = definePlugin({ … })\``;
  throw new HostError("Incompatible", "load", { context });
}

/** A plugin in this program. */
class Module extends Spoken {
  readonly #home: Home;
  readonly #runtime: Runtime;
  protected readonly conversation: Conversation;
  #patience: Patience;
  #stopping: ReturnType<typeof setTimeout> | undefined;
  #isStopWanted = false;
  #end: HostError | undefined;

  constructor(plugin: Plugin, opening: Opening, home: Home) {
    super();
    this.#home = home;
    this.#patience = opening.patience;
    const lines = new MessageLines();
    const written = new TextEncoder();
    // Each side hears of a message in a turn of its own, as over a pipe.
    const later = (heard: () => void): void =>
      queueMicrotask(() => {
        if (this.#end === undefined) heard();
      });
    const manifest = (opening.loaded?.manifest ?? { name: opening.name }) as unknown as { [name: string]: JsonValue };
    this.#runtime = new Runtime(plugin, manifest, new CrossplugDialect(), {
      send: (frame) => later(() => this.conversation.receive(written.encode(`${frame}\n`))),
      complain: (problem) => home.note("warn", problem),
    });
    const pipe = {
      write: (bytes: Uint8Array, done: () => void) => {
        const messages = lines.push(bytes);
        later(() => {
          for (const message of messages) this.#runtime.receive(message);
          done();
        });
      },
    };
    const listener = {
      broke: (error: HostError) => this.#over(error),
      shutDown: () => void this.#finish(),
      late: (call: number) => this.#overdue(call),
    };
    this.conversation = new Conversation(DIALECT, opening.limits, home, pipe, listener, ["ndjson"]);
  }

  async open({ hello, startTimeoutMs, signal }: Opening): Promise<Passage> {
    const context = `it was not ready within ${startTimeoutMs} ms; allow more with \`startTimeoutMs\``;
    const late = setTimeout(() => this.#over(new HostError("Start", "load", { context })), startTimeoutMs);
    const giveUp = (): void => this.#over(stopped("load"));
    signal?.addEventListener("abort", giveUp, { once: true });
    try {
      this.said = await this.conversation.open(hello);
      return this;
    } catch (thrown) {
      this.#over(thrown as HostError);
      throw thrown;
    } finally {
      clearTimeout(late);
      signal?.removeEventListener("abort", giveUp);
    }
  }

  get isAlive(): boolean {
    return this.conversation.isOpen;
  }

  override cancel(call: CallKey): void {
    super.cancel(call);
    if (call !== undefined) this.#overdue(call);
  }

  stop(patience?: Partial<Patience>): void {
    if (this.#end !== undefined) return;
    this.#patience = { ...this.#patience, ...patience };
    if (this.#isStopWanted && patience === undefined) return;
    clearTimeout(this.#stopping);
    this.#stopping = setTimeout(() => void this.#finish(), this.#patience.shutdownMs);
    if (this.#isStopWanted) return;
    this.#isStopWanted = true;
    if (!this.conversation.shutdown()) void this.#finish();
  }

  /** A call that nobody waits for any more: where the plugin does not let go of it, it is not called again. */
  #overdue(call: number): void {
    setTimeout(() => {
      if (this.#end !== undefined || !this.conversation.isPending(call)) return;
      const context = `a call went on for ${GRACE_MS} ms after it was given up; it runs in the host's own program, which cannot end it`;
      this.#over(new HostError("Died", "call", { context }));
    }, GRACE_MS);
  }

  /** The end of its input, and what it does then. */
  async #finish(): Promise<void> {
    clearTimeout(this.#stopping);
    this.conversation.outputEnded();
    const { endOfInputMs } = this.#patience;
    let late: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise<void>((resolve) => {
      late = setTimeout(resolve, endOfInputMs);
    });
    await Promise.race([this.#runtime.end(endOfInputMs), patience]);
    clearTimeout(late);
    this.#over(stopped("stop"));
  }

  #over(error: HostError): void {
    if (this.#end !== undefined) return;
    this.#end = error;
    clearTimeout(this.#stopping);
    this.conversation.end(error);
    this.#home.ended(this.#isStopWanted ? undefined : error, undefined);
    // Its handlers learn that nobody listens any more.
    if (!this.#isStopWanted) void this.#runtime.end(0);
  }
}
