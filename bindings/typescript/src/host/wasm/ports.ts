// What the WebAssembly door needs of its platform.

import type { Send } from "./extism/http.js";
import type { Questions, Thread } from "./seat.js";

/** Files, threads, and the network for guests. */
export interface WasmPorts {
  /** The bytes of a file inside of a folder, or, where the folder is empty, wherever the program says. @throws HostError */
  readonly read: (folder: string, path: string, most: number) => Promise<Uint8Array>;
  /** The address of JavaScript that a program names. */
  readonly address: (path: string) => string;
  /** A new thread that runs `serve`; `questions` answers what it asks and waits for. */
  readonly thread: (questions?: Questions) => Thread;
  /** Readies the engine for what components use of it, where it has to be told. */
  readonly readyForComponents?: () => void;
  /** Sends HTTP requests for guests, whose threads wait; undefined where no thread can wait for another. */
  readonly send: ((mostBytes: number) => Send) | undefined;
}
