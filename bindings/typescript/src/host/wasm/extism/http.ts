// A guest's HTTP request, judged: only to hosts that were granted, each redirect asked about again. Sends nothing itself.

import { PluginError } from "../../../errors.js";
import { parseJson } from "../../../json/strict.js";
import type { JsonValue } from "../../../json/value.js";
import { Halt } from "../fault.js";
import type { HttpAnswer } from "./env.js";

/** More than any sane chain has. */
const MOST_REDIRECTS = 10;
/**
 * What says whom the request is for, and how it travels. With a `Host` of its own a guest would speak, at an address that was
 * granted, to a host that was not.
 */
const RESERVED: ReadonlySet<string> = new Set([
  ...["host", "connection", "transfer-encoding", "upgrade", "te", "trailer", "expect", "proxy-authorization"],
]);
const PORTS: { readonly [scheme: string]: number } = { "http:": 80, "https:": 443 };

/** Whom a guest may speak to: policy's own. */
export interface Hosts {
  allows(host: string, port: number): boolean;
  reaches(address: string): boolean;
}

/** One request of a chain. */
export interface Step {
  readonly url: URL;
  readonly method: string;
  readonly headers: { readonly [name: string]: string };
  readonly body: Uint8Array;
}

/** Sends one request, and follows no redirect. */
export type Send = (step: Step, hosts: Hosts) => Promise<HttpAnswer>;

/** Does what a guest asks for. @throws Halt, PluginError */
export async function fetched(asked: Uint8Array, body: Uint8Array, hosts: Hosts, send: Send): Promise<HttpAnswer> {
  let step = first(asked, body);
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    check(step.url, hosts);
    const answer = await send(step, hosts);
    const next = following(step, answer);
    if (next === undefined) return answer;
    step = next;
  }
  throw new Halt("Limit", `${step.url}: redirected more than ${MOST_REDIRECTS} times`);
}

/** The request, read. @throws Halt */
export function first(asked: Uint8Array, body: Uint8Array): Step {
  const unreadable = (what: string): Halt => new Halt("Protocol", `the HTTP request cannot be read: ${what}`);
  let read: JsonValue;
  try {
    read = parseJson(asked);
  } catch (thrown) {
    throw unreadable((thrown as Error).message);
  }
  if (typeof read !== "object" || read === null || Array.isArray(read)) throw unreadable("it is no object");
  const { url, headers = {}, method, ...others } = read;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw unreadable(`unknown member \`${unknown}\``);
  if (typeof url !== "string") throw unreadable("`url` is a text");
  if (method !== undefined && method !== null && typeof method !== "string") throw unreadable("`method` is a text");
  const verb = (method ?? "GET").toUpperCase();
  if (!/^[!#$%&'*+.^_`|~0-9A-Z-]+$/.test(verb)) throw unreadable("`method` is none");
  const named: { [name: string]: string } = {};
  if (typeof headers !== "object" || headers === null || Array.isArray(headers))
    throw unreadable("`headers` is an object");
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    if (typeof value !== "string") throw unreadable(`the header \`${name}\` is a text`);
    if (RESERVED.has(lower)) {
      const what = `the header \`${lower}\` is for the host to set; leave it out`;
      throw new Halt("Denied", `HTTP request to ${url} is not allowed: ${what}`);
    }
    // The body's length is what it is.
    if (lower !== "content-length") named[lower] = value;
  }
  const isBodiless = verb === "GET" || verb === "HEAD";
  return { url: place(url), method: verb, headers: named, body: isBodiless ? new Uint8Array(0) : body };
}

function place(url: string): URL {
  try {
    return new URL(url);
  } catch (thrown) {
    throw new Halt("Protocol", `the HTTP request cannot be read: url: ${(thrown as Error).message}`);
  }
}

/** Whether it may be sent. @throws Halt `Denied` */
export function check(url: URL, hosts: Hosts): void {
  const usual = PORTS[url.protocol];
  if (usual === undefined) {
    throw new Halt("Denied", `HTTP request to ${url} is not allowed: only http and https are`);
  }
  const port = url.port === "" ? usual : Number(url.port);
  if (!hosts.allows(url.hostname, port)) {
    throw new Halt("Denied", `HTTP request to ${url} is not allowed: its host was not granted`);
  }
}

/** Where the answer leads; undefined where it is the last one. */
function following(step: Step, { status, headers }: HttpAnswer): Step | undefined {
  const keeps = status === 307 || status === 308;
  if (!keeps && (status < 301 || status > 303)) return undefined;
  const { location } = headers;
  if (location === undefined) return undefined;
  const kept = { ...step.headers };
  let url: URL;
  try {
    url = new URL(location, step.url);
  } catch {
    throw new PluginError("unavailable", `${step.url} redirects to nowhere`);
  }
  url.hash = "";
  if (url.origin !== step.url.origin) {
    // Secrets are for whom they were given to.
    delete kept.authorization;
    delete kept.cookie;
  }
  if (keeps || step.method === "HEAD") return { ...step, url, headers: kept };
  delete kept["content-type"];
  return { url, method: "GET", headers: kept, body: new Uint8Array(0) };
}
