// Why a guest stopped before its end, as a value that can be posted from the thread where it ran. Knows no ABI.

import { type ErrorKind, HostError } from "../../errors.js";
import { engine } from "./webassembly.js";

/** Why a guest stopped. */
export interface Fault {
  readonly kind: Extract<ErrorKind, "Trap" | "Limit" | "Protocol" | "Incompatible" | "Denied" | "Deadline">;
  /** What happened. */
  readonly what: string;
  /** What the guest itself had to say about it: a message. */
  readonly words?: Uint8Array | undefined;
}

/** Thrown in a guest's way by the host. */
export class Halt extends Error {
  readonly kind: Fault["kind"];

  constructor(kind: Fault["kind"], what: string) {
    super(what);
    this.kind = kind;
  }
}

/** What was thrown out of a guest. */
export function faultOf(thrown: unknown): Fault {
  if (thrown instanceof Halt) return { kind: thrown.kind, what: thrown.message };
  // Engines say it in their own ways, but all of them by this class.
  if (thrown instanceof RangeError) {
    return isStack(thrown)
      ? { kind: "Limit", what: "its calls are nested too deep: the stack is full" }
      : { kind: "Limit", what: `out of memory: ${thrown.message}` };
  }
  const what = thrown instanceof Error ? thrown.message : String(thrown);
  if (thrown instanceof engine.RuntimeError) return { kind: "Trap", what: withFrames(what, (thrown as Error).stack) };
  return { kind: "Incompatible", what };
}

/** Whether the stack was full. */
export function isStack(thrown: unknown): boolean {
  return thrown instanceof RangeError && /call stack|recursion/i.test(thrown.message);
}

/** Frames of a backtrace that help a person; the rest is the guest's own plumbing. */
const FRAMES = 6;

function withFrames(what: string, stack = ""): string {
  const names = [...stack.matchAll(/^\s*at (\S+) \(wasm:/gm)].slice(0, FRAMES).map(([, name]) => `\`${name}\``);
  return names.length === 0 ? what : `${what} in ${names.join(", called by ")}`;
}

/** A fault as an error of the host. */
export function asError({ kind, what }: Fault, operation: string): HostError {
  return new HostError(kind, operation, { context: what });
}

/** The same of a fault at the start. */
export function asStartError(fault: Fault, said?: string): HostError {
  if (fault.kind !== "Trap") return asError(fault, "load");
  return new HostError("Start", "load", { context: `its start trapped: ${said ?? fault.what}` });
}
