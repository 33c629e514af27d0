// koffi, which enters shared libraries for JavaScript. Loaded when the first library is: a program without native plugins need not
// have it.

import type * as Library from "koffi";
import { HostError } from "../../../errors.js";

/** What koffi is. */
export type Koffi = typeof Library;

/** The version that this package is tested with; a test compares it with package.json. */
export const KOFFI_VERSION = "3.3.4";

let loading: Promise<Koffi> | undefined;

/** Loads it, once in each thread. @throws HostError `ToolMissing` */
export function loadKoffi(): Promise<Koffi> {
  loading ??= import("koffi").catch((cause: Error) => {
    loading = undefined;
    const context = `native plugins are entered through the package \`koffi\`, which cannot be loaded (${firstLine(cause)}); install it beside \`crossplug\`: \`npm install koffi@${KOFFI_VERSION}\``;
    throw new HostError("ToolMissing", "load", { context, cause });
  });
  return loading;
}

function firstLine({ message }: Error): string {
  return message.split("\n", 1)[0] ?? "";
}
