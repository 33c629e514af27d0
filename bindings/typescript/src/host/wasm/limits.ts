// What a WebAssembly guest may take. Knows no ABI.

/** What a WebAssembly guest may take. What is absent keeps its default. */
export interface WasmLimits {
  /** Bytes of each linear memory. Default 1 GiB. A guest that wants more is told that its memory does not grow. */
  readonly memoryBytes?: number;
  /** Elements of each of its tables. Default 1,000,000. */
  readonly tableElements?: number;
  /** Bytes of one result. Default 64 MiB, as for messages. */
  readonly outputBytes?: number;
  /** Bytes of a module. Default 256 MiB. */
  readonly moduleBytes?: number;
  /** Bytes of an Extism guest's variables, 48 for each one counted in. Default 1 MiB; 0: it may have none. */
  readonly variableBytes?: number;
  /** Bytes of the body of an HTTP response for an Extism guest. Default 50 MiB. */
  readonly httpBytes?: number;
}

/** The same with nothing absent. */
export type FullWasmLimits = Required<WasmLimits>;

const DEFAULTS: FullWasmLimits = {
  memoryBytes: 1 << 30,
  tableElements: 1_000_000,
  outputBytes: 64 << 20,
  moduleBytes: 256 << 20,
  variableBytes: 1 << 20,
  httpBytes: 50 << 20,
};

/** Fills in what is absent. */
export function fullLimits(limits: WasmLimits = {}): FullWasmLimits {
  return { ...DEFAULTS, ...limits };
}
