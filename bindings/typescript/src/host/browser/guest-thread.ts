// The program of a guest's thread in a browser.

import { serve } from "../wasm/serve.js";

serve({
  post: (message, transfer = []) => globalThis.postMessage(message, { transfer: [...transfer] }),
  listen: (heard) => {
    globalThis.onmessage = ({ data }) => heard(data);
  },
  ask: undefined,
  // Nobody else is in this thread.
  sleep: (ms) => {
    for (const end = performance.now() + ms; performance.now() < end; );
  },
});
