// The WebAssembly door in browsers: modules and components are fetched, guests run in workers that can be ended.

import type { Door } from "../door.js";
import { WasmDoor } from "../wasm/door.js";
import type { WasmOptions } from "../wasm/options.js";
import type { Thread } from "../wasm/seat.js";
import { address, moduleAt } from "./fetched.js";

/**
 * A door to WebAssembly modules and components. A host has one by itself; another one says where guests run and what they may
 * take, or which file to open without a manifest. In a browser no worker waits for its page: Extism guests call functions of the
 * program `inline` alone, and make no HTTP requests.
 *
 * @example
 * const host = await Host.create({ doors: [wasmDoor({ mode: "inline" })] });
 */
export function wasmDoor(options: WasmOptions = {}): Door {
  const here = (path: string): string => address("", path).href;
  return new WasmDoor({ read, address: here, thread, send: undefined }, options);
}

function read(folder: string, path: string, most: number): Promise<Uint8Array> {
  return moduleAt(address(folder, path).href, most);
}

function thread(): Thread {
  const worker = new Worker(new URL("./guest-thread.js", import.meta.url), { type: "module" });
  return {
    post: (message, transfer = []) => worker.postMessage(message, [...transfer]),
    listen: (heard, gone) => {
      worker.onmessage = ({ data }) => heard(data);
      worker.onerror = ({ message }) => gone(message ?? "its program could not be loaded");
      worker.onmessageerror = () => gone("it said what cannot be posted");
    },
    // A page keeps its workers, and ends with none of them.
    hold: () => undefined,
    end: () => worker.terminate(),
  };
}
