// The program of a guest's thread in Node.

import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { serve } from "../wasm/serve.js";

/** How a question is asked, where there is somebody to ask. */
export interface Asking {
  readonly port: MessagePort;
  /** One cell: 1 once the answer is there. */
  readonly bell: Int32Array;
}

const port = parentPort;
const asking = workerData as Asking | undefined;
/** Nobody rings it. */
const alarm = new Int32Array(new SharedArrayBuffer(4));

if (port !== null) {
  serve({
    post: (message, transfer = []) => port.postMessage(message, transfer),
    listen: (heard) => port.on("message", heard),
    ask: asking && ((question) => ask(asking, question)),
    sleep: (ms) => void Atomics.wait(alarm, 0, 0, ms),
  });
}

function ask({ port, bell }: Asking, question: unknown): unknown {
  Atomics.store(bell, 0, 0);
  port.postMessage(question);
  Atomics.wait(bell, 0, 0);
  return (receiveMessageOnPort(port) as { message: unknown } | undefined)?.message;
}
