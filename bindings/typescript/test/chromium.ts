// A real browser, headless, and a page of this checkout in it.

import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { chromium, type Page } from "playwright-core";
import { ROOT } from "./plugins.js";

/** Debian's own. `CROSSPLUG_BROWSER` names another. */
export const BROWSER: string = process.env.CROSSPLUG_BROWSER ?? "/usr/bin/chromium";
const ARGUMENTS = [
  ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
  ...["--disable-component-update", "--disable-sync"],
];
const TYPES: { readonly [ending: string]: string } = {
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
};
const DIST = "/bindings/typescript/dist";

/** As a bundler or a page's author would write it. */
const MAP: string = JSON.stringify({
  imports: {
    "#wasm": "/bindings/typescript/wasm/pkg/session.js",
    crossplug: `${DIST}/index.js`,
    "crossplug/browser": `${DIST}/browser.js`,
    "crossplug/plugin": `${DIST}/plugin-browser.js`,
    "crossplug/interfaces/conformance": `${DIST}/interfaces/conformance.js`,
    "crossplug/interfaces/agent": `${DIST}/interfaces/agent.js`,
  },
});
const PAGE = `<!doctype html><meta charset="utf-8"><title>host</title><script type="importmap">${MAP}</script>`;
/** What a host needs of a page's policy, and nothing besides: its own files, and the permission to compile WebAssembly. */
const POLICY: string = [
  "default-src 'none'; connect-src 'self'; worker-src 'self'",
  `script-src 'self' 'wasm-unsafe-eval' 'sha256-${createHash("sha256").update(MAP).digest("base64")}'`,
].join("; ");

/** A page, and the end of its browser. */
export interface OpenPage {
  readonly page: Page;
  close(): Promise<void>;
}

/** Whether there is a browser. */
export function hasBrowser(): boolean {
  return existsSync(BROWSER);
}

/** Opens a page that can have every file of the checkout, and these besides, by their addresses. */
export async function openPage(files: { readonly [path: string]: string | Uint8Array } = {}): Promise<OpenPage> {
  const profile = mkdtempSync(join(tmpdir(), "crossplug-browser-"));
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://page").pathname;
    const given = path === "/" ? PAGE : files[path];
    const tag = given === undefined ? tagOf(path) : undefined;
    const type = TYPES[extname(path)] ?? "text/html; charset=utf-8";
    const headers = { "content-type": type, "content-security-policy": POLICY, "cache-control": "no-cache" };
    if (given === undefined && tag === undefined) response.writeHead(404, headers).end();
    else if (tag === undefined) response.writeHead(200, headers).end(given);
    else if (request.headers["if-none-match"] === tag) response.writeHead(304, { ...headers, etag: tag }).end();
    else response.writeHead(200, { ...headers, etag: tag }).end(readFileSync(join(ROOT, normalize(path))));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: BROWSER,
    headless: true,
    args: ARGUMENTS,
  });
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  return {
    page,
    close: async () => {
      await context.close();
      server.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

/** What names the content of a file of the checkout, as servers of files make it up; undefined where there is none. */
function tagOf(path: string): string | undefined {
  const found = statSync(join(ROOT, normalize(path)), { throwIfNoEntry: false });
  return found?.isFile() ? `"${found.mtimeMs.toString(36)}-${found.size.toString(36)}"` : undefined;
}
