// Manifests and the places that they name, on disk. The one room that follows links.

import { access, constants, mkdir, open, realpath, stat } from "node:fs/promises";
import { basename, delimiter, dirname, extname, isAbsolute, join, resolve, sep } from "node:path";
import { Manifest } from "#wasm";
import { HostError } from "../../errors.js";
import { type Found, ledOut, readCarried, readManifest } from "../manifest.js";
import { MANIFEST_SECTION } from "../wasm/abi/name.js";
import { fullLimits } from "../wasm/limits.js";
import { customSection } from "../wasm/outline.js";
import { manifestIn } from "./native/door.js";

/** What a folder's manifest is called. */
const MANIFEST = "plugin.json";
/** How shared libraries' names end. */
const LIBRARIES = [".so", ".dylib", ".dll"];

/** Finds what a program names: a plugin's folder, its manifest, or a module or shared library by itself. @throws HostError */
export async function find(path: string): Promise<Found> {
  const named = resolve(path);
  const found = await stat(named).catch(() => undefined);
  if (found?.isFile() && extname(named) === ".wasm") return bareModule(named);
  if (isLibrary(named)) return bareLibrary(named);
  const file = found?.isDirectory() ? join(named, MANIFEST) : named;
  const loaded = readManifest(await read(file, Manifest.mostBytes()), file, dirname(file));
  return { name: loaded.manifest.name, folder: loaded.folder, loaded, way: undefined };
}

/** Whether it is called as shared libraries are. */
export function isLibrary(path: string): boolean {
  return LIBRARIES.includes(extname(path));
}

/** A module by itself. One of ours carries its manifest. */
async function bareModule(file: string): Promise<Found> {
  return bare(file, "wasm", customSection(await read(file, fullLimits().moduleBytes), MANIFEST_SECTION));
}

/** A shared library by itself, which carries its manifest, too. */
async function bareLibrary(file: string): Promise<Found> {
  return bare(file, "native", await manifestIn(file));
}

function bare(file: string, kind: "wasm" | "native", carried: Uint8Array | undefined): Found {
  const folder = dirname(file);
  const loaded = carried === undefined ? undefined : readCarried(carried, file, folder);
  const name = loaded?.manifest.name ?? basename(file, extname(file));
  return { name, folder, loaded, way: { kind, path: basename(file), abi: null } };
}

/** Reads a file: one byte more than so many, so that whoever judges it sees that it is too large. @throws HostError */
export async function read(file: string, atMost: number): Promise<Uint8Array> {
  try {
    const handle = await open(file);
    try {
      const most = atMost + 1;
      const bytes = Buffer.alloc(Math.min(most, (await handle.stat()).size + 1));
      let length = 0;
      for (;;) {
        const { bytesRead } = await handle.read(bytes, length, bytes.length - length);
        length += bytesRead;
        if (bytesRead === 0 || length === bytes.length) return bytes.subarray(0, length);
      }
    } finally {
      await handle.close();
    }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const isMissing = code === "ENOENT" || code === "ENOTDIR";
    const context = isMissing
      ? `there is no \`${file}\`; name a plugin's folder with a ${MANIFEST} in it, or the file`
      : `\`${file}\` cannot be read: ${(cause as Error).message}`;
    throw new HostError(isMissing ? "NotFound" : "Io", "load", { context, cause });
  }
}

/** Makes a plugin's folder. @throws HostError `Io` */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    const context = `the data folder \`${path}\` cannot be made: ${(cause as Error).message}`;
    throw new HostError("Io", "load", { context, cause });
  }
}

/** A folder of a name below another. */
export function below(folder: string, name: string): string {
  return resolve(folder, name);
}

/**
 * The file or folder that a manifest names, with every link followed: inside the plugin's folder. Doors ask here before they
 * open or start anything, and use what they get.
 *
 * @throws HostError `Manifest` where a link leads out of the folder, `NotFound` where nothing is there, `Io`
 */
export async function inside(folder: string, path: string): Promise<string> {
  const place = join(folder, path);
  try {
    const root = await realpath(folder);
    const leadsTo = await realpath(place);
    if (leadsTo === root || leadsTo.startsWith(root === sep ? sep : `${root}${sep}`)) return leadsTo;
    throw ledOut(path, leadsTo);
  } catch (cause) {
    if (cause instanceof HostError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    const isMissing = code === "ENOENT";
    const what = isMissing ? "is not there" : `cannot be looked at: ${message}`;
    const context = `\`${place}\`, which the manifest names, ${what}`;
    throw new HostError(isMissing ? "NotFound" : "Io", "load", { context, cause });
  }
}

/** Finds a program of this name on the PATH, as a shell would. */
export async function findProgram(name: string, path: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter)) {
    if (name === "" || folder === "") continue;
    const place = join(folder, name);
    // The child runs in another folder than the host.
    if (await isProgram(place)) return isAbsolute(place) ? place : resolve(place);
  }
  return undefined;
}

/** Whether it can be run. */
export async function isProgram(place: string): Promise<boolean> {
  try {
    await access(place, constants.X_OK);
    return (await stat(place)).isFile();
  } catch {
    return false;
  }
}
