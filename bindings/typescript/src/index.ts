// crossplug for every platform: values, codecs and errors. Nothing here comes from Node; plugins import "crossplug/plugin".

export type { UnknownArm } from "./codec/any.js";
export type { Codec, EnumCodec } from "./codec/codec.js";
export { DecodeError, EncodeError, type Reason } from "./codec/misfit.js";
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
export type { Caller, InterfaceDescriptor, Uploadable } from "./descriptor.js";
export {
  CrossplugError,
  type ErrorKind,
  HostError,
  type HostErrorOptions,
  type KnownErrorCode,
  PluginError,
  type PluginErrorOptions,
} from "./errors.js";
export { parseJson } from "./json/strict.js";
export type { JsonObject, JsonValue } from "./json/value.js";
export { packMsgpack } from "./msgpack/pack.js";
export { parseMsgpack } from "./msgpack/unpack.js";
