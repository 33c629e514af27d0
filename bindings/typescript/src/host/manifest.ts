// What policy makes of a manifest, as values. Reads no file.

import { Manifest as Engine, leadsOut } from "#wasm";
import { type ErrorKind, HostError } from "../errors.js";
import type { Manifest } from "../interfaces/manifest.js";

/** A door of a manifest, every path relative to its folder. */
export type DoorRecord =
  | {
      readonly kind: "process";
      readonly dialect: string;
      readonly cwd: string;
      readonly start: CommandRecord | { readonly bridge: string; readonly module: string };
    }
  | { readonly kind: "wasm" | "native"; readonly path: string; readonly abi: string | null }
  | { readonly kind: "module"; readonly python: string | null; readonly typescript: string | null }
  | {
      readonly kind: "socket";
      readonly unix: string | null;
      readonly tcp: string | null;
      readonly pluginListens: boolean;
      readonly dialect: string;
    };

/** What a process door starts: a program on the PATH, or one inside of the plugin's folder. */
export interface CommandRecord {
  readonly onPath: string | null;
  readonly inside: string | null;
  readonly arguments: readonly string[];
}

/** A manifest that was read. */
export interface Loaded {
  /** Its file, absolute. */
  readonly file: string;
  /** The folder that its paths are relative to. */
  readonly folder: string;
  readonly manifest: Manifest;
  readonly doors: readonly DoorRecord[];
  readonly warnings: readonly string[];
  /** For what only policy knows. */
  readonly engine: Engine;
}

/** Reads a manifest. @throws HostError `Manifest` with every mistake at once */
export function readManifest(bytes: Uint8Array, file: string, folder: string): Loaded {
  return asHostError("load", () => {
    const engine = new Engine(bytes, file);
    const read = JSON.parse(engine.read()) as Pick<Loaded, "manifest" | "doors" | "warnings">;
    return { file, folder, engine, ...read };
  });
}

/** The door that policy chooses. @throws HostError `Incompatible`, `NotFound` */
export function chooseDoor(
  { engine }: Loaded,
  abilities: object,
  door: string | undefined,
  dialect: string | undefined,
): DoorRecord {
  return asHostError("load", () => JSON.parse(engine.choose(JSON.stringify(abilities), door, dialect)) as DoorRecord);
}

/** The error of a path that leads out of its folder by a link. */
export function ledOut(path: string, place: string): HostError {
  const [what = "", cure = ""] = leadsOut(path);
  return new HostError("Manifest", "load", { context: `${what}, to \`${place}\`; ${cure}` });
}

/** Where a manifest and the plugin itself disagree about what it implements. */
export function differences(loaded: Loaded, said: { readonly [name: string]: { readonly version: string } }): string[] {
  const found: string[] = [];
  for (const [name, wanted] of Object.entries(loaded.manifest.interfaces ?? {})) {
    const own = Object.hasOwn(said, name) ? said[name] : undefined;
    if (own === undefined) found.push(`its manifest says that it implements \`${name}\`; the plugin itself does not`);
    else if (loaded.engine.takes(name, own.version) === false)
      found.push(`its manifest says that it implements \`${name}\` ${wanted}; the plugin itself says ${own.version}`);
  }
  return found;
}

const KINDS: { readonly [name: string]: ErrorKind } = {
  manifest: "Manifest",
  incompatible: "Incompatible",
  notFound: "NotFound",
  grant: "NotFound",
};

/** What policy throws, as an error of the host. */
export function asHostError<T>(operation: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    const kind = thrown instanceof Error ? KINDS[thrown.name] : undefined;
    if (kind === undefined) throw thrown;
    throw new HostError(kind, operation, { context: (thrown as Error).message });
  }
}
