// Node 20's engine knows constants that are sums, as components of Python have them, and has to be told to use that; later ones do by
// themselves. It cannot be told for one thread, nor when a thread starts, but at any time for the whole program.

/** What it is told. */
export const EXTENDED_CONST = "--experimental-wasm-extended-const";
