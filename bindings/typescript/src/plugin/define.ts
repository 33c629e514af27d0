// What an author writes: interfaces with their implementations, and the manifest. Knows no session and no Node.

import type { Awaitable, PluginContext } from "../context.js";
import type { InterfaceDescriptor } from "../descriptor.js";
import { CrossplugError } from "../errors.js";
import type { Manifest } from "../interfaces/manifest.js";

/** An interface and the object that implements it. */
export interface Implementation {
  /** The interface. */
  readonly descriptor: InterfaceDescriptor<object>;
  /** What the author wrote. */
  readonly target: object;
}

/** What the manifest says, where there is no `plugin.json`. */
export type CodeManifest = Omit<Manifest, "language" | "interfaces"> & Partial<Pick<Manifest, "language">>;

/** What {@link definePlugin} takes. */
export interface PluginOptions {
  /** Used where no `plugin.json` lies beside the program; that file wins. */
  readonly manifest?: CodeManifest;
  /** What the plugin implements: `implement(agent, {…})`, one for each interface. */
  readonly interfaces: readonly Implementation[];
  /** Runs once, when the host has sent the configuration and before the first call. Failing refuses to start. */
  readonly onStart?: (ctx: PluginContext) => Awaitable<void>;
  /** Runs once, behind the last answer. What it throws is logged. */
  readonly onStop?: (ctx: PluginContext) => Awaitable<void>;
}

/** A plugin, ready to be run or tested. */
export type Plugin = PluginOptions & { readonly interfaces: readonly Implementation[] };

/**
 * Binds an implementation to its generated descriptor. Methods that are left out are answered with `methodNotFound`.
 *
 * @param target - an object literal or an instance of a class
 * @example
 * implement(agent, { actionInvoke: (ctx, { memory }) => ({ success: true, text: memory.content.text ?? "" }) });
 */
export function implement<P extends object>(descriptor: InterfaceDescriptor<P>, target: P): Implementation {
  return { descriptor: descriptor as InterfaceDescriptor<never> as InterfaceDescriptor<object>, target };
}

/**
 * Makes a plugin of its parts.
 *
 * @throws CrossplugError `usage` where two interfaces have one name, or a method of one name
 */
export function definePlugin(options: PluginOptions): Plugin {
  const owners = new Map<string, string>();
  for (const { descriptor } of options.interfaces) {
    for (const name of [`interface ${descriptor.name}`, ...descriptor.methods.keys()]) {
      const owner = owners.get(name);
      if (owner !== undefined) {
        throw new CrossplugError(
          "usage",
          `${name} is implemented twice: by the interfaces ${owner} and ${descriptor.name}`,
        );
      }
      owners.set(name, descriptor.name);
    }
  }
  return options;
}
