// What a component became, as one piece of bytes: a cache keeps it, and a thread hands it over.

import type { Transpiled } from "../../wasm/ports.js";

/** Something that was transpiled. */
export interface Made extends Transpiled {
  /** Engines as old as Node 20's have to be told that constants may be sums. */
  readonly needsExtendedConst: boolean;
}

/** What stands before the parts. */
interface Head {
  readonly parts: readonly (readonly [name: string, length: number])[];
  readonly needsExtendedConst: boolean;
}

/** The name of the linker among the parts. */
const LINKER = "";
const LENGTH = 4;

/** Packs it. */
export function pack({ linker, modules, needsExtendedConst }: Made): Buffer {
  const parts: [string, Uint8Array][] = [[LINKER, Buffer.from(linker)], ...modules];
  const head: Head = { parts: parts.map(([name, bytes]) => [name, bytes.length]), needsExtendedConst };
  const written = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(LENGTH);
  length.writeUInt32BE(written.length);
  return Buffer.concat([length, written, ...parts.map(([, bytes]) => bytes)]);
}

/** What was packed; the bytes are not copied. */
export function unpack(bytes: Buffer): Made {
  let at = LENGTH + bytes.readUInt32BE(0);
  const { parts, needsExtendedConst } = JSON.parse(bytes.toString("utf8", LENGTH, at)) as Head;
  const read = new Map(
    parts.map(([name, length]) => {
      const part = bytes.subarray(at, at + length);
      at += length;
      return [name, part];
    }),
  );
  const linker = read.get(LINKER)?.toString("utf8") ?? "";
  read.delete(LINKER);
  return { linker, modules: read, needsExtendedConst };
}
