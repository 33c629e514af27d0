// What a manifest says to start, as something that can be started: found out before any process is.

import { resolve } from "node:path";
import { HostError } from "../../errors.js";
import type { Opening } from "../door.js";
import type { CommandRecord, DoorRecord } from "../manifest.js";
import { findProgram, inside, isProgram } from "./files.js";

/** What every child gets from the host's environment. */
const ENVIRONMENT: ReadonlySet<string> = new Set(["PATH", "HOME", "LANG", "TMPDIR"]);

/** What to start. */
export interface Command {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly folder: string;
  /** All of it: nothing is inherited. */
  readonly environment: { readonly [name: string]: string };
  readonly dialect: string;
}

/** Finds it out. @throws HostError `Incompatible`, `ToolMissing`, `Manifest`, `NotFound`, `Io` */
export async function commandOf(opening: Opening, mayHave: (variable: string) => boolean): Promise<Command> {
  const { way, loaded } = opening;
  if (way?.kind !== "process" || loaded === undefined)
    throw new HostError("Incompatible", "load", { context: "the plugin has no process door" });
  if ("bridge" in way.start) {
    const context = "the manifest names no program; say in `doors.process.command` what to start";
    throw new HostError("Incompatible", "load", { context });
  }
  return {
    program: await programOf(way.start, loaded.folder),
    arguments: [...way.start.arguments, ...asksFor(loaded.doors, way.dialect)],
    folder: await inside(loaded.folder, way.cwd),
    environment: environment(loaded.file, mayHave),
    dialect: way.dialect,
  };
}

async function programOf({ onPath, inside: within }: CommandRecord, folder: string): Promise<string> {
  if (onPath !== null) {
    const found = await findProgram(onPath, process.env.PATH ?? "");
    if (found !== undefined) return found;
    const context = `there is no program \`${onPath}\` on the PATH; install it, or correct the command`;
    throw new HostError("ToolMissing", "load", { context });
  }
  // By the name that the manifest gives it: a virtual environment knows itself by it. It may be a link to anywhere, as that
  // environment's Python is; any program could start what lies there as well.
  const place = resolve(folder, within ?? "");
  if (await isProgram(place)) return place;
  throw new HostError("ToolMissing", "load", { context: `\`${place}\` is no program that can be run` });
}

/** A plugin of our SDKs, which is one whose manifest says `crossplug/1`, speaks another dialect when it is told to. */
function asksFor(doors: readonly DoorRecord[], wanted: string): string[] {
  const own = doors.find((door) => door.kind === "process");
  return wanted === "crossplug/1" || own?.kind !== "process" || own.dialect !== "crossplug/1"
    ? []
    : ["--dialect", wanted];
}

/** Everything that the child sees of the host's environment. */
export function environment(
  manifest: string | undefined,
  mayHave: (variable: string) => boolean,
): { [name: string]: string } {
  const seen: { [name: string]: string } = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && (ENVIRONMENT.has(name) || mayHave(name))) seen[name] = value;
  }
  if (manifest !== undefined) seen.CROSSPLUG_MANIFEST = manifest;
  return seen;
}
