// What a program tells a WebAssembly door. Types alone.

import type { JsonObject } from "../../json/value.js";
import type { WasmLimits } from "./limits.js";

/**
 * Where a guest runs. `worker`: in a thread of its own, which is ended when a call overruns its deadline. `inline`: in the
 * program's thread; faster by the way there and back, and a guest that does not come back holds the program up for good.
 */
export type WasmMode = "inline" | "worker";

/**
 * A function that Extism guests may import: each argument's bytes in, the result's bytes out. It may take its time where guests
 * have threads of their own, and answers at once where they are inline.
 */
export type HostFunction = (...args: Uint8Array[]) => Uint8Array | Promise<Uint8Array>;

/** How a WebAssembly door is made. Nothing is granted by default: no host, no function. */
export interface WasmOptions {
  /** Where guests run. Default: `worker`. */
  readonly mode?: WasmMode;
  /** Other caps than the default ones. */
  readonly limits?: WasmLimits;
  /** The module, or the file that it is in, for {@link Host.open}. Default: the one that a manifest names. */
  readonly module?: Uint8Array | string;
  /**
   * The JavaScript that {@link WasmOptions.module} imports, as wasm-bindgen makes it beside the module: `x_bg.js`, or `x.js` of
   * its target `web`. It is code of the plugin's that runs without a sandbox, in the guest's thread.
   */
  readonly glue?: string;
  /** Extism's own manifest, for {@link Host.open}: its text, or what that says. It lowers caps and never raises them. */
  readonly extism?: JsonObject | string;
  /** The folder that the paths of {@link WasmOptions.extism} are relative to. Default: where the program works. */
  readonly folder?: string;
  /** Functions by name for Extism guests, in `extism:host/user`; of another namespace as `namespace::name`. */
  readonly functions?: { readonly [name: string]: HostFunction };
  /** What Extism guests read as their configuration. What the manifest and the load say goes over it. */
  readonly config?: { readonly [name: string]: string };
  /**
   * Hosts that Extism guests may make HTTP requests to: `api.example.org`, `*.example.org:443`. One whose manifest is ours has
   * to ask for it, too.
   */
  readonly allowHosts?: readonly string[];
  /** Whether those hosts may be on this machine or in its networks. */
  readonly allowPrivateAddresses?: boolean;
  /** Whether Extism guests see the headers of HTTP responses. */
  readonly allowResponseHeaders?: boolean;
  /** How long a call of an Extism guest may take, whatever its caller allows. */
  readonly timeoutMs?: number;
  /**
   * How many calls of an Extism plugin run at once, each in a guest with variables and memory of its own. Default 1: calls come
   * one after another and see what earlier ones left.
   */
  readonly instances?: number;
}
