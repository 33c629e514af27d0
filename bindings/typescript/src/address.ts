// Where a socket is, as a person writes it. Opens nothing.

import { resolve } from "node:path";
import { CrossplugError } from "./errors.js";

/** Longest path of a Unix socket in bytes, behind which the system wants a zero. */
const LONGEST_PATH = process.platform === "linux" || process.platform === "android" ? 107 : 103;

/** Where a socket is. */
export type Address =
  | { readonly unix: string }
  | { readonly tcp: string; readonly host: string; readonly port: number };

/**
 * `unix:PATH`, `tcp:HOST:PORT`.
 *
 * @throws CrossplugError `usage`
 */
export function parseAddress(text: string): Address {
  const [kind, rest] = split(text, text.indexOf(":"));
  if (kind === "unix" && rest !== "") return unixAddress(rest);
  const [host, port] = split(rest, rest.lastIndexOf(":"));
  if (kind === "tcp" && host !== "" && /^\d{1,5}$/.test(port) && Number(port) < 1 << 16)
    return { tcp: rest, host: host.replace(/^\[|\]$/g, ""), port: Number(port) };
  throw new CrossplugError("usage", `\`${text}\` is no address; write unix:run/plugin.sock or tcp:127.0.0.1:4000`);
}

/** A path as an address. @throws CrossplugError `usage` for one that no socket can have */
export function unixAddress(path: string): Address {
  const unix = resolve(path);
  const length = Buffer.byteLength(unix);
  if (length <= LONGEST_PATH) return { unix };
  throw new CrossplugError(
    "usage",
    `the path ${unix} has ${length} bytes, and that of a Unix socket at most ${LONGEST_PATH}: take a shorter one, or TCP`,
  );
}

function split(text: string, at: number): [string, string] {
  return at === -1 ? ["", ""] : [text.slice(0, at), text.slice(at + 1)];
}

/** As a person writes it. */
export function showAddress(address: Address): string {
  return "unix" in address ? `unix:${address.unix}` : `tcp:${address.tcp}`;
}

/** Whether nobody can see there who is at the other end. */
export function needsToken(address: Address, listens: boolean): boolean {
  return listens || "tcp" in address;
}
