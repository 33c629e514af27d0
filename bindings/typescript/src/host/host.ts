// A host: reads manifests, asks policy, hands plugins to doors. Knows no platform; what is one's own comes as ports.

import { Allowed } from "#wasm";
import { HostError } from "../errors.js";
import type { JsonObject } from "../json/value.js";
import type { OfferedServices } from "../services.js";
import { type Abilities, type Door, type Opening, PATIENCE } from "./door.js";
import { Home } from "./home.js";
import { asHostError, chooseDoor, differences, type Found } from "./manifest.js";
import { type HostOptions, type LoadOptions, offered, wished } from "./options.js";
import { Plugin } from "./plugin.js";
import { Reports } from "./reports.js";
import { Unread } from "./unread.js";

/** A plugin that cannot answer in this time is not one that a program waits for without saying so. */
const CALL_TIMEOUT_MS = 30_000;
/** An interpreter with heavy imports on a busy machine is up by then. */
const START_TIMEOUT_MS = 30_000;
/** As in `Limits` of the protocol. */
const BUFFERED_BYTES = 128 << 20;

/** What a host needs of its platform. */
export interface Ports {
  /** Finds a plugin by what the program named, and reads its manifest. @throws HostError */
  readonly find: (path: string) => Promise<Found>;
  /** Makes a folder, and those above it. */
  readonly makeFolder: (path: string) => Promise<void>;
  /** The folder of a name below another. */
  readonly below: (folder: string, name: string) => string;
  /** The platform's own doors. */
  readonly doors: readonly Door[];
}

/** Loads plugins. */
export class Host {
  readonly #options: HostOptions;
  readonly #ports: Ports;
  readonly #services: OfferedServices;
  readonly #doors: readonly Door[];
  readonly #plugins: Set<Plugin> = new Set();
  readonly #loading: Set<Promise<unknown>> = new Set();
  readonly #closing: AbortController = new AbortController();

  /** @internal Programs call `create` of the entry for their platform. */
  constructor(options: HostOptions, ports: Ports) {
    wished({}, options);
    this.#options = options;
    this.#ports = ports;
    this.#services = offered(options.services);
    const own = options.doors ?? [];
    this.#doors = [...ports.doors.filter((door) => own.every(({ name }) => name !== door.name)), ...own];
  }

  /** The plugins that are loaded now. */
  get plugins(): Plugin[] {
    return [...this.#plugins];
  }

  /**
   * Loads a plugin: the folder of its `plugin.json`, that file, or a WebAssembly module or (in Node) shared library by itself.
   *
   * @throws HostError of the kind `NotFound`, `Manifest`, `Incompatible`, `ToolMissing`, `Start`, `Protocol`, `Limit`,
   *   `Cancelled` or `Io`; nothing of the plugin is left then
   * @example
   * await using plugin = await host.load("plugins/notes", { grants: ["kv.get"], config: { language: "en" } });
   */
  load(path: string, options: LoadOptions = {}): Promise<Plugin> {
    return this.#begin(path, this.#found(path, options), options);
  }

  /**
   * Opens a plugin through a door that was made for it, without a manifest. It may do whatever is granted.
   *
   * @throws HostError as {@link Host.load}
   * @example
   * const plugin = await host.open("shouter", wasmDoor({ module: bytes }));
   */
  open(name: string, door: Door, options: LoadOptions = {}): Promise<Plugin> {
    const found = { name, folder: "", loaded: undefined, way: undefined, door };
    return this.#begin(name, Promise.resolve(found), options);
  }

  async #begin(what: string, found: Promise<Found & { door: Door }>, options: LoadOptions): Promise<Plugin> {
    const loading = found.then((found) => this.#load(found, options));
    this.#loading.add(loading);
    try {
      return await loading;
    } catch (thrown) {
      throw thrown instanceof HostError ? thrown.in(`load \`${what}\``) : thrown;
    } finally {
      this.#loading.delete(loading);
    }
  }

  /** Stops every plugin, and waits until nothing is left of them. Loads that are under way are given up. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#loading);
    await Promise.all(this.plugins.map((plugin) => plugin.stop()));
  }

  /** For `await using host = await Host.create()`: {@link Host.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The plugin, and the door that policy chooses. */
  async #found(path: string, wish: LoadOptions): Promise<Found & { door: Door }> {
    checkSignal(this.#signal(wish));
    const found = await this.#ports.find(path);
    const { loaded } = found;
    const way = found.way ?? (loaded && chooseDoor(loaded, abilities(this.#doors), wish.door, wish.dialect));
    const door = this.#doors.find(({ name }) => name === way?.kind);
    if (door !== undefined) return { ...found, way, door };
    throw new HostError("Incompatible", "load", { context: `this host has no \`${way?.kind}\` door` });
  }

  /** What gives a load up. */
  #signal(wish: LoadOptions): AbortSignal {
    const { signal: closing } = this.#closing;
    return wish.signal === undefined ? closing : AbortSignal.any([closing, wish.signal]);
  }

  async #load(found: Found & { door: Door }, wish: LoadOptions): Promise<Plugin> {
    const signal = this.#signal(wish);
    checkSignal(signal);
    const options = this.#options;
    const { name, loaded, way, folder, door } = found;
    const grants = JSON.stringify([...(options.grants ?? []), ...(wish.grants ?? [])]);
    const reports = new Reports(name, options.onLog, options.onEvent);
    const home = new Home(name, {
      allowed: asHostError("load", () => loaded?.engine.allowed(grants) ?? Allowed.unasked(grants)),
      services: this.#services,
      reports,
      unread: new Unread(options.limits?.bufferedBytes ?? BUFFERED_BYTES),
      debug: options.debug ?? false,
    });
    for (const warning of loaded?.warnings ?? []) home.note("warn", warning);
    const dataDir =
      wish.dataDir ?? (options.dataRoot === undefined ? undefined : this.#ports.below(options.dataRoot, name));
    if (dataDir !== undefined) await this.#ports.makeFolder(dataDir);
    const instanceId = `${[...name].slice(0, 100).join("")}-${crypto.randomUUID().replaceAll("-", "")}`;
    const hello: JsonObject = {
      host: options.name ?? "crossplug-host",
      hostVersion: options.version ?? "0.0.0",
      instanceId,
      config: { ...loaded?.manifest.config, ...options.config, ...wish.config },
      granted: home.granted,
      debug: options.debug ?? false,
    };
    if (dataDir !== undefined) hello.dataDir = dataDir;
    const opening: Opening = {
      name,
      loaded,
      folder,
      way,
      hello,
      token: wish.token,
      encoding: wished(wish, options),
      limits: options.limits ?? {},
      startTimeoutMs: wish.startTimeoutMs ?? options.startTimeoutMs ?? START_TIMEOUT_MS,
      patience: { ...PATIENCE, ...options.patience },
      signal,
    };
    const passage = await door.open(opening, home);
    const { introduction } = passage;
    // A foreign dialect has no words for it: what is said then is the dialect's own.
    if (loaded !== undefined && introduction.dialect === "crossplug/1") {
      for (const difference of differences(loaded, introduction.interfaces)) home.note("warn", difference);
    }
    const plugin = new Plugin(passage, home, {
      instanceId,
      manifest: loaded?.manifest,
      timeoutMs: options.timeoutMs ?? CALL_TIMEOUT_MS,
    });
    this.#plugins.add(plugin);
    void home.ending.then(() => {
      this.#plugins.delete(plugin);
      home.allowed.free();
      loaded?.engine.free();
    });
    return plugin;
  }
}

function abilities(doors: readonly Door[]): Abilities {
  return Object.assign({}, ...doors.map((door) => door.abilities)) as Abilities;
}

/** Whether somebody has given up what is being done. @throws HostError `Cancelled` */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal?.aborted)
    throw new HostError("Cancelled", "load", { context: "the load was given up", cause: signal.reason });
}
