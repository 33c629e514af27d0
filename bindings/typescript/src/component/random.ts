// Numbers nobody expects, of a seed that the host gives: a component is a picture, so without one each would throw the same
// dice. Not for secrets.

/** Makes what a platform calls `Math.random`: sfc32, seeded with the first 16 of the bytes. */
export function randomOf(seed: Uint8Array): () => number {
  const view = new DataView(seed.buffer, seed.byteOffset, seed.byteLength);
  const word = (at: number): number => (at + 4 <= view.byteLength ? view.getUint32(at, true) : 0);
  let [a, b, c, counter] = [word(0), word(4), word(8), word(12) | 1];
  const next = (): number => {
    const out = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + out;
    return out >>> 0;
  };
  // What is near to the seed looks like it.
  for (let turn = 0; turn < 12; turn++) next();
  return () => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53;
}
