// WebAssembly as this package uses it. Platforms do not agree on which library of types declares it, so this room does.

/** A compiled module. Can be posted to a thread. */
export interface WasmModule {
  readonly [Symbol.toStringTag]: "WebAssembly.Module";
}

/** A memory that a module exports. */
export interface WasmMemory {
  /** All of it; another buffer once it has grown. */
  readonly buffer: ArrayBuffer;
}

/** A function that a module exports, as far as its types are known. */
export type WasmFunction<Args extends readonly unknown[] = readonly unknown[], Result = unknown> = (
  ...args: Args
) => Result;

/** What an instance exports. */
export interface WasmExports {
  readonly [name: string]: unknown;
}

/** What an instance imports: by module and name. */
export interface WasmImports {
  [module: string]: { [name: string]: unknown };
}

/** An import or an export, as a module tells it. */
export interface Described {
  readonly name: string;
  readonly kind: string;
}

/** What this package uses of it. */
export interface Engine {
  readonly Module: {
    exports(module: WasmModule): Described[];
    imports(module: WasmModule): (Described & { readonly module: string })[];
  };
  readonly Memory: new (of: { initial: number }) => WasmMemory;
  readonly RuntimeError: new () => Error;
  compile(bytes: Uint8Array): Promise<WasmModule>;
  validate(bytes: Uint8Array): boolean;
  instantiate(module: WasmModule, imports: WasmImports): Promise<{ readonly exports: WasmExports }>;
}

/** The platform's own. */
export const engine: Engine = (globalThis as unknown as { readonly WebAssembly: Engine }).WebAssembly;

/** Bytes of a page of memory. */
export const PAGE: number = 64 << 10;

/** Whether an export is a memory. */
export function isMemory(value: unknown): value is WasmMemory {
  return value instanceof engine.Memory;
}
