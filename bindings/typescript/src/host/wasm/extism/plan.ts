// A plugin of Extism's ABI made ready: its manifest read, its modules compiled and judged, its guests seated. What is decided
// about it, policy decides.

import { extismKernelExports, extismManifest, extismPlan, Hosts } from "#wasm";
import { fromBase64 } from "../../../codec/base64.js";
import { HostError } from "../../../errors.js";
import type { JsonObject } from "../../../json/value.js";
import type { Opening, Passage } from "../../door.js";
import type { Home } from "../../home.js";
import { asHostError } from "../../manifest.js";
import { compiled, fitting } from "../code.js";
import type { FullWasmLimits } from "../limits.js";
import type { HostFunction, WasmOptions } from "../options.js";
import { bounded } from "../outline.js";
import type { WasmPorts } from "../ports.js";
import { InlineSeat, type Seat, ThreadSeat } from "../seat.js";
import { ExtismGuests } from "./guests.js";
import { kernelModule } from "./kernel.js";
import { USER } from "./name.js";
import type { Line } from "./outside.js";
import { InlineOutside, questions, type Reach } from "./reach.js";
import { signaturesOf } from "./signatures.js";
import { ExtismVisitor, type Making, type Said, type Visit } from "./visitor.js";

/** What a plugin is opened with. */
export interface Order {
  readonly opening: Opening;
  readonly home: Home;
  readonly limits: FullWasmLimits;
  /** The one module, where there is no manifest of Extism's. */
  readonly bytes: Uint8Array | undefined;
  readonly ports: WasmPorts;
  readonly options: WasmOptions;
}

/** One of a plugin's modules, as a manifest names it. */
interface Named {
  readonly name: string | null;
  readonly hash: string | null;
  readonly path: string | null;
  readonly data: string | null;
}

/** Extism's manifest, as policy reads it. */
interface Manifest {
  readonly modules: readonly Named[];
  readonly memoryBytes: number | null;
  readonly httpBytes: number | null;
  readonly variableBytes: number | null;
  readonly config: { readonly [name: string]: string };
  readonly hosts: readonly string[];
  readonly folders: readonly { readonly host: string }[];
  readonly timeoutMs: number | null;
}

/** How policy says that modules are linked. */
interface Linking {
  readonly names: readonly string[];
  readonly order: readonly number[];
  readonly functions: readonly { readonly place: number; readonly results: number }[];
  readonly wasi: boolean;
  readonly initialisers: readonly (readonly string[])[];
}

/** Opens one. @throws HostError */
export async function openExtism(order: Order): Promise<Passage> {
  const { opening, home, ports, options } = order;
  const manifest = read(options.extism);
  const limits = lowered(order.limits, manifest);
  if (manifest?.folders.length) {
    throw unable("its manifest allows it folders (`allowed_paths`), which guests of this host do not get");
  }
  const modules = await bytesOf(order, manifest, limits);
  const signatures = modules.map(({ bytes }) => signaturesOf(bytes));
  const offered = Object.entries(options.functions ?? {}).map(([name, run]) => ({ ...placeOf(name), run }));
  // What is no module at all is refused by the platform, with a better word.
  const code = await Promise.all(modules.map(({ bytes }) => compiled(bounded(bytes, limits))));
  const linking = asHostError("load", () => {
    const outlines = modules.map(({ name }, place) => ({ name, ...signatures[place] }));
    const functions = offered.map(({ module, name }) => [module, name]);
    return JSON.parse(extismPlan(JSON.stringify(outlines), JSON.stringify(functions))) as Linking;
  });
  const parts = linking.order.flatMap((place) => {
    const [module, name, initialisers] = [code[place], linking.names[place], linking.initialisers[place]];
    return module === undefined || name === undefined ? [] : [{ module, name, initialisers: initialisers ?? [] }];
  });
  const reached = linking.functions.flatMap(({ place, results }) => {
    const found = offered[place];
    return found === undefined ? [] : [{ ...found, results }];
  });
  const reach = reachOf(
    order,
    manifest,
    limits,
    reached.map(({ run }) => run),
  );
  const making: Making = {
    kernel: await compiled(bounded(kernelModule(), limits)),
    kernelExports: extismKernelExports(),
    parts,
    config: configOf(order, manifest),
    functions: reached.map(({ module, name, results }) => ({ module, name, results })),
    usesWasi: linking.wasi,
    showsHeaders: options.allowResponseHeaders ?? false,
    outputBytes: limits.outputBytes,
    variableBytes: limits.variableBytes,
  };
  const log = ({ source, level, text }: Line): void => home.reports.log(source, level, text);
  const main = linking.order.at(-1) ?? 0;
  const asks = reached.length > 0 || reach.send !== undefined ? questions(reach) : undefined;
  return ExtismGuests.open({
    opening,
    home,
    making,
    exports: signatures[main]?.exports ?? {},
    timeoutMs: least(options.timeoutMs, manifest?.timeoutMs),
    instances: options.instances ?? 1,
    seat: (): Seat<Visit, Said> => {
      if (options.mode === "inline") return new InlineSeat(new ExtismVisitor(new InlineOutside(reach, log)));
      const lost = (fault: Extract<Said, { kind: "fault" }>["fault"]): Said => ({ kind: "fault", fault });
      return new ThreadSeat<Visit, Said>(ports.thread(asks), lost, { aside: (said) => log(said as Line) });
    },
  });
}

function read(written: JsonObject | string | undefined): Manifest | undefined {
  if (written === undefined) return undefined;
  const text = typeof written === "string" ? written : JSON.stringify(written);
  return asHostError("load", () => JSON.parse(extismManifest(new TextEncoder().encode(text))) as Manifest);
}

/** A manifest can lower a cap of the program's, never raise one. */
function lowered(limits: FullWasmLimits, manifest: Manifest | undefined): FullWasmLimits {
  const lower = (own: number, said: number | null | undefined): number => Math.min(own, said ?? own);
  return {
    ...limits,
    memoryBytes: lower(limits.memoryBytes, manifest?.memoryBytes),
    httpBytes: lower(limits.httpBytes, manifest?.httpBytes),
    variableBytes: lower(limits.variableBytes, manifest?.variableBytes),
  };
}

function least(own: number | undefined, said: number | null | undefined): number | undefined {
  const both = [own, said].filter((time) => typeof time === "number");
  return both.length === 0 ? undefined : Math.min(...both);
}

async function bytesOf(
  { bytes, ports, options }: Order,
  manifest: Manifest | undefined,
  { moduleBytes }: FullWasmLimits,
): Promise<{ name: string | null; bytes: Uint8Array }[]> {
  if (manifest === undefined) return bytes === undefined ? [] : [{ name: null, bytes }];
  const one = async ({ name, hash, path, data }: Named): Promise<{ name: string | null; bytes: Uint8Array }> => {
    const place = options.folder === undefined ? (path ?? "") : `${options.folder}/${path}`;
    const found = path === null ? fromBase64(data ?? "") : await ports.read("", place, moduleBytes);
    if (hash !== null) await compare(found, hash);
    return { name, bytes: fitting(found, moduleBytes) };
  };
  return Promise.all(manifest.modules.map(one));
}

async function compare(bytes: Uint8Array, expected: string): Promise<void> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>));
  const found = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (found === expected.toLowerCase()) return;
  const context = `Hash mismatch, found ${found} but expected ${expected}`;
  throw new HostError("Manifest", "load", { context });
}

/** `namespace::name`, or a name in the usual one. */
function placeOf(name: string): { module: string; name: string } {
  const at = name.lastIndexOf("::");
  return at === -1 ? { module: USER, name } : { module: name.slice(0, at), name: name.slice(at + 2) };
}

/** What guests read as their configuration: texts, and other values as JSON. */
function configOf({ opening, options }: Order, manifest: Manifest | undefined): { [name: string]: string } {
  const config: { [name: string]: string } = { ...options.config, ...manifest?.config };
  for (const [name, value] of Object.entries((opening.hello.config ?? {}) as JsonObject)) {
    config[name] = typeof value === "string" ? value : JSON.stringify(value);
  }
  return config;
}

function reachOf(
  { opening, ports, options }: Order,
  manifest: Manifest | undefined,
  { httpBytes }: FullWasmLimits,
  functions: readonly HostFunction[],
): Reach {
  const hosts = new Hosts();
  const granted = [...(options.allowHosts ?? []), ...(manifest?.hosts ?? [])];
  for (const pattern of granted) hosts.grant(pattern);
  if (opening.loaded !== undefined) hosts.ask([...(opening.loaded.manifest.permissions?.net ?? [])]);
  if (options.allowPrivateAddresses === true) hosts.allowPrivate();
  const isInline = options.mode === "inline";
  // What a host cannot honour is an error at the load.
  if (granted.length > 0 && (isInline || ports.send === undefined)) {
    throw unable(
      isInline
        ? "it may speak to hosts, for which a guest has to wait; let it run in a `worker`"
        : "it may speak to hosts, and no thread of this platform can wait for the network",
    );
  }
  if (functions.length > 0 && !isInline && ports.send === undefined) {
    throw unable(
      "its guests call functions of the program, for which no thread of this platform can wait; run it `inline`",
    );
  }
  return { hosts, functions, send: isInline ? undefined : ports.send?.(httpBytes) };
}

function unable(context: string): HostError {
  return new HostError("Incompatible", "load", { context });
}
