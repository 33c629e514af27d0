// What JSON can say, as TypeScript types, and members with dangerous names. Knows no text and no IDL type.

/** Any JSON value. */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;

/** A JSON object. Its names come from outside: look members up with {@link own} where a name may be `toString`. */
export type JsonObject = { [name: string]: JsonValue };

/** An object whose members are not checked yet. */
export type Fields = { readonly [name: string]: unknown };

/** An object that is being filled. */
export type Draft = { [name: string]: unknown };

/**
 * Sets a member whatever its name is: `__proto__` becomes a member like any other and no prototype is touched.
 *
 * @example
 * put(out, "__proto__", 1);
 */
export function put(target: object, name: string, value: unknown): void {
  if (name === "__proto__") {
    Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
  } else {
    (target as Draft)[name] = value;
  }
}

/**
 * A member by a name that every object seems to have (`constructor`, `toString`, `__proto__`): its own one, or undefined.
 *
 * @example
 * own({}, "toString"); // undefined
 */
export function own(source: object, name: string): unknown {
  return Object.hasOwn(source, name) ? (source as Fields)[name] : undefined;
}

/** The JSON kind of a value, for a message to a person. */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return "an array";
  switch (typeof value) {
    case "boolean":
      return "a boolean";
    case "number":
      return "a number";
    case "bigint":
      return "a bigint";
    case "string":
      return "a string";
    case "object":
      return value instanceof Uint8Array ? "bytes" : "an object";
    default:
      return `a ${typeof value}`;
  }
}
