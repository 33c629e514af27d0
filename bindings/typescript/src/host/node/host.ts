// The host as Node has it: the portable one with files, processes and threads.

import { Host as Portable } from "../host.js";
import type { HostOptions } from "../options.js";
import { loadEngine } from "./engine.js";
import { below, find, makeFolder } from "./files.js";
import { moduleDoor } from "./module.js";
import { nativeDoor } from "./native/door.js";
import { ProcessDoor } from "./process.js";
import { SocketDoor } from "./socket.js";
import { wasmDoor } from "./wasm.js";

/**
 * Loads plugins: child processes, programs that listen, WebAssembly modules and components, shared libraries, and modules of the
 * program's own language.
 *
 * @example
 * await using host = await Host.create({ onLog: (line) => console.error(line.message) });
 * await using plugin = await host.load("plugins/notes");
 * console.log(await plugin.call("note.count", { in: "inbox" }));
 */
export class Host extends Portable {
  /** A host with these options. */
  static async create(options: HostOptions = {}): Promise<Host> {
    loadEngine();
    return new Host(options, {
      find,
      makeFolder,
      below,
      doors: [new ProcessDoor(), new SocketDoor(), wasmDoor(), nativeDoor(), moduleDoor()],
    });
  }
}
