// What generated modules stand on: the codecs' building blocks and the descriptors. Authors import "crossplug" instead.

export {
  readAny,
  readExtra,
  readUnknownArm,
  type UnknownArm,
  writeAny,
  writeExtra,
  writeUnknownArm,
} from "./codec/any.js";
export { type Codec, codec, type EnumCodec, enumCodec } from "./codec/codec.js";
export { dateText, dateTimeText, durationText, uriText, uuidText } from "./codec/formats.js";
export { within } from "./codec/misfit.js";
export {
  array,
  boolean,
  closedEnum,
  constant,
  integer,
  isArray,
  isBytes,
  isObject,
  keysOf,
  matching,
  namesOf,
  notNull,
  number,
  object,
  pattern,
  readBytes,
  readInt64,
  readUint64,
  safeInteger,
  sized,
  string,
  unknownTag,
  writeBytes,
  writeInt64,
  writeInt64Text,
  writeUint64,
  writeUint64Text,
  wrongKind,
} from "./codec/scalars.js";
export type {
  Awaitable,
  CallOptions,
  CallProgress,
  Context,
  Event,
  ItemReceiver,
  ItemSender,
  PluginContext,
  ServiceContext,
  StreamingCall,
} from "./context.js";
export {
  bounded,
  type Caller,
  callTyped,
  describe,
  type ErrorClass,
  errorClass,
  event,
  type InterfaceDescriptor,
  method,
  noErrors,
  readNothing,
  startTyped,
  type Uploadable,
  writeAs,
  writeEmpty,
  writeNothing,
} from "./descriptor.js";
export { PluginError } from "./errors.js";
export { type Draft, type Fields, type JsonObject, type JsonValue, own, put } from "./json/value.js";
