// The tables of crossplug-abi/1 for shared libraries, as `schema/crossplug.h` spells them: what they look like, and whether one is
// whole. Knows addresses; runs nothing but a library's first word.

import type { KoffiFunc, TypeObject } from "koffi";
import { HostError } from "../../../errors.js";
import type { Koffi } from "./koffi.js";

/** What manifests call the ABI. */
export const NATIVE_ABI = "crossplug-abi/1";
/** What every table begins with. */
export const MAGIC = 0x6770_6c78;
/** The version of the ABI. */
export const VERSION = 1;

/** What a call came to. */
export const DONE = 0;
export const FAILED = 1;
export const PENDING = 2;
/** What `push` gives while it takes more. */
export const TAKEN = 0;
/** What `close` gives when nothing is left. */
export const GONE = 0;

/** An address, as koffi has it; null for none. */
export type Address = bigint;

/** Bytes that stay where they are. */
export interface Bytes {
  readonly data: Address | null;
  readonly length: number;
}

/** Bytes that go back to their library. */
export type Buffer = Bytes & { readonly owner: Address | null };

/** A place for a buffer, or one that was put there. */
type Place = Partial<Buffer>;

/** What can be asked of a library. */
export interface Entries {
  readonly open: KoffiFunc<(host: Address, error: Place) => Address | null>;
  readonly methods: KoffiFunc<(instance: Address) => Bytes>;
  readonly call: KoffiFunc<
    (
      instance: Address,
      method: number,
      params: Uint8Array,
      length: number,
      id: number,
      timeout: number,
      answer: Place,
    ) => number
  >;
  readonly push: KoffiFunc<(instance: Address, message: Uint8Array, length: number) => number>;
  readonly close: KoffiFunc<(instance: Address, patience: number) => number>;
  readonly release: KoffiFunc<(buffer: Place) => void>;
}

/** The types of the tables: of one thread's koffi. */
export interface Shapes {
  readonly bytes: TypeObject;
  readonly buffer: TypeObject;
  readonly host: TypeObject;
  /** Of `said`. */
  readonly said: TypeObject;
}

/** Says them to koffi. */
export function shapesOf(koffi: Koffi): Shapes {
  const head = { magic: "uint32_t", version: "uint32_t", size: "size_t" };
  return {
    bytes: koffi.struct({ data: "void *", length: "size_t" }),
    buffer: koffi.struct({ data: "void *", length: "size_t", owner: "void *" }),
    host: koffi.struct({ ...head, said: "void *" }),
    said: koffi.proto("void", ["void *", "void *", "size_t"]),
  };
}

/** Bytes of the head of a table, and of a place in it behind that. */
const HEAD = 16;
const PLACE = 8;

/** The entries of a table that is one of ours and whole. @throws HostError `Incompatible` with why it is not */
export function entriesAt(koffi: Koffi, shapes: Shapes, table: Address | null): Entries {
  if (table === null) throw unfit("gives no table from `crossplug_plugin`");
  const magic = koffi.decode(table, 0, "uint32_t") as number;
  const version = koffi.decode(table, 4, "uint32_t") as number;
  const size = Number(koffi.decode(table, 8, "size_t"));
  if (magic !== MAGIC) {
    const what = `gives a table with the magic number ${hex(magic)} and not ${hex(MAGIC)}: it is none of crossplug's`;
    throw unfit(what);
  }
  if (version !== VERSION) {
    const what = `is of crossplug-abi/${version}; this host knows ${NATIVE_ABI}: build the plugin for that, or take a newer host`;
    throw unfit(what);
  }
  const { bytes, buffer } = shapes;
  const place = koffi.pointer(buffer);
  const types = {
    open: ["void *", ["void *", koffi.out(place)]],
    methods: [bytes, ["void *"]],
    call: ["int32_t", ["void *", "uint32_t", "void *", "size_t", "int64_t", "int64_t", koffi.out(place)]],
    push: ["int32_t", ["void *", "void *", "size_t"]],
    close: ["int32_t", ["void *", "int64_t"]],
    release: ["void", [koffi.inout(place)]],
  } as const;
  const names = Object.keys(types) as (keyof typeof types)[];
  const least = HEAD + names.length * PLACE;
  if (size < least) {
    throw unfit(`gives a table of ${size} bytes; one of ${NATIVE_ABI} has ${least} at least`);
  }
  const entries = names.map((name, index) => {
    const entry = koffi.decode(table, HEAD + index * PLACE, "void *") as Address | null;
    if (entry === null) throw unfit(`has no \`${name}\` in its table`);
    const [result, parameters] = types[name];
    return [name, koffi.decode(entry, koffi.proto(result, [...parameters]))];
  });
  return Object.fromEntries(entries) as Entries;
}

function unfit(context: string): HostError {
  return new HostError("Incompatible", "load", { context });
}

/** A copy of bytes that lie somewhere. */
export function copied(koffi: Koffi, data: Address | null, length: number): Uint8Array {
  // An address is of the machine, and what koffi shows there is the library's own memory.
  return data === null || length === 0 ? new Uint8Array(0) : new Uint8Array(koffi.view(data, length).slice(0));
}

function hex(number: number): string {
  return `0x${number.toString(16).padStart(8, "0")}`;
}
