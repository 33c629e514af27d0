// The plugin SDK for Node: what an author imports beside "crossplug" and the generated interfaces.

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
export { isMain, run } from "./plugin/run.js";
