// Plays schema/vectors/frames against the reader of frames, in the chunks of the case and byte by byte. Prints the count.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { entries, text } from "./corpus.js";
import { FrameReader, framed } from "./inside.js";

interface FrameCase {
  readonly description: string;
  readonly framing: "ndjson" | "length";
  readonly limits?: { readonly frameBytes: number };
  readonly text?: string;
  readonly hex?: string;
  readonly repeat?: number;
  readonly chunks?: readonly number[];
  readonly frames: readonly string[];
  readonly error?: string;
}

let played = 0;

/** The frames that bytes give in chunks of the sizes, the last size again and again; then the error, if there is one. */
function read(one: FrameCase, bytes: Buffer, sizes: readonly number[]): string[] {
  const out: string[] = [];
  const reader = new FrameReader(
    (frame) => out.push(Buffer.from(frame).toString()),
    (error) => out.push(`error: ${error}`),
  );
  reader.agreed(one.framing, one.limits?.frameBytes ?? 64 << 20);
  let at = 0;
  for (let turn = 0; at < bytes.length; turn++) {
    const size = sizes[Math.min(turn, sizes.length - 1)] ?? bytes.length;
    reader.push(bytes.subarray(at, at + size));
    at += size;
  }
  reader.end();
  return out;
}

for (const file of entries("frames")) {
  const one = JSON.parse(text("frames", file)) as FrameCase;
  test(`${file}: ${one.description}`, () => {
    const unit = one.hex === undefined ? Buffer.from(one.text ?? "") : Buffer.from(one.hex, "hex");
    const bytes = Buffer.concat(Array.from({ length: one.repeat ?? 1 }, () => unit));
    const expected = [...one.frames, ...(one.error === undefined ? [] : [`error: ${one.error}`])];
    for (const sizes of one.chunks === undefined ? [[bytes.length], [1]] : [one.chunks]) {
      assert.deepEqual(read(one, bytes, sizes), expected);
    }
    if (one.error === undefined) {
      const written = Buffer.concat(one.frames.map((frame) => framed(frame, one.framing)));
      assert.deepEqual(
        read({ ...one, limits: { frameBytes: 1 << 20 } }, written, [written.length]),
        expected,
        "read again after writing",
      );
    }
    played++;
  });
}

after(() => {
  console.log(`vectors frames typescript ${played}`);
});
