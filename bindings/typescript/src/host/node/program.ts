// A program that speaks by its standard streams, with no manifest beside it: what it is, it says itself.

import { resolve, sep } from "node:path";
import { HostError } from "../../errors.js";
import type { Door } from "../door.js";
import { environment } from "./command.js";
import { findProgram, isProgram } from "./files.js";
import { startProcess } from "./process.js";

/** How a program is started. */
export interface ProgramOptions {
  /** Where it works. Default: where this program does. */
  readonly folder?: string;
  /** What it speaks. Default: `crossplug/1`. */
  readonly dialect?: string;
}

/**
 * A door to one program: an argument vector, whose first is looked up on the PATH where it names no place.
 *
 * @example
 * const plugin = await host.open("notes", programDoor(["python3", "-u", "notes.py"]));
 */
export function programDoor(command: readonly string[], options: ProgramOptions = {}): Door {
  const { folder = process.cwd(), dialect = "crossplug/1" } = options;
  return {
    name: "process",
    abilities: { process: [dialect] },
    open: async (opening, home) => {
      const [name = "", ...given] = command;
      const program = await found(name);
      const asks = dialect === "crossplug/1" ? [] : ["--dialect", dialect];
      const seen = environment(undefined, (variable) => home.allowed.check("env", variable) === undefined);
      const start = { program, arguments: [...given, ...asks], folder, environment: seen, dialect };
      return startProcess(start, opening, home);
    },
  };
}

async function found(name: string): Promise<string> {
  const place = name.includes("/") || name.includes(sep) ? resolve(name) : undefined;
  const program = place === undefined ? await findProgram(name, process.env.PATH ?? "") : place;
  if (program !== undefined && (await isProgram(program))) return program;
  const context = `there is no program \`${name}\`; install it, or correct the command`;
  throw new HostError("ToolMissing", "load", { context });
}
