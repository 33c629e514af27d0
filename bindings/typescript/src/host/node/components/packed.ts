// What a component became, as one piece of bytes: a cache keeps it, and a thread hands it over.

import type { Transpiled } from "../../wasm/ports.js";

/** What stands before the parts. */
type Head = readonly (readonly [name: string, length: number])[];

/** The name of the linker among the parts. */
const LINKER = "";
const LENGTH = 4;

/** Packs it. */
export function pack({ linker, modules }: Transpiled): Buffer {
  const parts: [string, Uint8Array][] = [[LINKER, Buffer.from(linker)], ...modules];
  const head: Head = parts.map(([name, bytes]) => [name, bytes.length]);
  const written = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(LENGTH);
  length.writeUInt32BE(written.length);
  return Buffer.concat([length, written, ...parts.map(([, bytes]) => bytes)]);
}

/** What was packed; the bytes are not copied. */
export function unpack(bytes: Buffer): Transpiled {
  let at = LENGTH + bytes.readUInt32BE(0);
  const parts = JSON.parse(bytes.toString("utf8", LENGTH, at)) as Head;
  const read = new Map(
    parts.map(([name, length]) => {
      const part = bytes.subarray(at, at + length);
      at += length;
      return [name, part];
    }),
  );
  const linker = read.get(LINKER)?.toString("utf8") ?? "";
  read.delete(LINKER);
  return { linker, modules: read };
}
