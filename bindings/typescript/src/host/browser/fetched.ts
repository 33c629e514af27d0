// Plugins by their addresses: manifests and modules, fetched.

import { Manifest } from "#wasm";
import { HostError } from "../../errors.js";
import { type Found, readCarried, readManifest } from "../manifest.js";
import { MANIFEST_SECTION } from "../wasm/abi/name.js";
import { fullLimits } from "../wasm/limits.js";
import { customSection } from "../wasm/outline.js";
import { Lately } from "./lately.js";

const lately = new Lately();

/** What a folder's manifest is called. */
const MANIFEST = "plugin.json";

/** The address of a path, seen from a folder; of what a program says, seen from its page. */
export function address(folder: string, path: string): URL {
  const base = folder === "" ? globalThis.location.href : folder.replace(/\/?$/, "/");
  return new URL(path, new URL(base, globalThis.location.href));
}

/** Finds what a program names: a plugin's folder, its manifest, or a module by itself. @throws HostError */
export async function find(path: string): Promise<Found> {
  const { href, pathname } = address("", path);
  if (pathname.endsWith(".wasm")) return bareModule(href);
  const file = pathname.endsWith(".json") ? href : `${href.replace(/\/$/, "")}/${MANIFEST}`;
  const folder = new URL(".", file).href;
  const loaded = readManifest(await bytesAt(file, Manifest.mostBytes()), file, folder);
  return { name: loaded.manifest.name, folder, loaded, way: undefined };
}

/** A module by itself. One of ours carries its manifest. */
async function bareModule(href: string): Promise<Found> {
  const file = new URL(href);
  const folder = new URL(".", file).href;
  const path = file.pathname.split("/").at(-1) ?? "";
  const bytes = await bytesAt(href, fullLimits().moduleBytes);
  lately.hand(href, bytes);
  const carried = customSection(bytes, MANIFEST_SECTION);
  const loaded = carried === undefined ? undefined : readCarried(carried, href, folder);
  const name = loaded?.manifest.name ?? path.replace(/\.wasm$/, "");
  return { name, folder, loaded, way: { kind: "wasm", path: `${path}${file.search}`, abi: null } };
}

/** The bytes of a module: those that its manifest was found in, or fetched. @throws HostError */
export async function moduleAt(href: string, most: number): Promise<Uint8Array> {
  return lately.handed(href) ?? bytesAt(href, most);
}

/** Fetches: one byte more than so many at most, so that whoever judges it sees that it is too large. @throws HostError */
export async function bytesAt(href: string, most: number): Promise<Uint8Array> {
  const kept = lately.get(href);
  // Another origin would be asked first whether it takes such a header.
  const asks = kept !== undefined && new URL(href).origin === globalThis.location.origin;
  const response = await answerOf(href, asks ? { "if-none-match": kept.tag } : {});
  if (kept !== undefined && (response.status === 304 || tagOf(response) === kept.tag)) {
    await response.body?.cancel();
    return kept.bytes;
  }
  if (!response.ok) {
    const kind = response.status === 404 ? "NotFound" : "Io";
    const context = `\`${href}\` cannot be fetched: ${response.status} ${response.statusText}`;
    throw new HostError(kind, "load", { context });
  }
  const bytes = await bodyOf(response, most);
  if (bytes.length <= most) lately.keep(href, tagOf(response), bytes);
  return bytes;
}

async function answerOf(href: string, headers: HeadersInit): Promise<Response> {
  try {
    return await fetch(href, { headers });
  } catch (cause) {
    throw new HostError("Io", "load", { context: `\`${href}\` cannot be fetched: ${(cause as Error).message}`, cause });
  }
}

/** What the server calls this very content. A weak tag only says what it means. */
function tagOf({ headers }: Response): string | undefined {
  const tag = headers.get("etag");
  return tag?.startsWith('"') === true ? tag : undefined;
}

async function bodyOf(response: Response, most: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  while (reader !== undefined && length <= most) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    length += value.length;
  }
  await reader?.cancel();
  const bytes = new Uint8Array(length);
  for (let at = 0, index = 0; index < parts.length; index++) {
    const part = parts[index] as Uint8Array;
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
