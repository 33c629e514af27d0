// Unix sockets and TCP as Node has them: addresses, listening for one's own user alone, connecting. Knows neither plugins
// nor hosts. Node cannot ask whose process is at the other end, so a listener needs a token, and who connects looks
// at whom the socket's file belongs to.

import { chmodSync, lstatSync, mkdirSync, statSync, unlinkSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { dirname } from "node:path";
import { type Address, parseAddress, showAddress } from "./address.js";
import { CrossplugError } from "./errors.js";

/** A connection to who listens there. Rejects with an error whose `code` is the system's. */
export async function connectTo(address: Address, signal?: AbortSignal): Promise<Socket> {
  if ("unix" in address) {
    const { uid } = lstatSync(address.unix);
    const own = process.geteuid?.();
    if (own !== undefined && uid !== own)
      throw new CrossplugError(
        "denied",
        `${showAddress(address)} belongs to the user ${uid}, and this process to ${own}`,
      );
  }
  const socket =
    "unix" in address
      ? connect({ path: address.unix, allowHalfOpen: true })
      : connect({ host: address.host, port: address.port, allowHalfOpen: true, noDelay: true });
  return new Promise((found, failed) => {
    const giveUp = (): void => void socket.destroy(new CrossplugError("cancelled", "the connection was given up"));
    signal?.addEventListener("abort", giveUp, { once: true });
    socket.once("error", failed);
    socket.once("connect", () => {
      signal?.removeEventListener("abort", giveUp);
      socket.off("error", failed);
      found(socket);
    });
    if (signal?.aborted) giveUp();
  });
}

/** A socket on which somebody listens. */
export interface Listening {
  /** Where, with the port that was found. */
  readonly address: Address;
  /** Listens no more. Connections that were made live on. */
  close(): void;
}

/**
 * Listens, for processes of one's own user alone where it is a Unix socket. Rejects with an error whose text says what to do.
 *
 * @throws CrossplugError `usage` for a place that makes no sense
 */
export async function listenAt(address: Address, onConnection: (socket: Socket) => void): Promise<Listening> {
  const server = createServer({ allowHalfOpen: true, noDelay: "tcp" in address }, onConnection);
  if ("tcp" in address) {
    await listening(server, () => server.listen({ host: address.host, port: address.port }), address);
    const found = server.address() as AddressInfo;
    const host = found.family === "IPv6" ? `[${found.address}]` : found.address;
    return { address: parseAddress(`tcp:${host}:${found.port}`), close: () => void server.close() };
  }
  closeFolder(dirname(address.unix));
  await clear(address.unix);
  await listening(server, () => server.listen({ path: address.unix }), address);
  // Nobody came before: the folder is the user's alone.
  chmodSync(address.unix, 0o600);
  return { address, close: () => void server.close() };
}

function listening(server: Server, listen: () => void, address: Address): Promise<void> {
  return new Promise((done, failed) => {
    server.once("error", (cause: Error) => {
      failed(new Error(`nobody can listen at ${showAddress(address)}: ${cause.message}`, { cause }));
    });
    server.once("listening", done);
    listen();
  });
}

/** The folder of a socket: made where it is not there, and refused where others may enter it. */
function closeFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid, mode } = statSync(folder);
  const own = process.geteuid?.() ?? uid;
  const why =
    uid !== own
      ? `belongs to the user ${uid}`
      : (mode & 0o077) !== 0
        ? `may be entered by others (mode ${(mode & 0o777).toString(8)})`
        : undefined;
  if (why === undefined) return;
  throw new CrossplugError("usage", `the folder ${folder} of the socket ${why}; take one of your own with mode 700`);
}

/** Takes a socket away on which nobody listens any more, and nothing else. */
async function clear(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  const refused = (why: string): Error => new Error(`nobody can listen at unix:${path}: ${why}; take another path`);
  if (!found.isSocket()) throw refused("something lies there that is no socket");
  const isDead = await new Promise<boolean>((done) => {
    const trial = connect({ path });
    trial.once("connect", () => {
      trial.destroy();
      done(false);
    });
    trial.once("error", (error: NodeJS.ErrnoException) => done(error.code === "ECONNREFUSED"));
  });
  if (!isDead) throw refused("somebody listens there already");
  unlinkSync(path);
}
