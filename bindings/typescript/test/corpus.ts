// Finds the conformance corpus of the repository. Knows folders, no contents.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** `schema/` of the repository, seen from the compiled tests. */
export const SCHEMA = fileURLToPath(new URL("../../../../schema/", import.meta.url));

/** Folders and files of a folder of the corpus, in order. */
export function entries(...path: readonly string[]): string[] {
  return readdirSync(join(SCHEMA, "vectors", ...path)).sort();
}

/** A file of the corpus. */
export function text(...path: readonly string[]): string {
  return readFileSync(join(SCHEMA, "vectors", ...path), "utf8");
}
