// jco's transpiler, which makes of a component what engines of JavaScript's run. Loaded when the first component is: a program without
// components need not have it.

import { readFile } from "node:fs/promises";
import { HostError } from "../../../errors.js";

/** The version that this package is tested with; a test compares it with package.json. */
const VERSION = "0.15.0";
const PACKAGE = "@bytecodealliance/jco-transpile";
/** The transpiler itself: the package's own entry loads an optimiser, too, which is ten times as large. */
const ENTRY = `${PACKAGE}/component`;

/** What is used of it. */
export interface Transpiler {
  readonly $init: Promise<unknown>;
  generate(component: Uint8Array, options: object): { readonly files: readonly (readonly [string, Uint8Array])[] };
}

/** Loads it. @throws HostError `ToolMissing` */
export async function loadTranspiler(): Promise<Transpiler> {
  return orMissing(async () => {
    const transpiler = (await import(ENTRY)) as Transpiler;
    await transpiler.$init;
    return transpiler;
  });
}

/** Its version. @throws HostError `ToolMissing` */
export async function versionOfTranspiler(): Promise<string> {
  return orMissing(async () => {
    // Seen from `vendor`, where the entry lies.
    const place = new URL("../package.json", import.meta.resolve(ENTRY));
    return (JSON.parse(await readFile(place, "utf8")) as { version: string }).version;
  });
}

async function orMissing<Found>(look: () => Promise<Found>): Promise<Found> {
  try {
    return await look();
  } catch (cause) {
    const why = (cause as Error).message.split("\n", 1)[0];
    const context = `components run in Node through the package \`${PACKAGE}\`, which cannot be loaded (${why}); install it beside \`crossplug\`: \`npm install ${PACKAGE}@${VERSION}\``;
    throw new HostError("ToolMissing", "load", { context, cause });
  }
}
