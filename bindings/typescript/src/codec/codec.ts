// The codec of one type: what generated modules export beside each type. Knows JSON; the type's own rules come as functions.

import { checkDepth, MAX_DEPTH, parseJson } from "../json/strict.js";
import type { JsonValue } from "../json/value.js";
import { packMsgpack } from "../msgpack/pack.js";
import { parseMsgpack } from "../msgpack/unpack.js";
import { DecodeError, EncodeError, Misfit } from "./misfit.js";
import { writing } from "./scalars.js";

/**
 * Reads and writes one type.
 *
 * @example
 * const note = Note.decode('{"id":"7","title":"x"}'); // { id: 7n, title: "x" }
 * Note.encode(note); // '{"id":"7","title":"x"}'
 */
export interface Codec<T> {
  /** As the document spells the type. */
  readonly typeName: string;

  /**
   * Reads JSON text or its UTF-8 bytes.
   *
   * @throws DecodeError
   */
  decode(input: string | Uint8Array): T;

  /**
   * Reads what {@link parseJson} or {@link parseMsgpack} gave.
   *
   * @throws DecodeError
   */
  fromValue(value: unknown): T;

  /**
   * Writes JSON text.
   *
   * @throws EncodeError where the value is not one of the type
   */
  encode(value: T): string;

  /**
   * Writes a JSON value, ready for `JSON.stringify`. Its objects are new, except inside `any`.
   *
   * @throws EncodeError where the value is not one of the type
   */
  toValue(value: T): JsonValue;

  /**
   * Reads a MessagePack document.
   *
   * @throws DecodeError
   * @example
   * Note.unpack(Note.pack({ id: 7n, title: "x" })); // { id: 7n, title: "x" }
   */
  unpack(document: Uint8Array): T;

  /**
   * Writes a MessagePack document: 64-bit integers and bytes are native.
   *
   * @throws EncodeError where the value is not one of the type
   */
  pack(value: T): Uint8Array;

  /**
   * Writes what {@link packMsgpack} takes.
   *
   * @throws EncodeError where the value is not one of the type
   */
  toNative(value: T): unknown;

  /** Whether a value in memory is one of the type, so that {@link encode} would take it. */
  is(value: unknown): value is T;
}

/** The codec of an enum. */
export interface EnumCodec<T extends string, Known extends T = T> extends Codec<T> {
  /** The values that the document names, in its order. */
  readonly values: readonly Known[];
}

/** Makes a codec from the two functions of a type. `deep`: its values may nest without bound. */
export function codec<T>(
  typeName: string,
  read: (value: unknown) => T,
  write: (value: T) => unknown,
  deep = false,
): Codec<T> {
  const toValue = (value: T): JsonValue => {
    try {
      const out = writing(false, () => write(value));
      if (deep) checkDepth(out, MAX_DEPTH);
      return out as JsonValue;
    } catch (thrown) {
      throw encodeError(typeName, thrown);
    }
  };
  const toNative = (value: T): unknown => {
    try {
      return writing(true, () => write(value));
    } catch (thrown) {
      throw encodeError(typeName, thrown);
    }
  };
  const fromValue = (value: unknown): T => {
    try {
      return read(value);
    } catch (thrown) {
      throw decodeError(typeName, thrown);
    }
  };
  return {
    typeName,
    fromValue,
    toValue,
    decode: (input) => fromValue(parseJson(input)),
    encode: (value) => JSON.stringify(toValue(value)),
    toNative,
    unpack: (document) => fromValue(parseMsgpack(document)),
    pack: (value) => packMsgpack(toNative(value)),
    is: (value): value is T => {
      try {
        toValue(value as T);
        return true;
      } catch {
        return false;
      }
    },
  };
}

/** The same for an enum. */
export function enumCodec<T extends string, Known extends T>(
  typeName: string,
  values: readonly Known[],
  copy: (value: unknown) => T,
): EnumCodec<T, Known> {
  return { ...codec<T>(typeName, copy, copy), values };
}

/** What the reading side of a codec threw, for the outside. */
export function decodeError(what: string, thrown: unknown): unknown {
  return thrown instanceof Misfit ? new DecodeError(what, thrown) : thrown;
}

/** What the writing side of a codec threw, for the outside. A value that contains itself overflows the stack. */
export function encodeError(what: string, thrown: unknown): unknown {
  if (thrown instanceof Misfit) return new EncodeError(what, thrown);
  return thrown instanceof RangeError
    ? new EncodeError(what, new Misfit("tooDeep", "the value contains itself"))
    : thrown;
}
