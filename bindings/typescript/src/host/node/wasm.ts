// The WebAssembly door in Node: files, threads that can be ended and that wait for the host's, HTTP.

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { MessageChannel, Worker } from "node:worker_threads";
import type { Door } from "../door.js";
import { WasmDoor } from "../wasm/door.js";
import type { WasmOptions } from "../wasm/options.js";
import type { Questions, Thread } from "../wasm/seat.js";
import { inside, read } from "./files.js";
import { sender } from "./http.js";
import { readyForComponents } from "./sums.js";

const PROGRAM = new URL("./guest-thread.js", import.meta.url);

/**
 * A door to WebAssembly modules and components. A host has one by itself; another one says where guests run and what they may
 * take, or which file to open without a manifest.
 *
 * @example
 * await using host = await Host.create({ doors: [wasmDoor({ mode: "inline" })] });
 */
export function wasmDoor(options: WasmOptions = {}): Door {
  return new WasmDoor({ read: bytesOf, address, thread, readyForComponents, send: sender }, options);
}

function address(path: string): string {
  return path.startsWith("file:") ? path : pathToFileURL(resolve(path)).href;
}

async function bytesOf(folder: string, path: string, most: number): Promise<Uint8Array> {
  return read(folder === "" ? resolve(path) : await inside(folder, path), most);
}

function thread(questions?: Questions): Thread {
  const asking = questions === undefined ? undefined : answering(questions);
  const worker = new Worker(PROGRAM, {
    // Nothing of the program's own: no environment, no arguments.
    ...{ env: {}, argv: [], execArgv: [] },
    ...(asking === undefined ? {} : { workerData: asking, transferList: [asking.port] }),
  });
  let ears = { heard: (_: unknown): void => undefined, gone: (_: string): void => undefined };
  worker.on("message", (message) => ears.heard(message));
  worker.on("error", (thrown: Error) => ears.gone(thrown.message));
  worker.on("exit", (code) => ears.gone(`exit code ${code}`));
  return {
    post: (message, transfer = []) => worker.postMessage(message, transfer),
    listen: (heard, gone) => {
      ears = { heard, gone };
    },
    hold: (holds) => (holds ? worker.ref() : worker.unref()),
    end: () => void worker.terminate(),
  };
}

/** Answers a thread, which sleeps meanwhile. */
function answering(questions: Questions): { port: MessageChannel["port1"]; bell: Int32Array } {
  const { port1: own, port2: port } = new MessageChannel();
  const bell = new Int32Array(new SharedArrayBuffer(4));
  own.on("message", (question: unknown) => {
    void questions(question).then((answer) => {
      own.postMessage(answer);
      Atomics.store(bell, 0, 1);
      Atomics.notify(bell, 0);
    });
  });
  // The thread itself keeps the program, for as long as it is there.
  own.unref();
  return { port, bell };
}
