// A real browser, headless: the host of the entry "crossplug/browser" loads plugins, calls them, and ends those that loop.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Page } from "playwright-core";
import { BROWSER, hasBrowser, type OpenPage, openPage } from "./chromium.js";
import { guest, ROOT } from "./plugins.js";

const MODULE = `
import { conformance } from "crossplug/interfaces/conformance";
import { definePlugin, implement, isMain, run } from "crossplug/plugin";
export const plugin = definePlugin({
  interfaces: [implement(conformance, { testEcho: (ctx, params) => ({ ...params, note: ctx.host.name }) })],
});
if (isMain(import.meta)) run(plugin);
`;
const MANIFEST = {
  ...{ name: "of-the-page", description: "A module.", version: "1.0.0", language: "typescript" },
  ...{ interfaces: { conformance: "1" }, doors: { module: { typescript: "plugin.mjs" } } },
};

/** The subject as `wasm-bindgen --target web --out-dir dist` leaves it, with a manifest above. */
const BOUND = {
  ...{ name: "conformance-subject", description: "Bound.", version: "1.0.0", language: "rust" },
  ...{ interfaces: { conformance: "1" }, doors: { module: { typescript: "dist/subject.js" } } },
  permissions: { services: ["test.*"], events: { emit: ["test:*"] } },
};
const bound = (name: string): Uint8Array | string => {
  const place = join(ROOT, "target/guests/bound-web", name);
  return existsSync(place) ? readFileSync(place) : "";
};

const FILES = {
  "/plugins/own/plugin.json": JSON.stringify(MANIFEST),
  "/plugins/own/plugin.mjs": MODULE,
  "/plugins/bound/plugin.json": JSON.stringify(BOUND),
  "/plugins/bound/dist/subject.js": bound("subject.js"),
  "/plugins/bound/dist/subject_bg.wasm": bound("subject_bg.wasm"),
};

/** Loads a subject in the page, and has it do what a program has done; typed, as far as there are types. */
async function everything(address: string): Promise<object> {
  const { Host, implement } = await import("crossplug/browser");
  const { conformanceServices } = await import("crossplug/interfaces/conformance");
  const events: string[] = [];
  const host = await Host.create({
    grants: ["*", "emit=*"],
    services: implement(conformanceServices, { testAnswer: (_ctx, { question }) => ({ answer: `${question}!` }) }),
    onEvent: ({ name, stream, seq }) => events.push(`${name} ${stream} ${seq}`),
  });
  const plugin = await host.load(address);
  const { text, big } = await plugin.conformance.testEcho({ text: "é😀", big: 2n ** 63n - 1n });
  const items: bigint[] = [];
  const counting = plugin.conformance.testCount({ to: 300 });
  for await (const item of counting) items.push(item);
  const sum = await counting.result();
  const { answer } = await plugin.conformance.testAsk({ question: "6 times 7" });
  await plugin.conformance.testEmit({ times: 2 });
  const untyped = await plugin.call("test.echo", { text: "x" });
  const { error } = await plugin.stop();
  const left = host.plugins.length;
  await host.close();
  const said = [text, String(big), String(sum), items.length, answer, untyped, error?.message ?? "", left];
  return { name: plugin.name, said, events };
}

const EVERYTHING = {
  name: "conformance-subject",
  said: ["é😀", "9223372036854775807", "45150", 300, "6 times 7!", { text: "x" }, "", 0],
  events: ["test.happened test:stream 1", "test.happened test:stream 2"],
};

const isHere = hasBrowser();
test("the browser is here", { skip: process.env.CI === undefined }, () => assert.ok(isHere, `no ${BROWSER}`));
if (!isHere) console.log(`skipped: install a browser: apt-get install chromium (${BROWSER})`);

describe("a host in a browser", { skip: !isHere || guest("subject") === undefined }, () => {
  let opened: OpenPage | undefined;
  let page: Page;

  before(async () => {
    opened = await openPage(FILES);
    page = opened.page;
  });
  after(() => opened?.close());

  for (const mode of ["worker", "inline"] as const) {
    test(`a module of ours, ${mode}: calls, streams, services, events, a panic`, async () => {
      const said = await page.evaluate(async (mode) => {
        const { Host, implement, wasmDoor } = await import("crossplug/browser");
        const { conformanceServices } = await import("crossplug/interfaces/conformance");
        const events: number[] = [];
        const host = await Host.create({
          doors: [wasmDoor({ mode })],
          grants: ["*", "emit=*"],
          services: implement(conformanceServices, {
            testAnswer: (_ctx, { question }) => ({ answer: `${question}!` }),
          }),
          onEvent: ({ seq }) => events.push(seq),
        });
        const plugin = await host.open("subject", wasmDoor({ mode, module: "/target/guests/subject.wasm" }), {
          grants: ["test.answer", "emit=*"],
        });
        const echoed = await plugin.call("test.echo", { text: "é😀" });
        const items: string[] = [];
        const counting = plugin.conformance.testCount({ to: 300 });
        for await (const item of counting) items.push(String(item));
        const sum = String(await counting.result());
        const asked = await plugin.conformance.testAsk({ question: "6 times 7" });
        await plugin.conformance.testEmit({ times: 2 });
        const crash = await plugin.call("test.crash").catch((thrown: Error) => thrown.message);
        const after = await plugin.call("test.echo", { text: "again" });
        const large = "x".repeat(4 << 20);
        const same = (await plugin.conformance.testEcho({ text: large })).text === large;
        const ending = await plugin.stop();
        const bare = await host.load("/target/guests/textstats.wasm");
        const manifest = bare.manifest?.name;
        await host.close();
        return { echoed, count: items.length, sum, asked, events, crash, after, same, ending: ending.error, manifest };
      }, mode);
      assert.deepEqual(said, {
        ...{ echoed: { text: "é😀" }, count: 300, sum: "45150", asked: { answer: "6 times 7!" }, events: [1, 2] },
        ...{ crash: "panic: crash on purpose", after: { text: "again" }, same: true, ending: undefined },
        manifest: "example-textstats",
      });
    });
  }

  test("an endless loop is ended at its deadline, and the page goes on meanwhile", async () => {
    const said = await page.evaluate(async () => {
      const { Host, wasmDoor } = await import("crossplug/browser");
      const host = await Host.create();
      const plugin = await host.open("broken", wasmDoor({ module: "/target/guests/broken.wasm" }));
      let ticks = 0;
      const timer = setInterval(() => ticks++, 5);
      const kind = await plugin.call("loop", {}, { timeoutMs: 200 }).catch((thrown: { kind: string }) => thrown.kind);
      clearInterval(timer);
      const echoed = await plugin.call("echo", { a: 1 });
      await host.close();
      return { kind, echoed, went: ticks > 3 };
    });
    assert.deepEqual(said, { kind: "Deadline", echoed: { a: 1 }, went: true });
  });

  for (const language of ["rust", "typescript", "python"]) {
    test(`a component of ${language}: calls, a stream, a service, an event`, {
      skip: guest(`subject-${language}`) === undefined,
    }, async () => {
      assert.deepEqual(await page.evaluate(everything, `/target/guests/subject-${language}.wasm`), EVERYTHING);
    });
  }

  test("a package of wasm-bindgen's for the web: calls, a stream, a service, an event", {
    skip: guest("bound-web/subject_bg") === undefined,
  }, async () => {
    assert.deepEqual(await page.evaluate(everything, "/plugins/bound"), EVERYTHING);
  });

  test("what is loaded again is compiled once, and read once", async () => {
    const said = await page.evaluate(async () => {
      const { Host } = await import("crossplug/browser");
      const { WebAssembly, ReadableStream } = globalThis as unknown as {
        WebAssembly: { compile(bytes: Uint8Array): Promise<unknown> };
        ReadableStream: { prototype: { getReader(): unknown } };
      };
      const [{ compile }, { getReader }] = [WebAssembly, ReadableStream.prototype];
      let [compiled, read] = [0, 0];
      WebAssembly.compile = (bytes) => {
        compiled += 1;
        return compile(bytes);
      };
      ReadableStream.prototype.getReader = function () {
        read += 1;
        return getReader.call(this);
      };
      const names: string[] = [];
      for (let round = 0; round < 3; round++) {
        const host = await Host.create();
        names.push((await host.load("/target/guests/agent.wasm")).name);
        await host.close();
      }
      [WebAssembly.compile, ReadableStream.prototype.getReader] = [compile, getReader];
      return { names, compiled, read };
    });
    assert.deepEqual(said, { names: Array(3).fill("example-agent"), compiled: 1, read: 1 });
  });

  test("a component that loops is ended, one that takes too much is refused, and what is none", async () => {
    const said = await page.evaluate(async () => {
      const { Host, wasmDoor } = await import("crossplug/browser");
      const host = await Host.create();
      const module = "/target/guests/broken-component.wasm";
      const kind = ({ kind }: { kind: string }): string => kind;
      const plugin = await host.open("broken", wasmDoor({ module }));
      const looped = await plugin.call("loop", {}, { timeoutMs: 200 }).catch(kind);
      const echoed = await plugin.call("echo", { a: 1 });
      const grown = await plugin.call("grow", {}, { timeoutMs: 200 }).catch(kind);
      const large = await host.open("large", wasmDoor({ module, limits: { memoryBytes: 2 << 16 } })).catch(kind);
      const none = await host
        .open("none", wasmDoor({ module: Uint8Array.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]) }))
        .catch(kind);
      await host.close();
      return { looped, echoed, grown, large, none };
    });
    assert.deepEqual(said, {
      ...{ looped: "Deadline", echoed: { a: 1 }, grown: "Deadline", large: "Limit", none: "Incompatible" },
    });
  });

  test("a guest of Extism's ABI: bytes, a loop, functions where nobody has to wait", async () => {
    const said = await page.evaluate(async () => {
      const { Host, wasmDoor } = await import("crossplug/browser");
      const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
      const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
      const kind = ({ kind }: { kind: string }): string => kind;
      const host = await Host.create();
      const probe = await host.load("/target/guests/extism/results.wasm");
      const echoed = text(await probe.callRaw("echo", bytes("héllo")));
      const spun = await probe.callRaw("spin", undefined, { timeoutMs: 200 }).catch(kind);
      const again = text(await probe.callRaw("echo", bytes("again")));
      const module = "/target/guests/extism/a-function-of-the-host.wasm";
      const functions = { price: (asked?: Uint8Array) => bytes(`${text(asked ?? bytes(""))}: three`) };
      const shop = await host.open("shop", wasmDoor({ mode: "inline", module, functions }));
      const price = text(await shop.callRaw("ask", bytes("bread")));
      const refused = await host.open("shop", wasmDoor({ module, functions })).catch(kind);
      const hosts = { module: "/target/guests/extism/results.wasm", allowHosts: ["*"] };
      const denied = await host.open("net", wasmDoor(hosts)).catch(kind);
      await host.close();
      return { echoed, spun, again, price, refused, denied };
    });
    assert.deepEqual(said, {
      ...{ echoed: "héllo", spun: "Deadline", again: "again", price: "bread: three" },
      ...{ refused: "Incompatible", denied: "Incompatible" },
    });
  });

  test("a module of the page's own language, and what is not there", async () => {
    const said = await page.evaluate(async () => {
      const { Host } = await import("crossplug/browser");
      const host = await Host.create({ name: "page" });
      const plugin = await host.load("/plugins/own");
      const echoed = await plugin.call("test.echo", { text: "x" });
      const missing = await host.load("/plugins/none").catch(({ kind }: { kind: string }) => kind);
      const process = await host.load("/examples/agent/plugin.rs.json").catch(({ kind }: { kind: string }) => kind);
      await host.close();
      return { echoed, missing, process };
    });
    assert.deepEqual(said, { echoed: { text: "x", note: "page" }, missing: "NotFound", process: "Incompatible" });
  });
});
