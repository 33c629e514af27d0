// What the plugin says it is: `plugin.json`, or what the author wrote in code. Reads one file; knows no session.

import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { CrossplugError } from "../errors.js";
import { parseJson } from "../json/strict.js";
import type { JsonObject } from "../json/value.js";
import { manifestInCode } from "./code-manifest.js";
import type { Plugin } from "./define.js";

/** Set by a host that knows where the manifest is. */
const ENVIRONMENT = "CROSSPLUG_MANIFEST";

/**
 * The manifest of a plugin that runs as a program.
 *
 * @throws CrossplugError `manifest` where the file cannot be read or there is none at all
 */
export function manifestOfProgram(plugin: Plugin): JsonObject {
  const path = process.env[ENVIRONMENT] ?? beside(process.argv[1]);
  return path === undefined ? manifestInCode(plugin) : manifestInFile(path);
}

/** The manifest of a plugin under test: the author's own, or the file of the package that the test belongs to. */
export function manifestForTest(plugin: Plugin): JsonObject {
  if (plugin.manifest !== undefined) return manifestInCode(plugin);
  const path = beside(process.argv[1]);
  return path === undefined ? manifestInCode({ ...plugin, manifest: STAND_IN }) : manifestInFile(path);
}

/** What a plugin without a manifest is called in a test. */
const STAND_IN = { name: "plugin-in-test", version: "0.0.0", description: "A plugin in a test." };

function manifestInFile(path: string): JsonObject {
  try {
    const value = parseJson(readFileSync(path));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
    throw new Error("it is no object");
  } catch (thrown) {
    throw new CrossplugError("manifest", `the manifest ${path} cannot be read: ${(thrown as Error).message}`, {
      cause: thrown,
    });
  }
}

/** The nearest `plugin.json` above the program, within its package: compiled programs lie in a folder such as `dist`. */
function beside(program: string | undefined): string | undefined {
  if (program === undefined || !existsSync(program)) return undefined;
  for (let folder = dirname(realpathSync(program)); ; folder = dirname(folder)) {
    const path = join(folder, "plugin.json");
    if (existsSync(path)) return path;
    if (existsSync(join(folder, "package.json")) || folder === dirname(folder)) return undefined;
  }
}
