// The socket door: a plugin that runs already, or that somebody else starts, over a Unix socket or TCP. Either side may listen;
// `schema/README.md` section 10 is the law. It starts nothing, and ends nothing but conversations.

import type { Socket } from "node:net";
import { basename, dirname, join } from "node:path";
import { type Address, needsToken, parseAddress, showAddress, unixAddress } from "../../address.js";
import { HostError } from "../../errors.js";
import { connectTo, listenAt } from "../../sockets.js";
import type { Abilities, Door, Opening, Passage } from "../door.js";
import type { Home } from "../home.js";
import { checkSignal } from "../host.js";
import type { DoorRecord } from "../manifest.js";
import { Connection } from "./connection.js";
import { inside } from "./files.js";

/** Enters plugins over sockets. */
export class SocketDoor implements Door {
  readonly name = "socket";
  readonly abilities: Abilities = { socket: ["crossplug/1"] };

  async open(opening: Opening, home: Home): Promise<Passage> {
    const { way, folder, signal, token = "" } = opening;
    if (way?.kind !== "socket")
      throw new HostError("Incompatible", "load", { context: "the plugin has no socket door" });
    checkSignal(signal);
    const listens = !way.pluginListens;
    const address = await placeOf(way, folder);
    if (token === "" && needsToken(address, listens)) {
      const context = `\`${showAddress(address)}\` needs a token: give the plugin one in \`CROSSPLUG_TOKEN\`, and the load the same (\`token\`)`;
      throw new HostError("Denied", "load", { context });
    }
    const begin = performance.now();
    const socket = await (listens ? accept(address, opening) : reach(address, opening));
    // Who listens asks for the token, who connects shows it.
    const connection = new Connection(socket, way.dialect, opening, home, listens ? token : undefined);
    const giveUp = (): void => connection.stop();
    signal?.addEventListener("abort", giveUp, { once: true });
    try {
      if (signal?.aborted) connection.stop();
      const startTimeoutMs = Math.max(0, opening.startTimeoutMs - (performance.now() - begin));
      const hello = listens || token === "" ? opening.hello : { ...opening.hello, token };
      return await connection.open({ ...opening, hello, startTimeoutMs });
    } catch (thrown) {
      await home.ending;
      throw thrown instanceof HostError ? thrown.in("load") : thrown;
    } finally {
      signal?.removeEventListener("abort", giveUp);
    }
  }
}

/** Where the manifest says that the socket is, or is to be, with every link followed. @throws HostError */
async function placeOf(way: Extract<DoorRecord, { kind: "socket" }>, folder: string): Promise<Address> {
  try {
    if (way.unix === null) return parseAddress(`tcp:${way.tcp ?? ""}`);
    return unixAddress(await followed(folder, way.unix));
  } catch (thrown) {
    throw asHostError(thrown);
  }
}

/** Where a path of the plugin's folder leads, as far as it is there already. @throws HostError */
async function followed(folder: string, path: string): Promise<string> {
  try {
    return await inside(folder, path);
  } catch (thrown) {
    const above = dirname(path);
    if (!(thrown instanceof HostError) || thrown.kind !== "NotFound" || above === path) throw thrown;
    return join(await followed(folder, above), basename(path));
  }
}

/** Connects to a plugin that listens. @throws HostError */
async function reach(address: Address, { startTimeoutMs, signal }: Opening): Promise<Socket> {
  const late = AbortSignal.timeout(startTimeoutMs);
  try {
    return await connectTo(address, signal === undefined ? late : AbortSignal.any([late, signal]));
  } catch (cause) {
    checkSignal(signal);
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "denied") throw new HostError("Denied", "load", { context: message, cause });
    const place = showAddress(address);
    const context =
      code === "ENOENT" || code === "ECONNREFUSED"
        ? `nobody listens at \`${place}\`; start the plugin first, with \`--listen ${place}\``
        : `\`${place}\` cannot be reached: ${message}`;
    throw new HostError("Start", "load", { context, cause });
  }
}

/** Listens until the first plugin has connected. @throws HostError */
async function accept(address: Address, { startTimeoutMs, signal }: Opening): Promise<Socket> {
  let found: (socket: Socket) => void = () => undefined;
  const connected = new Promise<Socket>((resolve) => {
    found = (socket) => {
      found = (further) => void further.destroy();
      resolve(socket);
    };
  });
  const late = AbortSignal.timeout(startTimeoutMs);
  const over = signal === undefined ? late : AbortSignal.any([late, signal]);
  let listening: Awaited<ReturnType<typeof listenAt>>;
  try {
    listening = await listenAt(address, (socket) => found(socket.pause()));
  } catch (thrown) {
    throw asHostError(thrown);
  }
  const nobody = new Promise<never>((_, reject) => {
    const giveUp = (): void => {
      const context = `no plugin has connected to \`${showAddress(address)}\` within ${startTimeoutMs} ms; start it with \`--connect\`, or allow more with \`startTimeoutMs\``;
      reject(new HostError("Start", "load", { context }));
    };
    if (over.aborted) giveUp();
    over.addEventListener("abort", giveUp, { once: true });
  });
  try {
    return await Promise.race([connected, nobody]);
  } catch (thrown) {
    checkSignal(signal);
    throw thrown;
  } finally {
    listening.close();
  }
}

/** What cannot be listened at or is no place for a socket, as an error of the host. */
function asHostError(thrown: unknown): unknown {
  if (thrown instanceof HostError) return thrown;
  return thrown instanceof Error ? new HostError("Io", "load", { context: thrown.message, cause: thrown }) : thrown;
}
