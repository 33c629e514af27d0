// Components in Node: transpiled by jco, once a machine.

import { createHash } from "node:crypto";
import { Worker } from "node:worker_threads";
import { HostError } from "../../errors.js";
import type { Transpiled } from "../wasm/ports.js";
import { Cache, usualFolder } from "./components/cache.js";
import { allowSums } from "./components/flag.js";
import { unpack } from "./components/packed.js";
import type { Said } from "./components/transpile-thread.js";
import { versionOfTranspiler } from "./components/transpiler.js";

/** Changes with what is asked of the transpiler. */
const LAYOUT = "2";
const PROGRAM = new URL("./components/transpile-thread.js", import.meta.url);

/** How long what was made is kept in memory after a load, in milliseconds: a plugin that is loaded again and again finds it there. */
const KEPT_MS = 10_000;

/** What is being made, or was lately: two loads at once make it once. */
const lately: Map<string, { readonly made: Promise<Transpiled>; readonly end: ReturnType<typeof setTimeout> }> =
  new Map();

/** What Node's engine runs of a component. @throws HostError `ToolMissing`, `Incompatible` */
export async function transpile(component: Uint8Array): Promise<Transpiled> {
  const version = await versionOfTranspiler();
  const key = createHash("sha256").update(`${LAYOUT} ${version}\n`).update(component).digest("hex");
  const made = lately.get(key)?.made ?? make(key, component);
  keep(key, made);
  allowSums();
  return made;
}

function keep(key: string, made: Promise<Transpiled>): void {
  clearTimeout(lately.get(key)?.end);
  const forget = (): void => void lately.delete(key);
  const end = setTimeout(forget, KEPT_MS).unref();
  lately.set(key, { made, end });
  made.catch(forget);
}

async function make(key: string, component: Uint8Array): Promise<Transpiled> {
  const cache = await Cache.open(usualFolder());
  const kept = await cache?.get(key);
  if (kept !== undefined) return unpack(kept);
  const made = await elsewhere(component);
  await cache?.put(key, made);
  return unpack(made);
}

/** Has it made by a thread that ends with it: it takes a second. */
function elsewhere(component: Uint8Array): Promise<Buffer> {
  const worker = new Worker(PROGRAM, { env: {}, argv: [], execArgv: [], workerData: component });
  return new Promise<Buffer>((resolve, reject) => {
    const broke = (why: string): void => {
      reject(new HostError("Incompatible", "load", { context: `it cannot be transpiled: ${why}` }));
    };
    worker.once("message", (said: Said) => {
      if ("made" in said) resolve(Buffer.from(said.made.buffer, said.made.byteOffset, said.made.byteLength));
      else reject(new HostError(said.kind, "load", { context: said.what }));
    });
    worker.once("error", ({ message }) => broke(message));
    worker.once("exit", (code) => broke(`its thread ended with exit code ${code}`));
  }).finally(() => void worker.terminate());
}
