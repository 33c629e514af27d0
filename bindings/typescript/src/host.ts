// The host for Node: loads plugins and calls them. Everything that is Node's own is below "host/node".

export type { CallOptions, CallProgress, ServiceContext, StreamingCall, UploadOptions } from "./context.js";
export {
  CrossplugError,
  ERROR_KINDS,
  type ErrorKind,
  HostError,
  type HostErrorOptions,
  PluginError,
} from "./errors.js";
export type { Door, Ending, Introduction, Patience } from "./host/door.js";
export { ENCODINGS, type Encoding } from "./host/encoding.js";
export { Host } from "./host/node/host.js";
export { type NativeOptions, nativeDoor } from "./host/node/native/door.js";
export { type ProgramOptions, programDoor } from "./host/node/program.js";
export { wasmDoor } from "./host/node/wasm.js";
export type { HostOptions, LoadOptions, ServiceSource } from "./host/options.js";
export { type HostCallOptions, Plugin } from "./host/plugin.js";
export type { HostEvent, HostLog, LogSource } from "./host/reports.js";
export type { WasmLimits } from "./host/wasm/limits.js";
export type { HostFunction, WasmMode, WasmOptions } from "./host/wasm/options.js";
export type { InterfaceVersion, Limits } from "./interfaces/protocol.js";
export { implement } from "./plugin/define.js";
export type { ServiceFunction, ServiceFunctions } from "./services.js";
