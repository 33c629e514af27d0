// What a generated module says about its interface, so that one dispatcher serves them all. Knows no transport.

import { decodeError, encodeError } from "./codec/codec.js";
import { writing } from "./codec/scalars.js";
import type {
  Awaitable,
  CallOptions,
  Event,
  ItemReceiver,
  ItemSender,
  PluginContext,
  StreamingCall,
  UploadOptions,
} from "./context.js";
import { PluginError } from "./errors.js";
import { checkDepth, MAX_DEPTH } from "./json/strict.js";
import type { JsonObject, JsonValue } from "./json/value.js";

/** Reads a value of a type from JSON; throws inside codecs. */
export type Reader<T> = (value: unknown) => T;
/** Writes a value of a type as JSON; throws inside codecs. */
export type Writer<T> = (value: T) => unknown;

/** One interface: what an author implements as `Plugin`. */
export interface InterfaceDescriptor<Plugin extends object> {
  /** Wire name. */
  readonly name: string;
  /** Semantic version of the document. */
  readonly version: string;
  /** SHA-256 of the document without descriptions. */
  readonly hash: string;
  /** By wire name. */
  readonly methods: ReadonlyMap<string, MethodDescriptor<Plugin>>;
  /** Events that the host sends, by wire name. */
  readonly events: ReadonlyMap<string, EventDescriptor<Plugin>>;
}

/** One method, with its types erased; {@link method} checks them. */
export interface MethodDescriptor<Plugin extends object> {
  readonly name: string;
  /** Of a service: what its manifest may ask for in place of its name. */
  readonly permission: string | undefined;
  readonly params: Reader<unknown>;
  readonly result: Writer<unknown>;
  readonly item: Writer<unknown> | undefined;
  readonly upload: Reader<unknown> | undefined;
  readonly has: (plugin: Plugin) => boolean;
  // The context is that of a plugin or of a host; `implement` and its like see that it fits.
  readonly call: (
    plugin: Plugin,
    ctx: never,
    params: unknown,
    items: ItemSender<unknown>,
    upload: ItemReceiver<unknown>,
  ) => unknown;
}

/** One event that the host sends. */
export interface EventDescriptor<Plugin extends object> {
  readonly name: string;
  readonly payload: Reader<unknown>;
  readonly has: (plugin: Plugin) => boolean;
  readonly call: (plugin: Plugin, ctx: PluginContext, event: Event<unknown>) => unknown;
}

/** Describes a method; the compiler sees that codecs and handler fit. */
export function method<Plugin extends object, Ctx, Params, Result, Item, Upload>(
  name: string,
  parts: {
    readonly permission?: string;
    readonly params: Reader<Params>;
    readonly result: Writer<Result>;
    readonly item?: Writer<Item>;
    readonly upload?: Reader<Upload>;
    readonly has: (plugin: Plugin) => boolean;
    readonly call: (
      plugin: Plugin,
      ctx: Ctx,
      params: Params,
      items: ItemSender<Item>,
      upload: ItemReceiver<Upload>,
    ) => Awaitable<Result>;
  },
): MethodDescriptor<Plugin> {
  return { permission: undefined, item: undefined, upload: undefined, ...parts, name } as MethodDescriptor<Plugin>;
}

/** Describes an event that the host sends. */
export function event<Plugin extends object, Payload>(
  name: string,
  parts: {
    readonly payload: Reader<Payload>;
    readonly has: (plugin: Plugin) => boolean;
    readonly call: (plugin: Plugin, ctx: PluginContext, event: Event<Payload>) => Awaitable<void>;
  },
): EventDescriptor<Plugin> {
  return { ...parts, name } as EventDescriptor<Plugin>;
}

/** Describes an interface. */
export function describe<Plugin extends object>(
  name: string,
  version: string,
  hash: string,
  methods: readonly MethodDescriptor<Plugin>[],
  events: readonly EventDescriptor<Plugin>[],
): InterfaceDescriptor<Plugin> {
  return {
    name,
    version,
    hash,
    methods: new Map(methods.map((one) => [one.name, one])),
    events: new Map(events.map((one) => [one.name, one])),
  };
}

/** Parameters of a method that takes none: an empty place, or an object that nobody reads. */
export function readNothing(_value: unknown): undefined {
  return undefined;
}

/** Parameters of a call that has none. */
export function writeEmpty(_value: undefined): JsonObject {
  return {};
}

/** Result of a method that gives none. */
export function writeNothing(_value: unknown): null {
  return null;
}

/** Whoever values are written for. */
export interface Native {
  /** Whether they may be in MessagePack's own forms; absent: they are what JSON has. Generated code asks. */
  readonly native?: boolean;
}

/** Whoever can be called: the host, for a plugin's services; a plugin, for a host or a test. */
export interface Caller extends Native {
  /** Calls and waits for the answer. */
  call(method: string, params?: JsonObject, options?: UploadOptions): Promise<JsonValue>;
  /** Calls a method that streams items. */
  start(method: string, params?: JsonObject, options?: UploadOptions): StreamingCall<JsonValue, JsonValue>;
}

/** What may be streamed to the other side. */
export type Uploadable<T> = AsyncIterable<T> | Iterable<T>;

/** Makes an error class of an interface from what came over the wire. */
export type ErrorClass = (plain: PluginError) => PluginError<unknown>;

/** The error classes of an interface, by code. */
export type ErrorClasses = { readonly [code: string]: ErrorClass };

/** An interface without errors of its own. */
export const noErrors: ErrorClasses = {};

/** Describes an error class. Details that do not fit their type leave the error as it came. */
export function errorClass<Details>(
  read: Reader<Details>,
  make: (message: string, details: Details | undefined, cause: unknown) => PluginError<Details>,
): ErrorClass {
  return (plain) => {
    try {
      return make(plain.message, plain.details === undefined ? undefined : read(plain.details), plain);
    } catch {
      return plain;
    }
  };
}

/** What a typed call needs to know of its method. */
export interface Signature<P, R> {
  readonly params: Writer<P>;
  readonly result: Reader<R>;
  readonly errors: ErrorClasses;
  /** How long a caller waits who does not say so itself, in milliseconds. */
  readonly timeoutMs?: number;
}

/** What a call streams to the other side. */
export interface Upload<U> {
  readonly from: Uploadable<U>;
  readonly write: Writer<U>;
}

/** A typed call without a stream towards the caller. */
export async function callTyped<P, R, U = never>(
  caller: Caller,
  name: string,
  signature: Signature<P, R>,
  params: P,
  options: CallOptions | undefined,
  upload?: Upload<U>,
): Promise<R> {
  const written = writeAs(`the parameters of ${name}`, signature.params, params, caller.native) as JsonObject;
  try {
    const answer = await caller.call(name, written, optionsOf(caller, name, signature, options, upload));
    return readAs(`the result of ${name}`, signature.result, answer);
  } catch (thrown) {
    throw typed(signature.errors, thrown);
  }
}

/** A typed call with a stream towards the caller. */
export function startTyped<P, R, T, U = never>(
  caller: Caller,
  name: string,
  signature: Signature<P, R> & { readonly item: Reader<T> },
  params: P,
  options: CallOptions | undefined,
  upload?: Upload<U>,
): StreamingCall<T, R> {
  const written = writeAs(`the parameters of ${name}`, signature.params, params, caller.native) as JsonObject;
  const call = caller.start(name, written, optionsOf(caller, name, signature, options, upload));
  let result: Promise<R> | undefined;
  return {
    result: () => {
      if (result === undefined) {
        result = call.result().then(
          (value) => readAs(`the result of ${name}`, signature.result, value),
          (thrown: unknown) => {
            throw typed(signature.errors, thrown);
          },
        );
        // Whoever also reads the stream learns of a failure there: that this promise fails too must not end the process.
        result.catch(() => undefined);
      }
      return result;
    },
    async *[Symbol.asyncIterator]() {
      try {
        for await (const value of call) yield readAs(`an item of ${name}`, signature.item, value);
      } catch (thrown) {
        throw typed(signature.errors, thrown);
      }
    },
  };
}

function optionsOf<U>(
  { native }: Caller,
  name: string,
  signature: { readonly timeoutMs?: number },
  options: CallOptions = {},
  upload: Upload<U> | undefined,
): UploadOptions {
  const { timeoutMs: usualTimeoutMs } = signature;
  return {
    ...options,
    ...(usualTimeoutMs === undefined ? {} : { usualTimeoutMs }),
    ...(upload === undefined ? {} : { upload: each(name, upload, native) }),
    ...(native === true ? { native } : {}),
  };
}

async function* each<U>(name: string, upload: Upload<U>, native?: boolean): AsyncGenerator<JsonValue> {
  for await (const one of upload.from) yield writeAs(`an item for ${name}`, upload.write, one, native);
}

/**
 * A writer for a type whose values may nest without bound: what a peer would refuse for its depth is refused here.
 *
 * @param levels - how many objects of the message are around the value
 */
export function bounded<T>(write: Writer<T>, levels: number): Writer<T> {
  return (value) => {
    const out = write(value);
    checkDepth(out, MAX_DEPTH - levels);
    return out;
  };
}

/** Reads with a sentence about what is read. */
export function readAs<T>(what: string, read: Reader<T>, value: unknown): T {
  try {
    return read(value);
  } catch (thrown) {
    throw decodeError(what, thrown);
  }
}

/** Writes with a sentence about what is written; `native` for MessagePack. */
export function writeAs<T>(what: string, write: Writer<T>, value: T, native = false): JsonValue {
  try {
    return (native ? writing(true, () => write(value)) : write(value)) as JsonValue;
  } catch (thrown) {
    throw encodeError(what, thrown);
  }
}

function typed(errors: ErrorClasses, thrown: unknown): unknown {
  if (!(thrown instanceof PluginError)) return thrown;
  return Object.hasOwn(errors, thrown.code) ? (errors[thrown.code]?.(thrown) ?? thrown) : thrown;
}
