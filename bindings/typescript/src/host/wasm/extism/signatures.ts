// What a module imports and exports with its types, which platforms do not tell: read from its binary form.

import { Reader, sections } from "../outline.js";

/** Parameters and results, a letter each: `i` i32, `l` i64, `f` f32, `d` f64, `?` anything else. */
export interface Signature {
  readonly params: string;
  readonly results: string;
}

/** An import; without a signature where it is no function. */
export interface Import extends Partial<Signature> {
  readonly module: string;
  readonly name: string;
}

/** A module's functions as others see them. */
export interface Signatures {
  readonly imports: readonly Import[];
  readonly exports: { readonly [name: string]: Signature };
}

const TYPES = 1;
const IMPORTS = 2;
const FUNCTIONS = 3;
const EXPORTS = 7;
const FUNCTION_TYPE = 0x60;
const UNKNOWN: Signature = { params: "?", results: "?" };
const LETTERS: { readonly [type: number]: string } = { 127: "i", 126: "l", 125: "f", 124: "d" };
/** Kinds of imports and exports. */
const [FUNCTION, TABLE, MEMORY, GLOBAL] = [0, 1, 2, 3];

/** Reads them; of a module that the platform has compiled. */
export function signaturesOf(module: Uint8Array): Signatures {
  const types: Signature[] = [];
  const imports: Import[] = [];
  /** The types of all functions, imported ones first. */
  const functions: Signature[] = [];
  const exports: { [name: string]: Signature } = {};
  for (const { id, from, to } of sections(module)) {
    const reader = new Reader(module, from, to);
    const count = [TYPES, IMPORTS, FUNCTIONS, EXPORTS].includes(id) ? reader.number() : 0;
    for (let index = 0; index < count && reader.isWhole; index++) {
      if (id === TYPES) types.push(typeOf(reader));
      else if (id === FUNCTIONS) functions.push(types[reader.number()] ?? UNKNOWN);
      else if (id === IMPORTS) {
        const place = { module: reader.text(), name: reader.text() };
        const kind = reader.byte();
        if (kind === FUNCTION) {
          const signature = types[reader.number()] ?? UNKNOWN;
          functions.push(signature);
          imports.push({ ...place, ...signature });
        } else {
          imports.push(place);
          skip(reader, kind);
        }
      } else {
        const name = reader.text();
        const kind = reader.byte();
        const place = reader.number();
        if (kind === FUNCTION) exports[name] = functions[place] ?? UNKNOWN;
      }
    }
  }
  return { imports, exports };
}

function typeOf(reader: Reader): Signature {
  // Other types belong to languages that this host has not met.
  if (reader.byte() !== FUNCTION_TYPE) return UNKNOWN;
  const letters = (): string => Array.from({ length: reader.number() }, () => LETTERS[reader.byte()] ?? "?").join("");
  return { params: letters(), results: letters() };
}

/** Passes over what an import that is no function says of itself. */
function skip(reader: Reader, kind: number): void {
  if (kind === TABLE) reader.byte();
  if (kind === TABLE || kind === MEMORY) {
    const hasMost = (reader.byte() & 1) === 1;
    reader.number();
    if (hasMost) reader.number();
  } else if (kind === GLOBAL) {
    reader.byte();
    reader.byte();
  }
}
