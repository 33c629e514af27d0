// The WebAssembly door: plugins in a sandbox, on the platform's own engine. Knows where modules come from and what they may
// take; what a module and its host say to each other is an ABI's business, in a folder of its own.

import { HostError } from "../../errors.js";
import type { Abilities, Door, Opening, Passage } from "../door.js";
import type { Home } from "../home.js";
import type { ComponentCode } from "./abi/component.js";
import { Guest } from "./abi/guest.js";
import { CROSSPLUG_ABI, MARK } from "./abi/name.js";
import { AbiVisitor, type GuestCode, lost, type Said, type Visit } from "./abi/visitor.js";
import { compiled, fitting } from "./code.js";
import { outlined } from "./component/outline.js";
import { EXTISM_ABI } from "./extism/name.js";
import { openExtism } from "./extism/plan.js";
import { type FullWasmLimits, fullLimits } from "./limits.js";
import type { WasmOptions } from "./options.js";
import { bounded, isComponent } from "./outline.js";
import type { WasmPorts } from "./ports.js";
import { InlineSeat, type Seat, type Thread, ThreadSeat } from "./seat.js";
import { Threads } from "./threads.js";
import { engine } from "./webassembly.js";

/** What a thread does before it waits for its next guest. */
const LEAVE: Visit = { kind: "leave" };

/** Enters WebAssembly modules and components. Programs make one by `wasmDoor` of the entry for their platform. */
export class WasmDoor implements Door {
  readonly name = "wasm";
  readonly abilities: Abilities = { wasm: [CROSSPLUG_ABI, EXTISM_ABI] };
  readonly #ports: WasmPorts;
  readonly #options: WasmOptions;
  readonly #threads: Threads;

  constructor(ports: WasmPorts, options: WasmOptions = {}) {
    this.#ports = ports;
    this.#options = options;
    this.#threads = new Threads(() => ports.thread());
  }

  async open(opening: Opening, home: Home): Promise<Passage> {
    const limits = fullLimits(this.#options.limits);
    const wished = opening.way?.kind === "wasm" ? opening.way.abi : null;
    const extism = (bytes?: Uint8Array): Promise<Passage> =>
      openExtism({ opening, home, limits, bytes, ports: this.#ports, options: this.#options });
    if (this.#options.extism !== undefined) return extism();
    const bytes = await this.#bytes(opening, limits);
    if (wished === EXTISM_ABI) return extism(bytes);
    const guest = (code: GuestCode): Promise<Passage> =>
      Guest.open({ opening, home, code, limits, seat: () => this.#seat(code) });
    if (isComponent(bytes)) {
      this.#ports.readyForComponents?.();
      return guest({ component: await componentCode(bytes, limits) });
    }
    const module = await compiled(bounded(bytes, limits));
    if (engine.Module.exports(module).some(({ name }) => name === MARK)) {
      const { glue } = this.#options;
      return guest({ module, glue: glue === undefined ? undefined : this.#ports.address(glue) });
    }
    if (wished === null) return extism(bytes);
    const context = `the module does not export \`${MARK}\`, as modules of ${CROSSPLUG_ABI} do`;
    throw new HostError("Incompatible", "load", { context });
  }

  #seat(code: GuestCode): Seat<Visit, Said> {
    if (this.#options.mode === "inline") return new InlineSeat(new AbiVisitor());
    // A module reaches nothing of its thread, which is as good as new afterwards; the JavaScript beside one does. A component would
    // leave an interpreter's memory behind until somebody collects it, and is as slow to make as a thread is.
    const isBare = "module" in code && code.glue === undefined;
    if (!isBare) return new ThreadSeat(this.#ports.thread(), lost);
    const rest = (thread: Thread): void => this.#threads.rest(thread, LEAVE);
    return new ThreadSeat(this.#threads.take(), lost, { rest });
  }

  async #bytes({ way, folder }: Opening, { moduleBytes }: FullWasmLimits): Promise<Uint8Array> {
    const { module } = this.#options;
    if (module instanceof Uint8Array) return fitting(module, moduleBytes);
    const place = typeof module === "string" ? ["", module] : way?.kind === "wasm" ? [folder, way.path] : undefined;
    if (place === undefined) {
      const context = "no manifest names a WebAssembly module; give the door one: `wasmDoor({ module })`";
      throw new HostError("Incompatible", "load", { context });
    }
    const [within = "", path = ""] = place;
    return fitting(await this.#ports.read(within, path, moduleBytes), moduleBytes);
  }
}

/** What engines run of a component. @throws HostError `Incompatible`, `Limit` */
async function componentCode(bytes: Uint8Array, limits: FullWasmLimits): Promise<ComponentCode> {
  const { outline, modules } = outlined(bytes);
  return { outline, modules: await Promise.all(modules.map((core) => compiled(bounded(core, limits)))) };
}
