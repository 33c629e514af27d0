// The outline of a component in its binary form: what it is put together from, in order, as values that can be posted. Runs nothing.
// Types are passed over: which ones a plugin has is said by its world, and what does not fit is found where it is entered.

import { HostError } from "../../../errors.js";
import { isComponent, Reader, sections } from "../outline.js";

/** What a component keeps its parts by: each sort is numbered by itself. */
export type Sort =
  | "core func"
  | "core table"
  | "core memory"
  | "core global"
  | "core module"
  | "core instance"
  | "func"
  | "component"
  | "instance"
  /** Types and values, which nobody is asked for here. */
  | "other";

/** A part by its sort and number. */
export interface Part {
  readonly sort: Sort;
  readonly index: number;
}

/** A part under a name. */
export interface Named extends Part {
  readonly name: string;
}

/** How a core function is entered with values of the component's types. */
export interface Lifting {
  /** Whether texts are UTF-8 in memory. */
  readonly isUtf8: boolean;
  readonly memory: number | undefined;
  readonly realloc: number | undefined;
  /** What is called when the result was read. */
  readonly after: number | undefined;
}

/** One step of putting it together. Each but an outer one adds a part of its sort. */
export type Step =
  | { readonly step: "module"; readonly number: number }
  | { readonly step: "component"; readonly outline: Outline }
  | { readonly step: "core instance"; readonly module: number; readonly given: readonly Named[] }
  | { readonly step: "core exports"; readonly exports: readonly Named[] }
  | { readonly step: "instance"; readonly component: number; readonly given: readonly Named[] }
  | { readonly step: "exports"; readonly exports: readonly Named[] }
  | { readonly step: "of an instance"; readonly sort: Sort; readonly instance: number; readonly name: string }
  | { readonly step: "of a core instance"; readonly sort: Sort; readonly instance: number; readonly name: string }
  | { readonly step: "outer"; readonly sort: Sort; readonly levels: number; readonly index: number }
  | { readonly step: "lift"; readonly func: number; readonly by: Lifting }
  | { readonly step: "lower"; readonly func: number; readonly by: Lifting }
  /** A function of the component model's own. */
  | { readonly step: "built in"; readonly name: string }
  | { readonly step: "import"; readonly sort: Sort; readonly name: string }
  | ({ readonly step: "export" } & Named);

/** A component, as the steps of putting it together. */
export type Outline = readonly Step[];

/** What a component consists of. */
export interface Outlined {
  readonly outline: Outline;
  /** Its core modules, those of components inside of it counted in. */
  readonly modules: readonly Uint8Array[];
}

/** How deep components may lie in each other: tools make three levels. */
const DEPTH = 20;

const CORE: { readonly [sort: number]: Sort } = {
  0: "core func",
  1: "core table",
  2: "core memory",
  3: "core global",
  16: "other",
  17: "core module",
  18: "core instance",
};
const SORTS: { readonly [sort: number]: Sort } = { 1: "func", 2: "other", 3: "other", 4: "component", 5: "instance" };
const BUILT_IN: { readonly [canon: number]: string } = {
  2: "resource.new",
  3: "resource.drop",
  4: "resource.rep",
};

/** Reads a component. @throws HostError `Incompatible` */
export function outlined(component: Uint8Array): Outlined {
  const modules: Uint8Array[] = [];
  return { outline: outlineOf(component, modules, 0), modules };
}

function outlineOf(component: Uint8Array, modules: Uint8Array[], depth: number): Outline {
  if (depth > DEPTH) throw unfit(`components lie in each other more than ${DEPTH} deep`);
  if (!isComponent(component)) throw unfit("a component inside of it is none");
  const steps: Step[] = [];
  let end = HEAD;
  for (const { id, from, to } of sections(component)) {
    end = to;
    const reader = new Reader(component, from, to);
    if (id === 1) {
      steps.push({ step: "module", number: modules.length });
      modules.push(component.subarray(from, to));
    } else if (id === 4) {
      steps.push({ step: "component", outline: outlineOf(component.subarray(from, to), modules, depth + 1) });
    } else {
      const read = SECTIONS[id];
      if (read === undefined) throw unfit(`it has a section of the kind ${id}, which this host does not know`);
      if (read !== "passed over") each(reader, () => steps.push(read(reader)));
    }
  }
  if (end !== component.length) throw unfit("it is not whole");
  return steps;
}

const HEAD = 8;

const SECTIONS: { readonly [id: number]: ((reader: Reader) => Step) | "passed over" } = {
  0: "passed over",
  2: coreInstance,
  3: "passed over",
  5: instance,
  6: alias,
  7: "passed over",
  8: canon,
  10: imported,
  11: exported,
};

function coreInstance(reader: Reader): Step {
  if (reader.byte() !== 0) {
    const exports = each(reader, () => ({ name: reader.text(), ...corePart(reader) }));
    return { step: "core exports", exports };
  }
  const module = reader.number();
  const given = each(reader, (): Named => {
    const name = reader.text();
    return { name, sort: coreSort(reader), index: reader.number() };
  });
  return { step: "core instance", module, given };
}

function instance(reader: Reader): Step {
  if (reader.byte() !== 0)
    return { step: "exports", exports: each(reader, () => ({ name: nameOf(reader), ...part(reader) })) };
  const component = reader.number();
  return { step: "instance", component, given: each(reader, () => ({ name: reader.text(), ...part(reader) })) };
}

function alias(reader: Reader): Step {
  const sort = sortOf(reader);
  const kind = reader.byte();
  if (kind === 2) return { step: "outer", sort, levels: reader.number(), index: reader.number() };
  const step = kind === 0 ? "of an instance" : "of a core instance";
  return { step, sort, instance: reader.number(), name: reader.text() };
}

function canon(reader: Reader): Step {
  const kind = reader.byte();
  const name = BUILT_IN[kind];
  if (name !== undefined) {
    reader.number();
    return { step: "built in", name };
  }
  if (kind > 1 || reader.byte() !== 0)
    throw unfit("it uses the component model's own `async`, which this host does not run");
  const func = reader.number();
  const by = options(reader);
  if (kind === 1) return { step: "lower", func, by };
  reader.number();
  return { step: "lift", func, by };
}

function options(reader: Reader): Lifting {
  const found: { -readonly [name in keyof Lifting]: Lifting[name] } = {
    ...{ isUtf8: true, memory: undefined, realloc: undefined, after: undefined },
  };
  each(reader, () => {
    const kind = reader.byte();
    if (kind === 1 || kind === 2) found.isUtf8 = false;
    else if (kind === 3) found.memory = reader.number();
    else if (kind === 4) found.realloc = reader.number();
    else if (kind === 5) found.after = reader.number();
    else if (kind !== 0) throw unfit("it uses the component model's own `async`, which this host does not run");
  });
  return found;
}

function imported(reader: Reader): Step {
  const name = nameOf(reader);
  const sort = described(reader);
  return { step: "import", sort, name };
}

function exported(reader: Reader): Step {
  const name = nameOf(reader);
  const what = part(reader);
  if (reader.byte() !== 0) described(reader);
  return { step: "export", name, ...what };
}

/** The sort of a description, whose types are passed over. */
function described(reader: Reader): Sort {
  const kind = reader.byte();
  if (kind === 0) {
    if (reader.byte() !== 17) throw unfit("it describes a part that this host does not know");
    reader.number();
    return "core module";
  }
  const sort = SORTS[kind];
  if (kind === 2 || sort === undefined) throw unfit("it describes a part that this host does not know");
  // A type may be a new one; everything else is described by the number of its type.
  if (kind !== 3 || reader.byte() === 0) reader.number();
  return sort;
}

function part(reader: Reader): Part {
  return { sort: sortOf(reader), index: reader.number() };
}

function corePart(reader: Reader): Part {
  return { sort: coreSort(reader), index: reader.number() };
}

function sortOf(reader: Reader): Sort {
  const kind = reader.byte();
  if (kind === 0) return coreSort(reader);
  return SORTS[kind] ?? unknown();
}

function coreSort(reader: Reader): Sort {
  return CORE[reader.byte()] ?? unknown();
}

function unknown(): never {
  throw unfit("it has parts of a sort that this host does not know");
}

/** A name of an import or an export, with how it is spelled before it. */
function nameOf(reader: Reader): string {
  if (reader.byte() > 1) throw unfit("it has names of a kind that this host does not know");
  return reader.text();
}

function each<Read>(reader: Reader, read: () => Read): Read[] {
  const found: Read[] = [];
  for (let left = reader.number(); left > 0; left--) {
    found.push(read());
    if (!reader.isWhole) throw unfit("it is not whole");
  }
  return found;
}

function unfit(why: string): HostError {
  return new HostError("Incompatible", "load", { context: `it is no component that this host can run: ${why}` });
}
