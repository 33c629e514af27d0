// The program of a thread that transpiles one component, and ends: it takes a second and much memory, which goes with the thread.

import { parentPort, workerData } from "node:worker_threads";
import { HostError } from "../../../errors.js";
import { pack } from "./packed.js";
import { loadTranspiler, type Transpiler } from "./transpiler.js";

/** What came of it. */
export type Said = { readonly made: Uint8Array } | { readonly kind: HostError["kind"]; readonly what: string };

const OPTIONS = {
  name: "component",
  instantiation: { tag: "async" },
  // It stands by itself: no file, no import, no types.
  noTypescript: true,
  noNodejsCompat: true,
  base64Cutoff: 0,
  noNamespacedExports: false,
};

async function made(component: Uint8Array): Promise<Said> {
  try {
    const files = generated(await loadTranspiler(), component);
    const linker = files.find(([name]) => name.endsWith(".js"));
    const modules = new Map(files.filter(([name]) => name.endsWith(".wasm")));
    return { made: pack({ linker: new TextDecoder().decode(linker?.[1]), modules }) };
  } catch (thrown) {
    if (thrown instanceof HostError) return { kind: thrown.kind, what: thrown.context };
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    return { kind: "Incompatible", what: `it is no component that this host can run: ${why}` };
  }
}

function generated(transpiler: Transpiler, component: Uint8Array): readonly (readonly [string, Uint8Array])[] {
  return transpiler.generate(component, OPTIONS).files;
}

void made(workerData as Uint8Array).then((said) => parentPort?.postMessage(said));
