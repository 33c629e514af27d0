// The host for browsers: loads plugins that are WebAssembly or modules, and calls them. Nothing of Node's is behind it.

export type { CallOptions, CallProgress, ServiceContext, StreamingCall, UploadOptions } from "./context.js";
export {
  CrossplugError,
  ERROR_KINDS,
  type ErrorKind,
  HostError,
  type HostErrorOptions,
  PluginError,
} from "./errors.js";
export { Host } from "./host/browser/host.js";
export { wasmDoor } from "./host/browser/wasm.js";
export type { Door, Ending, Introduction, Patience } from "./host/door.js";
export { ENCODINGS, type Encoding } from "./host/encoding.js";
export type { HostOptions, LoadOptions, ServiceSource } from "./host/options.js";
export { type HostCallOptions, Plugin } from "./host/plugin.js";
export type { HostEvent, HostLog, LogSource } from "./host/reports.js";
export type { WasmLimits } from "./host/wasm/limits.js";
export type { HostFunction, WasmMode, WasmOptions } from "./host/wasm/options.js";
export type { InterfaceVersion, Limits } from "./interfaces/protocol.js";
export { implement } from "./plugin/define.js";
export type { ServiceFunction, ServiceFunctions } from "./services.js";
