// The host as browsers have it: the portable one, whose plugins are fetched.

import load from "#wasm";
import { HostError } from "../../errors.js";
import { Host as Portable } from "../host.js";
import { ModuleDoor, type ModulePorts } from "../module/door.js";
import type { HostOptions } from "../options.js";
import { address, find } from "./fetched.js";
import { wasmDoor } from "./wasm.js";

let loaded: Promise<unknown> | undefined;

/** Makes everything of "#wasm" usable, once. */
function loadEngine(): Promise<unknown> {
  // Seen from dist/host/browser.
  loaded ??= load({ module_or_path: new URL("../../../wasm/pkg/session_bg.wasm", import.meta.url) });
  return loaded;
}

/**
 * Loads plugins that are WebAssembly modules or components, or modules of the page's own language. Paths are addresses, relative
 * to the page.
 *
 * @example
 * const host = await Host.create({ onLog: (line) => console.log(line.message) });
 * const plugin = await host.load("plugins/notes.wasm");
 * console.log(await plugin.call("note.count", { in: "inbox" }));
 */
export class Host extends Portable {
  /** A host with these options. */
  static async create(options: HostOptions = {}): Promise<Host> {
    await loadEngine();
    return new Host(options, {
      find,
      makeFolder: () => {
        const context = "a browser has no folders; leave `dataDir` and `dataRoot` out";
        return Promise.reject(new HostError("Incompatible", "load", { context }));
      },
      below: (folder, name) => `${folder}/${name}`,
      doors: [wasmDoor(), new ModuleDoor({ import: imported, bound, wasmDoor })],
    });
  }
}

async function imported(folder: string, path: string): ReturnType<ModulePorts["import"]> {
  const { href } = address(folder, path);
  try {
    return (await import(href)) as { [name: string]: unknown };
  } catch (cause) {
    const context = `\`${href}\` cannot be imported: ${(cause as Error).message}`;
    throw new HostError("Start", "load", { context, cause });
  }
}

/** A page's server may answer anything with a page: what lies there has to be a module. */
async function bound(folder: string, path: string): ReturnType<ModulePorts["bound"]> {
  const { href } = address(folder, path);
  const module = href.replace(/\.m?js$/, "_bg.wasm");
  if (module === href || !(await isThere(module, "application/wasm"))) return undefined;
  const glue = href.replace(/\.m?js$/, "_bg.js");
  return { module, glue: (await isThere(glue, "javascript")) ? glue : href };
}

async function isThere(href: string, type: string): Promise<boolean> {
  const found = await fetch(href, { method: "HEAD" }).catch(() => undefined);
  return found?.ok === true && (found.headers.get("content-type") ?? "").includes(type);
}
