// Modules of plugins in Node.

import { stat } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { HostError } from "../../errors.js";
import { ModuleDoor, type ModulePorts } from "../module/door.js";
import { inside } from "./files.js";
import { wasmDoor } from "./wasm.js";

/** The door to plugins of the host's own language. */
export function moduleDoor(): ModuleDoor {
  return new ModuleDoor({ import: imported, bound, wasmDoor });
}

async function imported(folder: string, path: string): ReturnType<ModulePorts["import"]> {
  const place = await inside(folder, path);
  try {
    return (await import(pathToFileURL(place).href)) as { [name: string]: unknown };
  } catch (cause) {
    const context = `\`${place}\` cannot be imported: ${(cause as Error).message}`;
    throw new HostError("Start", "load", { context, cause });
  }
}

async function bound(folder: string, path: string): ReturnType<ModulePorts["bound"]> {
  const place = await inside(folder, path);
  const module = place.replace(/\.m?js$/, "_bg.wasm");
  if (module === place || !(await isFile(module))) return undefined;
  const glue = place.replace(/\.m?js$/, "_bg.js");
  return { module, glue: (await isFile(glue)) ? glue : place };
}

async function isFile(place: string): Promise<boolean> {
  return stat(place).then(
    (found) => found.isFile(),
    () => false,
  );
}
