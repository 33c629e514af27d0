// What a program tells its host. Types, and their defaults.

import { CrossplugError } from "../errors.js";
import type { Limits } from "../interfaces/protocol.js";
import type { JsonObject } from "../json/value.js";
import type { Implementation } from "../plugin/define.js";
import { OfferedServices, type ServiceFunctions } from "../services.js";
import type { Door, Patience } from "./door.js";
import { ENCODINGS, type Encoding } from "./encoding.js";
import type { HostEvent, HostLog } from "./reports.js";

/** Services: `implement(notesServices, {…})`, or functions by name. */
export type ServiceSource = Implementation | ServiceFunctions;

/** How a host is made. */
export interface HostOptions {
  /** Name of the program, as plugins see it. */
  readonly name?: string;
  /** Version of the program, as plugins see it. */
  readonly version?: string;
  /**
   * What plugins may call that ask for it in their manifest and were granted it.
   *
   * @example
   * { services: { "clock.now": () => ({ at: new Date().toISOString() }) } }
   */
  readonly services?: ServiceSource | readonly ServiceSource[];
  /**
   * What every plugin is granted of what its manifest asks for: `kv.get`, `kv:read`, `kv.*`, `emit=location:*`,
   * `env=TOKEN`. Default: nothing.
   */
  readonly grants?: readonly string[];
  /** Configuration for every plugin, over what its manifest says. */
  readonly config?: JsonObject;
  /** Other caps than the default ones. */
  readonly limits?: Limits;
  /** How long a call may take that does not say so itself, in milliseconds; `Infinity`: as long as it takes. Default: 30,000. */
  readonly timeoutMs?: number;
  /** How long a plugin may take to start, in milliseconds. Default: 30,000. */
  readonly startTimeoutMs?: number;
  /** How patient a stop is. */
  readonly patience?: Partial<Patience>;
  /**
   * What to speak with plugins that can, on doors that carry messages. Default: JSON, which every plugin speaks.
   *
   * MessagePack carries bytes as they are and 64-bit integers in eight bytes. A plugin that does not speak it, or whose door does
   * not carry it, is spoken to in JSON all the same; `plugin.encoding` tells.
   *
   * @example
   * const host = await Host.create({ encoding: "msgpack" });
   */
  readonly encoding?: Encoding;
  /** Gives each plugin a folder of its own below this one, by its name. Default: they have none. */
  readonly dataRoot?: string;
  /** Lets the errors of plugins carry stack traces. Default: no. */
  readonly debug?: boolean;
  /** Is called with each log line of every plugin, in order. Without it nothing is logged; a host never prints. */
  readonly onLog?: (log: HostLog) => void;
  /** Is called with each event of every plugin, in order. */
  readonly onEvent?: (event: HostEvent) => void;
  /** Further doors. One with the name of another takes its place. */
  readonly doors?: readonly Door[];
}

/** How a plugin is loaded; what is absent is as the host says. */
export interface LoadOptions {
  /** Takes this door of the manifest's, in place of the first that the host can use. */
  readonly door?: string;
  /** Speaks this dialect, in place of the manifest's. */
  readonly dialect?: string;
  /** Speaks this with the plugin if it can, in place of what the host says. */
  readonly encoding?: Encoding;
  /** Members of the plugin's configuration, over what the manifest and the host say. */
  readonly config?: JsonObject;
  /** Grants this too. */
  readonly grants?: readonly string[];
  /** A folder of the plugin's own; made when it is not there. */
  readonly dataDir?: string;
  /** How long the start may take, in milliseconds. */
  readonly startTimeoutMs?: number;
  /**
   * What plugin and host prove to each other with that they belong together, where one of them listens on a socket; the
   * plugin has it in its environment, as `CROSSPLUG_TOKEN`. A plugin that is entered in another way is not told.
   */
  readonly token?: string;
  /** Gives the load up: nothing of the plugin is left. */
  readonly signal?: AbortSignal;
}

/** What the options wish to speak. @throws CrossplugError `usage` where there is no such encoding */
export function wished(load: LoadOptions, host: HostOptions): Encoding {
  const encoding = load.encoding ?? host.encoding ?? "json";
  if (ENCODINGS.includes(encoding)) return encoding;
  throw new CrossplugError("usage", `there is no encoding "${encoding}"; there are ${ENCODINGS.join(" and ")}`);
}

/** What the options say is offered. */
export function offered(services: HostOptions["services"] = []): OfferedServices {
  const all = new OfferedServices();
  for (const one of isList(services) ? services : [services]) {
    if (isImplementation(one)) all.implement(one);
    else all.add(one);
  }
  return all;
}

function isList(services: ServiceSource | readonly ServiceSource[]): services is readonly ServiceSource[] {
  return Array.isArray(services);
}

function isImplementation(source: ServiceSource): source is Implementation {
  return typeof source.descriptor === "object" && typeof source.target === "object";
}
