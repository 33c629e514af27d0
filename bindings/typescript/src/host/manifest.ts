// What policy makes of a manifest, as values. Reads no file.

import { leadsOut, Manifest as Policy } from "#wasm";
import { type ErrorKind, HostError } from "../errors.js";
import type { Manifest } from "../interfaces/manifest.js";
import type { Allowed } from "./home.js";

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

/** What a program named, found. */
export interface Found {
  /** Name of the plugin. */
  readonly name: string;
  /** The folder that its paths are relative to. */
  readonly folder: string;
  /** Its manifest, where it has one. */
  readonly loaded: Loaded | undefined;
  /** How it is entered, where that is clear without a choice. */
  readonly way: DoorRecord | undefined;
}

/** What policy still knows about a manifest that was read. */
export interface Engine {
  /** Chooses a door: JSON of a {@link DoorRecord}. */
  choose(abilities: string, kind?: string, dialect?: string): string;
  /** What the plugin may do with these grants, a JSON list. */
  allowed(grants: string): Allowed;
  /** Where the manifest and the versions that the plugin says itself, JSON by interface, differ. */
  differences(said: string): string[];
  free(): void;
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
  return asHostError("load", () => loaded(new Policy(bytes, file), file, folder));
}

/** Reads the manifest that a file carries which is itself the plugin. @throws HostError `Manifest` */
export function readCarried(bytes: Uint8Array, file: string, folder: string): Loaded {
  return asHostError("load", () => loaded(Policy.carried(bytes, file), file, folder));
}

function loaded(engine: Policy, file: string, folder: string): Loaded {
  const read = JSON.parse(engine.read()) as Pick<Loaded, "manifest" | "doors" | "warnings">;
  return { file, folder, engine, ...read };
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
  const versions = Object.fromEntries(Object.entries(said).map(([name, { version }]) => [name, version]));
  return loaded.engine.differences(JSON.stringify(versions));
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
