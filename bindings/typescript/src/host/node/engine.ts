// Loads the session and the policy, which are WebAssembly, once.

import { readFileSync } from "node:fs";
import { initSync } from "#wasm";

let isLoaded = false;

/** Makes everything of "#wasm" usable. */
export function loadEngine(): void {
  if (isLoaded) return;
  // Seen from dist/host/node.
  const module = readFileSync(new URL("../../../wasm/pkg/session_bg.wasm", import.meta.url));
  initSync({ module });
  isLoaded = true;
}
