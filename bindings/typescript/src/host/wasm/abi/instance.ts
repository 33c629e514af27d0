// One instance of a guest of crossplug-abi/1, as things that can be asked of it: the seam between a guest's seat and what the guest is
// made of, a module or a component. Knows nothing of messages. Whatever it throws is what stopped the guest.

/** What became of a direct call. */
export type Called = "done" | "failed" | "pending";
/** By their numbers. */
export const CALLED: readonly Called[] = ["done", "failed", "pending"];

/** What a guest gives. */
export interface Words {
  /** Messages with a line feed behind each; of a call, its result or error. */
  readonly bytes: Uint8Array;
  /** Nothing of the plugin runs any more. */
  readonly isOver: boolean;
}

/** A guest that can be entered. */
export interface Instance {
  /** The plugin's methods, by their numbers. */
  methods(): readonly string[];
  /** Calls a method by its number. `news`: there is something to take out with {@link Instance.turn}. */
  call(
    method: number,
    params: Uint8Array,
    id: number,
    timeoutMs: number | undefined,
  ): Words & { readonly called: Called; readonly news: boolean };
  /** Gives the guest a message; gives what it says. */
  push(message: Uint8Array): Words;
  /** Lets the guest run what is due or ready. */
  turn(): Words;
  /** Tells the guest that nothing more comes. */
  close(): Words;
  /** In how many milliseconds the guest wants to be entered by itself. */
  wait(): number | undefined;
  /** What a guest that broke down says about it. */
  lastWords(): Uint8Array | undefined;
}

/** The host's clock, as guests count. */
export function now(): bigint {
  return microseconds(performance.now());
}

/** A time of a guest's. */
export function microseconds(milliseconds: number): bigint {
  return BigInt(Math.round(Math.min(Math.max(0, milliseconds), 2 ** 43) * 1000));
}

/** In how many milliseconds a time of a guest's comes. */
export function until(time: bigint): number {
  return Math.max(0, Number(time) / 1000 - performance.now());
}
