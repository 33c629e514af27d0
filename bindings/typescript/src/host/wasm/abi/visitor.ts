// What one visit to a guest of crossplug-abi/1 does: the same in the host's thread and in one of the guest's own. What goes in
// and what comes out can be posted.

import { type Fault, faultOf } from "../fault.js";
import type { FullWasmLimits } from "../limits.js";
import type { Visitor } from "../seat.js";
import type { WasmModule } from "../webassembly.js";
import { type ComponentCode, ComponentInstance } from "./component.js";
import type { Called, Instance } from "./instance.js";
import { ModuleInstance } from "./module.js";

/** What a guest is made of: a module, and the address of the JavaScript that it imports; or a component. */
export type GuestCode =
  | { readonly module: WasmModule; readonly glue?: string | undefined }
  | { readonly component: ComponentCode };

/** What is to be done in a guest. */
export type Visit =
  | { readonly kind: "begin"; readonly code: GuestCode; readonly limits: FullWasmLimits }
  | {
      readonly kind: "call";
      readonly method: number;
      readonly params: Uint8Array;
      readonly id: number;
      readonly timeoutMs: number | undefined;
    }
  | { readonly kind: "push"; readonly messages: readonly Uint8Array[] }
  | { readonly kind: "turn" | "close" }
  /** Nobody visits this guest any more. */
  | { readonly kind: "leave" };

/** What came of it. */
export interface Said {
  /** Messages, each with a line feed behind it. */
  readonly outbox: Uint8Array;
  /** Nothing of the plugin runs any more. */
  readonly isOver: boolean;
  /** In how many milliseconds the guest wants to be visited by itself; not at all; or as it said before. */
  readonly wait: number | undefined | "asBefore";
  /** How a call was answered. */
  readonly answer?: { readonly called: Called; readonly bytes: Uint8Array };
  /** The plugin's methods, by their numbers: of a guest that was made. */
  readonly methods?: readonly string[];
  /** The guest is lost. */
  readonly fault?: Fault;
}

/** What is said where there is nothing to say. */
export const SILENCE: Said = { outbox: new Uint8Array(0), isOver: false, wait: "asBefore" };

/** A visit that was lost. */
export function lost(fault: Fault): Said {
  return { ...SILENCE, fault };
}

/** Visits one guest after another. */
export class AbiVisitor implements Visitor<Visit, Said> {
  #instance: Instance | undefined;

  visit(visit: Visit): Said | Promise<Said> {
    if (visit.kind === "begin") return this.#begin(visit.code, visit.limits);
    if (visit.kind === "leave") {
      this.#instance = undefined;
      return SILENCE;
    }
    const instance = this.#instance;
    if (instance === undefined) return lost({ kind: "Protocol", what: "there is no guest" });
    const said: Uint8Array[] = [];
    try {
      switch (visit.kind) {
        case "call": {
          const { method, params, id, timeoutMs } = visit;
          const { called, bytes, news } = instance.call(method, params, id, timeoutMs);
          const answer = { called, bytes };
          if (!news) return { ...SILENCE, answer };
          return { outbox: instance.turn().bytes, isOver: false, wait: instance.wait(), answer };
        }
        case "push": {
          let isOver = false;
          for (const message of visit.messages) {
            const words = instance.push(message);
            said.push(words.bytes);
            isOver = words.isOver;
          }
          return { outbox: joined(said), isOver, wait: instance.wait() };
        }
        default: {
          const { bytes, isOver } = visit.kind === "turn" ? instance.turn() : instance.close();
          return { outbox: bytes, isOver, wait: instance.wait() };
        }
      }
    } catch (thrown) {
      this.#instance = undefined;
      const fault = faultOf(thrown);
      // Only a guest that broke by itself has something to say.
      const words = fault.kind === "Trap" ? instance.lastWords() : undefined;
      return { ...lost({ ...fault, words }), outbox: joined(said) };
    }
  }

  async #begin(code: GuestCode, limits: FullWasmLimits): Promise<Said> {
    this.#instance = undefined;
    try {
      const instance =
        "module" in code
          ? await ModuleInstance.make(code.module, limits, code.glue)
          : await ComponentInstance.make(code.component, limits);
      const methods = instance.methods();
      this.#instance = instance;
      return { ...SILENCE, wait: instance.wait(), methods };
    } catch (thrown) {
      return lost(faultOf(thrown));
    }
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
