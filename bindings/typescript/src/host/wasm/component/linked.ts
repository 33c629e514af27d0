// Puts a component together from its compiled core modules, as its outline says. The component model's functions between components
// are not there, nor is what it imports and is not given: whoever calls such a thing traps. Knows no types.

import { Halt } from "../fault.js";
import {
  engine,
  isMemory,
  type WasmExports,
  type WasmFunction,
  type WasmMemory,
  type WasmModule,
} from "../webassembly.js";
import type { Lifting, Named, Outline, Part, Sort, Step } from "./outline.js";

/** How many core modules may be instantiated, those that come twice counted twice: Python's interpreter takes thirty-eight. */
const MOST_INSTANCES = 1000;
/** How many steps in all: a small component can name a large one many times. */
const MOST_STEPS = 1_000_000;

/** A core function that is entered with values of the component's types, and what that takes. */
export interface Lifted {
  readonly func: WasmFunction;
  readonly isUtf8: boolean;
  readonly memory: WasmMemory | undefined;
  readonly realloc: WasmFunction | undefined;
  readonly after: WasmFunction | undefined;
}

/** What an instance of a component exports: instances as maps, functions as {@link Lifted}. */
export type Exports = ReadonlyMap<string, unknown>;

/** Something that a component imports, which nobody gives. */
class Absent {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }
}

/** A component that was not instantiated yet: it sees those that it lies in. */
interface Definition {
  readonly outline: Outline;
  readonly within: Space;
}

/** A function of the host's for what takes one text: it is given the bytes, which are the guest's and go on changing. */
export type Listener = (text: Uint8Array) => void;

/** Puts it together. What it imports is there where it is given: instances as maps of {@link Listener}s. Throws what stops the guest. */
export async function linked(outline: Outline, modules: readonly WasmModule[], given: Exports): Promise<Exports> {
  return new Space(undefined, new Linking(modules)).build(outline, given);
}

/** Whether it is a function of a component's. */
export function isLifted(found: unknown): found is Lifted {
  return typeof found === "object" && found !== null && "func" in found;
}

/** What all components of one linking have in common. */
class Linking {
  readonly modules: readonly WasmModule[];
  #instances = 0;
  #steps = 0;

  constructor(modules: readonly WasmModule[]) {
    this.modules = modules;
  }

  steps(): void {
    if (++this.#steps > MOST_STEPS)
      throw new Halt("Limit", `it takes more than ${MOST_STEPS} steps to put it together`);
  }

  async instance(module: WasmModule, imports: { [name: string]: WasmExports }): Promise<WasmExports> {
    if (++this.#instances > MOST_INSTANCES)
      throw new Halt("Limit", `it has more than ${MOST_INSTANCES} core instances`);
    return (await engine.instantiate(module, imports)).exports;
  }
}

/** The parts of one component while it is put together. */
class Space {
  readonly #within: Space | undefined;
  readonly #linking: Linking;
  readonly #parts: { [sort in Sort]?: unknown[] } = {};

  constructor(within: Space | undefined, linking: Linking) {
    this.#within = within;
    this.#linking = linking;
  }

  async build(outline: Outline, given: Exports): Promise<Exports> {
    const exports: Map<string, unknown> = new Map();
    for (const step of outline) {
      this.#linking.steps();
      switch (step.step) {
        case "core instance":
          this.#add("core instance", await this.#coreInstance(step.module, step.given));
          break;
        case "instance":
          this.#add("instance", await this.#instance(step.component, step.given));
          break;
        case "export":
          exports.set(step.name, this.#get(step));
          this.#add(step.sort, this.#get(step));
          break;
        default:
          this.#add(...this.#made(step, given));
      }
    }
    return exports;
  }

  /** What a step adds that waits for nothing. */
  #made(step: Exclude<Step, { step: "core instance" | "instance" | "export" }>, given: Exports): [Sort, unknown] {
    switch (step.step) {
      case "module":
        return ["core module", this.#linking.modules[step.number]];
      case "component":
        return ["component", { outline: step.outline, within: this } satisfies Definition];
      case "core exports":
        return ["core instance", this.#coreExports(step.exports)];
      case "exports":
        return ["instance", this.#named(step.exports)];
      case "of an instance":
        return [step.sort, this.#ofInstance(step.sort, step.instance, step.name)];
      case "of a core instance":
        return [step.sort, this.#ofCoreInstance(step.instance, step.name)];
      case "outer":
        return [step.sort, this.#outer(step.levels).#get(step)];
      case "lift":
        return ["func", this.#lifted(step.func, step.by)];
      case "lower": {
        const func = this.#get({ sort: "func", index: step.func });
        if (typeof func === "function") return ["core func", this.#heard(func as Listener, step.by)];
        return ["core func", trap(func instanceof Absent ? func.path : "a function of another component")];
      }
      case "built in":
        return ["core func", trap(step.name)];
      case "import":
        return [step.sort, given.has(step.name) ? given.get(step.name) : new Absent(step.name)];
    }
  }

  async #coreInstance(index: number, given: readonly Named[]): Promise<WasmExports> {
    const module = this.#get({ sort: "core module", index }) as WasmModule;
    if (module instanceof Absent) throw new Halt("Incompatible", `it imports the module \`${module.path}\``);
    const imports: { [name: string]: WasmExports } = Object.create(null);
    for (const one of given) imports[one.name] = this.#get(one) as WasmExports;
    return this.#linking.instance(module, imports);
  }

  async #instance(index: number, given: readonly Named[]): Promise<Exports> {
    const found = this.#get({ sort: "component", index });
    if (found instanceof Absent) throw new Halt("Incompatible", `it imports the component \`${found.path}\``);
    const { outline, within } = found as Definition;
    return new Space(within, this.#linking).build(outline, this.#named(given));
  }

  #coreExports(exports: readonly Named[]): WasmExports {
    const made: { [name: string]: unknown } = Object.create(null);
    for (const one of exports) made[one.name] = this.#get(one);
    return made as WasmExports;
  }

  #named(parts: readonly Named[]): Exports {
    return new Map(parts.map((one) => [one.name, this.#get(one)]));
  }

  #ofInstance(sort: Sort, index: number, name: string): unknown {
    const instance = this.#get({ sort: "instance", index });
    if (instance instanceof Absent) return new Absent(`${instance.path}::${name}`);
    if (sort === "other") return undefined;
    const exports = instance as Exports;
    if (!exports.has(name)) throw new Halt("Incompatible", `an instance in it has no \`${name}\``);
    return exports.get(name);
  }

  #ofCoreInstance(index: number, name: string): unknown {
    const found = (this.#get({ sort: "core instance", index }) as WasmExports)[name];
    if (found === undefined) throw new Halt("Incompatible", `a core instance in it has no \`${name}\``);
    return found;
  }

  #outer(levels: number): Space {
    let space: Space = this;
    for (let left = levels; left > 0; left--) {
      if (space.#within === undefined) throw new Halt("Incompatible", "it names a part from outside of itself");
      space = space.#within;
    }
    return space;
  }

  /** A core function that hands a text on. */
  #heard(listener: Listener, { memory: index }: Lifting): WasmFunction<readonly [number, number], void> {
    const memory = index === undefined ? undefined : this.#get({ sort: "core memory", index });
    return (at, length) => {
      if (!isMemory(memory)) throw new Halt("Incompatible", "a memory in it is none");
      const [from, { buffer }] = [at >>> 0, memory];
      if (from + (length >>> 0) > buffer.byteLength) throw new Halt("Protocol", "what it says is not in its memory");
      listener(new Uint8Array(buffer, from, length >>> 0));
    };
  }

  #lifted(func: number, { isUtf8, memory, realloc, after }: Lifting): Lifted {
    const optional = (sort: Sort, index: number | undefined): unknown =>
      index === undefined ? undefined : this.#get({ sort, index });
    const made = optional("core memory", memory);
    if (made !== undefined && !isMemory(made)) throw new Halt("Incompatible", "a memory in it is none");
    return {
      func: this.#get({ sort: "core func", index: func }) as WasmFunction,
      isUtf8,
      memory: made as WasmMemory | undefined,
      realloc: optional("core func", realloc) as WasmFunction | undefined,
      after: optional("core func", after) as WasmFunction | undefined,
    };
  }

  #add(sort: Sort, part: unknown): void {
    // Types are not counted, so nothing of that sort can be asked for.
    if (sort === "other") return;
    this.#parts[sort] ??= [];
    this.#parts[sort].push(part);
  }

  #get({ sort, index }: Part): unknown {
    if (sort === "other") return undefined;
    const found = this.#parts[sort]?.[index];
    if (found === undefined) throw new Halt("Incompatible", `it names a ${sort} that is not there`);
    return found;
  }
}

function trap(path: string): () => never {
  return () => {
    throw new Halt("Trap", `it called \`${path}\`, which is not there`);
  };
}
