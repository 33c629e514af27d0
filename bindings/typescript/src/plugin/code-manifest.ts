// The manifest that an author wrote in code. Knows no file.

import { CrossplugError } from "../errors.js";
import { Manifest } from "../interfaces/manifest.js";
import type { JsonObject } from "../json/value.js";
import type { Plugin } from "./define.js";

/**
 * The manifest in the code, completed by what the SDK knows.
 *
 * @throws CrossplugError `manifest` where there is none
 */
export function manifestInCode(plugin: Plugin): JsonObject {
  if (plugin.manifest === undefined) {
    throw new CrossplugError(
      "manifest",
      "the plugin has no manifest: put a plugin.json beside the program, or a `manifest` into definePlugin",
    );
  }
  const interfaces = Object.fromEntries(
    plugin.interfaces.map(({ descriptor }) => [descriptor.name, major(descriptor.version)]),
  );
  return Manifest.toValue({ language: "typescript", interfaces, ...plugin.manifest }) as JsonObject;
}

function major(version: string): string {
  return version.split(".")[0] ?? version;
}
