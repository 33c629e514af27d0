// What one visit to a guest of Extism's ABI does: the same in the host's thread and in one of the guest's own. A visit is a
// call: bytes in, bytes out. What goes in and what comes out can be posted.

import type { LogLevel } from "../../../context.js";
import { type Fault, faultOf, Halt } from "../fault.js";
import type { Visitor } from "../seat.js";
import { engine, type WasmExports, type WasmFunction, type WasmImports, type WasmModule } from "../webassembly.js";
import { ENV, envImports, type HttpAnswer } from "./env.js";
import { Kernel } from "./kernel.js";
import { Variables } from "./variables.js";
import { Exit, WASI, wasiImports } from "./wasi.js";

/** The entry of a whole program, after which nothing is left to be called. */
const START = "_start";

/** One of a plugin's modules. */
export interface Part {
  readonly name: string;
  readonly module: WasmModule;
  /** What its language wants to be called before anything else. */
  readonly initialisers: readonly string[];
}

/** What guests of one plugin are made of. */
export interface Making {
  readonly kernel: WasmModule;
  /** What guests may import of it. */
  readonly kernelExports: readonly string[];
  /** In the order in which they need each other: the last is the one that is called. */
  readonly parts: readonly Part[];
  readonly config: { readonly [name: string]: string };
  /** Functions of the program that guests import. */
  readonly functions: readonly { readonly module: string; readonly name: string; readonly results: number }[];
  readonly usesWasi: boolean;
  readonly showsHeaders: boolean;
  readonly outputBytes: number;
  readonly variableBytes: number;
}

/** What is to be done in a guest. */
export type Visit =
  | { readonly kind: "make"; readonly making: Making }
  | { readonly kind: "call"; readonly entry: string; readonly input: Uint8Array };

/** What came of it. */
export type Said =
  | { readonly kind: "made" }
  | { readonly kind: "output"; readonly output: Uint8Array }
  /** An error that the guest gave itself, and the code that it ended with. */
  | { readonly kind: "failed"; readonly message: string | undefined; readonly code: number }
  /** A function of the program answered with an error. */
  | { readonly kind: "refused"; readonly error: FunctionError }
  | { readonly kind: "fault"; readonly fault: Fault };

/** What a function of the program failed with, as it can be posted. */
export interface FunctionError {
  readonly code: string;
  readonly message: string;
}

/** Thrown through a guest that called a function which failed. */
export class Refusal extends Error {
  readonly error: FunctionError;

  constructor(error: FunctionError) {
    super(error.message);
    this.error = error;
  }
}

/** The guest's way to its host. */
export interface Outside {
  log(source: "plugin" | "stdout" | "stderr", level: LogLevel, text: string): void;
  /** Calls a function of the program, and waits. @throws Refusal */
  call(place: number, args: readonly Uint8Array[]): Uint8Array;
  /** Does a request, and waits. @throws Refusal, Halt */
  http(request: Uint8Array, body: Uint8Array): HttpAnswer;
  /** Waits so many milliseconds. */
  sleep(ms: number): void;
}

/** Visits one guest after another. */
export class ExtismVisitor implements Visitor<Visit, Said> {
  readonly #outside: Outside;
  #making: Making | undefined;
  #guest: ExtismGuest | undefined;

  constructor(outside: Outside) {
    this.#outside = outside;
  }

  visit(visit: Visit): Said | Promise<Said> {
    if (visit.kind === "make") return this.#make(visit.making);
    if (this.#guest !== undefined) return this.#call(this.#guest, visit.entry, visit.input);
    return this.#remade(visit.entry, visit.input);
  }

  async #make(making: Making): Promise<Said> {
    this.#making = making;
    try {
      this.#guest = await ExtismGuest.make(making, this.#outside);
      return { kind: "made" };
    } catch (thrown) {
      return stopped(thrown);
    }
  }

  /** The last one was lost: a fresh one takes the call. */
  async #remade(entry: string, input: Uint8Array): Promise<Said> {
    if (this.#making === undefined) return stopped(new Halt("Protocol", "there is no guest"));
    const said = await this.#make(this.#making);
    return said.kind === "made" && this.#guest !== undefined ? this.#call(this.#guest, entry, input) : said;
  }

  #call(guest: ExtismGuest, entry: string, input: Uint8Array): Said {
    try {
      const said = guest.call(entry, input);
      if (entry === START || guest.hasEnded) this.#guest = undefined;
      return said;
    } catch (thrown) {
      this.#guest = undefined;
      const said = stopped(thrown);
      const words = said.kind === "fault" && said.fault.kind === "Trap" ? guest.words : undefined;
      if (said.kind !== "fault" || words === undefined) return said;
      return { kind: "fault", fault: { ...said.fault, what: `${words} (${said.fault.what})` } };
    }
  }
}

function stopped(thrown: unknown): Said {
  if (thrown instanceof Refusal) return { kind: "refused", error: thrown.error };
  if (thrown instanceof Exit) return { kind: "failed", message: undefined, code: thrown.code };
  return { kind: "fault", fault: faultOf(thrown) };
}

/** A guest and its kernel. */
class ExtismGuest {
  readonly #kernel: Kernel;
  readonly #exports: WasmExports;
  readonly #mostBytes: number;
  /** It ended its program. */
  hasEnded = false;

  private constructor(kernel: Kernel, exports: WasmExports, mostBytes: number) {
    this.#kernel = kernel;
    this.#exports = exports;
    this.#mostBytes = mostBytes;
  }

  static async make(making: Making, outside: Outside): Promise<ExtismGuest> {
    const kernel = await Kernel.make(making.kernel);
    const imports: WasmImports = { [ENV]: envImports(() => kernel, surroundings(making, outside)) };
    const env = imports[ENV] ?? {};
    for (const name of making.kernelExports) env[name] = kernel.exports[name];
    for (const [place, { module, name, results }] of making.functions.entries()) {
      imports[module] ??= {};
      imports[module][name] = (...handles: bigint[]) => {
        const given = handles.map((handle) => kernel.look(handle) ?? new Uint8Array(0));
        const answer = outside.call(place, given);
        return results === 0 ? undefined : kernel.give(answer);
      };
    }
    let exports: WasmExports = {};
    for (const part of making.parts) {
      let own: WasmExports = {};
      if (making.usesWasi) {
        imports[WASI] = wasiImports(() => own.memory, {
          print: (stream, line) => outside.log(stream, stream === "stdout" ? "info" : "warn", line),
          sleep: (ms) => outside.sleep(ms),
        });
      }
      own = (await engine.instantiate(part.module, imports)).exports;
      for (const name of part.initialisers) {
        const initialise = own[name] as WasmFunction<number[]>;
        initialise(...Array.from({ length: initialise.length }, () => 0));
      }
      imports[part.name] = { ...own };
      exports = own;
    }
    return new ExtismGuest(kernel, exports, making.outputBytes);
  }

  /** What it said before it broke. */
  get words(): string | undefined {
    try {
      return this.#kernel.outcome(this.#mostBytes).error;
    } catch {
      return undefined;
    }
  }

  call(entry: string, input: Uint8Array): Said {
    this.#kernel.begin(input);
    const code = this.#run(this.#exports[entry] as WasmFunction<[], number | undefined>);
    const { output, error } = this.#kernel.outcome(this.#mostBytes);
    if (code === 0 && error === undefined) return { kind: "output", output };
    return { kind: "failed", message: error, code };
  }

  #run(entry: WasmFunction<[], number | undefined>): number {
    try {
      return entry() ?? 0;
    } catch (thrown) {
      if (!(thrown instanceof Exit)) throw thrown;
      this.hasEnded = true;
      return thrown.code;
    }
  }
}

function surroundings(making: Making, outside: Outside): Parameters<typeof envImports>[1] {
  return {
    config: making.config,
    variables: new Variables(making.variableBytes),
    showsHeaders: making.showsHeaders,
    log: (level, text) => outside.log("plugin", level, text),
    http: (request, body) => outside.http(request, body),
  };
}
