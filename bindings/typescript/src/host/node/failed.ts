// Why a process could not be started, as an error of the host.

import { stat } from "node:fs/promises";
import { HostError } from "../../errors.js";

/** The program was found, so in a folder that is there it is the interpreter that is not. */
export async function failedToStart(thrown: unknown, program: string, folder: string): Promise<HostError> {
  const { code, message } = thrown as NodeJS.ErrnoException;
  const isFolder = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  const isMissing = code === "ENOENT" && isFolder;
  const why = isMissing
    ? "it, or the interpreter that its first line names, is not there; install that"
    : `${message} (in the folder \`${folder}\`)`;
  const context = `\`${program}\` cannot be started: ${why}`;
  return new HostError(isMissing ? "ToolMissing" : "Start", "load", { context, cause: thrown });
}
