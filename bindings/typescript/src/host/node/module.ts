// Modules of plugins in Node.

import { pathToFileURL } from "node:url";
import { HostError } from "../../errors.js";
import { ModuleDoor } from "../module/door.js";
import { inside } from "./files.js";

/** The door to plugins of the host's own language. */
export function moduleDoor(): ModuleDoor {
  return new ModuleDoor(async (folder, path) => {
    const place = await inside(folder, path);
    try {
      return (await import(pathToFileURL(place).href)) as { [name: string]: unknown };
    } catch (cause) {
      const context = `\`${place}\` cannot be imported: ${(cause as Error).message}`;
      throw new HostError("Start", "load", { context, cause });
    }
  });
}
