// The native door: plugins as shared libraries, in the program's own process, entered through koffi. What they read, break or end,
// they read, break and end of the program: load only what you would link.

import { realpath } from "node:fs/promises";
import { HostError } from "../../../errors.js";
import type { Abilities, Door, Opening, Passage } from "../../door.js";
import type { Home } from "../../home.js";
import { checkSignal } from "../../host.js";
import { inside } from "../files.js";
import { enter } from "./crew.js";
import { listening } from "./ears.js";
import { NativePlugin } from "./passage.js";
import { NATIVE_ABI } from "./tables.js";

/** How a native door is made. */
export interface NativeOptions {
  /** The library, for {@link Host.open}. Default: the one that a manifest names. */
  readonly library?: string;
}

/** Enters shared libraries. */
class NativeDoor implements Door {
  readonly name = "native";
  readonly abilities: Abilities = { native: [NATIVE_ABI] };
  readonly #library: string | undefined;

  constructor(library: string | undefined) {
    this.#library = library;
  }

  async open(opening: Opening, home: Home): Promise<Passage> {
    const path = await this.#path(opening);
    const ears = await listening();
    checkSignal(opening.signal);
    return new NativePlugin(opening, home, ears).open(path, ears);
  }

  #path({ way, folder }: Opening): Promise<string> {
    if (this.#library !== undefined) return existing(this.#library);
    if (way?.kind === "native") return inside(folder, way.path);
    const context = "no manifest names a shared library; give the door one: `nativeDoor({ library })`";
    throw new HostError("Incompatible", "load", { context });
  }
}

/**
 * A door to shared libraries. A host has one by itself, which needs the package `koffi` as soon as a plugin comes through it; another
 * one says which library to open without a look at its manifest.
 *
 * A library runs in the program's process with everything that the program may do, and nobody can interrupt it. A call that is late
 * is cancelled; a plugin that keeps a thread a second past a call's deadline is given up. A program that ends while a plugin is open
 * or was given up ends at once, without what Node does last.
 *
 * @example
 * const plugin = await host.open("notes", nativeDoor({ library: "./libnotes.so" }));
 */
export function nativeDoor(options: NativeOptions = {}): Door {
  return new NativeDoor(options.library);
}

/** The manifest that a library carries; undefined where it has none. Loads it. @throws HostError */
export async function manifestIn(path: string): Promise<Uint8Array | undefined> {
  const ears = await listening();
  const place = await existing(path);
  const { fault, bytes } = await enter({ kind: "look", path: place }).done;
  if (fault !== undefined) throw new HostError(fault.kind, "load", { context: fault.what });
  ears.keep(place);
  return bytes === undefined || bytes.length === 0 ? undefined : bytes;
}

/** A file, with every link followed: one library has one place. @throws HostError */
async function existing(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (cause) {
    const kind = (cause as NodeJS.ErrnoException).code === "ENOENT" ? "NotFound" : "Io";
    throw new HostError(kind, "load", { context: `\`${path}\`: ${(cause as Error).message}`, cause });
  }
}
