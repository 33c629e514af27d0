// What a thread of the crew is asked to do in a library, and what came of it: values that can be posted.

import type { ErrorKind } from "../../../errors.js";
import type { Address } from "./tables.js";

/** An instance of a library. */
export interface Place {
  /** The library, which each thread loads for itself: koffi keeps what it needs for a thread from there on. */
  readonly path: string;
  readonly instance: Address;
}

/** What is to be done. */
export type Task =
  /** Loads a library and looks at it. */
  | { readonly kind: "look"; readonly path: string }
  /** The same, and makes an instance that speaks to a host table. */
  | { readonly kind: "open"; readonly path: string; readonly host: Address }
  | ({
      readonly kind: "call";
      readonly method: number;
      readonly params: Uint8Array;
      readonly id: number;
      readonly timeoutMs: number | undefined;
    } & Place)
  | ({ readonly kind: "push"; readonly messages: readonly Uint8Array[] } & Place)
  | ({ readonly kind: "close"; readonly patienceMs: number } & Place);

/** What came of it. */
export interface Done {
  /** Why it was not done. */
  readonly fault?: NativeFault;
  /** What `call`, `push` or `close` gave. */
  readonly status?: number;
  /** Of a call: what lay in the buffer. Of a look: the manifest, empty for none. Of `open`: the list of methods. */
  readonly bytes?: Uint8Array;
  /** An instance that was made. */
  readonly made?: Place;
}

/** Why something was not done. */
export interface NativeFault {
  readonly kind: ErrorKind;
  readonly what: string;
}
