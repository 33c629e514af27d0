// The plugin SDK inside a WebAssembly component: the names of "crossplug/plugin", and what the build of one needs. A build
// finds this room where a program finds plugin.ts.

import "./component/globals.js";
import { ComponentGuest } from "./component/guest.js";
import type { Guest } from "./component/world.js";
import { CrossplugError } from "./errors.js";
import type { JsonObject } from "./json/value.js";
import { manifestInCode } from "./plugin/code-manifest.js";
import type { Plugin } from "./plugin/define.js";

export type { Called, Guest, Outbox, Outside } from "./component/world.js";
export type {
  Awaitable,
  CallOptions,
  CallProgress,
  Context,
  Event,
  ItemReceiver,
  ItemSender,
  Log,
  LogLevel,
  PluginContext,
  StreamingCall,
  UploadOptions,
} from "./context.js";
export { type KnownErrorCode, PluginError } from "./errors.js";
export {
  type CodeManifest,
  definePlugin,
  type Implementation,
  implement,
  type Plugin,
  type PluginOptions,
} from "./plugin/define.js";

let registered: Plugin | undefined;

/** Says which plugin the component is; `run` of a program speaks with the host at once. */
export function run(plugin: Plugin): void {
  registered = plugin;
}

/** A component is made of one program, and is always that. */
export function isMain(_meta: { readonly url: string }): boolean {
  return true;
}

/**
 * What a component exports, for the plugin that was given to {@link run}.
 *
 * @param manifest - what `plugin.json` says; without one the manifest in the code counts
 * @param _program - the module that gave it: where it is used, no bundler takes it for one that does nothing
 * @throws CrossplugError `usage` where nothing was given to it
 */
export function component(manifest: JsonObject | undefined, _program: object): Guest {
  if (registered === undefined) throw new CrossplugError("usage", "the program gives no plugin to `run`");
  const guest = new ComponentGuest(registered, manifest ?? manifestInCode(registered));
  // They are called one by one, without what they belong to.
  return {
    begin: (outside) => guest.begin(outside),
    methods: () => guest.methods(),
    call: (method, params, id, timeout, now) => guest.call(method, params, id, timeout, now),
    push: (message, now) => guest.push(message, now),
    turn: (now) => guest.turn(now),
    close: (now) => guest.close(now),
  };
}
