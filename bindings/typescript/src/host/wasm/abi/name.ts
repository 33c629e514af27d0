// What our own ABI is known by.

/** What manifests call it. */
export const CROSSPLUG_ABI = "crossplug-abi/1";
/** The export by which a module of ours is known. */
export const MARK = "crossplug_abi";
/** The custom section with the manifest. */
export const MANIFEST_SECTION = "crossplug.manifest";
