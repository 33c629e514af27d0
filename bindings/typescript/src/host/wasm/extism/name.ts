// What Extism's ABI is known by.

/** What manifests call it. */
export const EXTISM_ABI = "extism/1";
/** The namespace of functions that name none. */
export const USER = "extism:host/user";
