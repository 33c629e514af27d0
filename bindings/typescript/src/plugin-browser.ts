// The plugin SDK where there is no Node: the same names, so that one module is a program there and a plugin of a page here.

import { CrossplugError } from "./errors.js";
import type { Plugin } from "./plugin/define.js";

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

/** A module of a page is never the program that was started. */
export function isMain(_meta: { readonly url: string }): boolean {
  return false;
}

/** There is no process to run as: the page's host calls the plugin that the module exports. */
export function run(_plugin: Plugin): never {
  throw new CrossplugError("usage", "a browser runs no plugin as a program; export it, and let a host load the module");
}
