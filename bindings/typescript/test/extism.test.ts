// Extism's ABI: the cases of schema/vectors/extism, the guests inside the published guest kit, HTTP, WASI, linking.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import type { JsonObject, JsonValue } from "crossplug";
import {
  CrossplugError,
  Host,
  type HostFunction,
  type HostLog,
  PluginError,
  type WasmOptions,
  wasmDoor,
} from "crossplug/host";
import { entries, text } from "./corpus.js";
import { guest, ROOT } from "./plugins.js";

const utf8 = new TextEncoder();
const told = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

interface Expected {
  readonly output?: string;
  readonly error?: JsonObject;
}

interface Step extends Expected {
  readonly call: string;
  readonly input?: string;
  readonly inputBytes?: number;
  /** What holds where the engine bounds memory. */
  readonly told?: Expected;
}

interface Case {
  readonly case: string;
  readonly manifest?: JsonObject;
  readonly functions?: { readonly [name: string]: { readonly receives: string; readonly returns: string } };
  readonly load?: JsonObject;
  readonly steps?: readonly Step[];
}

async function outcome(work: () => Promise<Uint8Array | undefined>): Promise<Uint8Array | CrossplugError | undefined> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof CrossplugError) return thrown;
    throw thrown;
  }
}

/** Whether that is what was expected. */
function fits(found: Uint8Array | CrossplugError | undefined, expected: Expected): boolean {
  if (!(found instanceof CrossplugError))
    return expected.output !== undefined && told(found ?? utf8.encode("")) === expected.output;
  const { kind, contains, message, code } = expected.error ?? {};
  const details = found instanceof PluginError ? (found.details as JsonObject | undefined) : undefined;
  return (
    found.kind === kind &&
    (contains === undefined || found.message.includes(contains as string)) &&
    (message === undefined || found.message === message) &&
    (kind !== "Plugin" || message === undefined || contains !== undefined || isDeepStrictEqual(details?.code, code))
  );
}

const CASES = (JSON.parse(text("extism", "cases.json")) as { cases: Case[] }).cases;

/** Those that inline guests cannot be asked: nothing interrupts them, and they wait for nobody. */
const NOT_INLINE = new Set(["an-endless-loop-ends", "no-private-address-by-a-host-pattern"]);
let steps = 0;

for (const mode of ["worker", "inline"] as const) {
  describe(`the vectors, ${mode}`, { skip: guest("extism/results") === undefined }, () => {
    for (const one of CASES) {
      if (mode === "inline" && NOT_INLINE.has(one.case)) continue;
      test(one.case, async () => {
        const functions: { [name: string]: HostFunction } = {};
        for (const [name, { receives, returns }] of Object.entries(one.functions ?? {})) {
          functions[name] = (...args) => {
            if (args.length === 1 && told(args[0] as Uint8Array) === receives) return utf8.encode(returns);
            throw new PluginError("invalidParams", "unexpected");
          };
        }
        const extism = { wasm: [{ path: guest(`extism/${one.case}`) as string }], ...one.manifest };
        await using host = await Host.create();
        const load = await outcome(async () => {
          const plugin = await host.open(one.case, wasmDoor({ mode, extism, functions }));
          for (const step of one.steps ?? []) {
            const input =
              step.inputBytes === undefined ? utf8.encode(step.input ?? "") : new Uint8Array(step.inputBytes);
            const found = await outcome(() => plugin.callRaw(step.call, input));
            assert.ok(
              fits(found, step.told ?? step),
              `${step.call}: ${found instanceof Uint8Array ? told(found) : found}`,
            );
            steps++;
          }
          return undefined;
        });
        if (one.load === undefined) assert.equal(load, undefined);
        else assert.ok(fits(load, { error: one.load }), String(load));
      });
    }
  });
}

after(() => console.log(`vectors extism typescript ${steps}`));

/** The published guest kit: a dependency of this repository that is fetched and never compiled. */
function kit(): string | undefined {
  const args = ["metadata", "--format-version", "1", "--offline"];
  const { stdout, status } = spawnSync("cargo", args, { cwd: ROOT, encoding: "utf8", maxBuffer: 256 << 20 });
  if (status !== 0) {
    if (process.env.CI !== undefined) throw new Error("cargo metadata does not answer");
    return undefined;
  }
  const { packages } = JSON.parse(stdout) as { packages: { name: string; manifest_path: string }[] };
  const found = packages.find(({ name }) => name === "extism-pdk");
  return found === undefined ? undefined : dirname(found.manifest_path);
}

const KIT = kit();

describe("the guests of the guest kit", { skip: KIT === undefined }, () => {
  const file = (name: string): string => join(KIT ?? "", name);
  const counted = (bytes: Uint8Array): JsonValue => (JSON.parse(told(bytes)) as JsonObject).count as JsonValue;

  test("vowels are counted", async () => {
    for (const name of ["test/code.wasm", "count_vowels.wasm"]) {
      await using host = await Host.create();
      const plugin = await host.load(file(name));
      assert.equal(counted(await plugin.callRaw("count_vowels", utf8.encode("hello world"))), 3);
      assert.equal(counted(await plugin.callRaw("count_vowels")), 0);
      const long = utf8.encode("hello ".repeat(100_000));
      assert.equal(counted(await plugin.callRaw("count_vowels", long)), 200_000);
      const missing = await outcome(() => plugin.callRaw("memory"));
      assert.equal((missing as CrossplugError).kind, "NotFound");
      assert.ok((await plugin.ping()) >= 0);
    }
  });

  test("a function of the host is called, and may take its time", async () => {
    await using host = await Host.create();
    const module = file("test/host_function.wasm");
    const hello_world: HostFunction = async (given) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      assert.equal(told(given as Uint8Array), '{"count":2}');
      return utf8.encode('{"count": 42}');
    };
    const plugin = await host.open("counting", wasmDoor({ module, functions: { hello_world } }));
    assert.equal(told(await plugin.callRaw("count_vowels", utf8.encode("hello"))), '{"count":42}');
    const lacking = await outcome(async () => void (await host.open("lacking", wasmDoor({ module }))) as undefined);
    assert.equal((lacking as CrossplugError).kind, "Incompatible");
    assert.match((lacking as CrossplugError).message, /extism:host\/user::hello_world/);
  });

  test("http is denied, and errors are told", async () => {
    await using host = await Host.create();
    const plugin = await host.load(file("test/http.wasm"));
    const empty = await outcome(() => plugin.callRaw("http_get"));
    assert.ok(empty instanceof PluginError);
    assert.equal(empty.message, "EOF while parsing a value at line 1 column 0");
    assert.deepEqual(empty.details, { code: -1 });
    const denied = await outcome(() => plugin.callRaw("http_get", utf8.encode('{"url":"https://example.org/"}')));
    assert.equal((denied as CrossplugError).kind, "Denied");
    assert.ok((await host.load(file("test/http_headers.wasm"))).isAlive);
  });

  test("a manifest is held to its word", async () => {
    await using host = await Host.create();
    const path = file("test/code.wasm");
    const kind = async (extism: JsonObject): Promise<string | undefined> => {
      const found = await outcome(async () => void (await host.open("x", wasmDoor({ extism }))) as undefined);
      return found instanceof CrossplugError ? found.kind : undefined;
    };
    assert.equal(await kind({ wasm: [{ path }], memory: { max_pages: 1 } }), "Limit");
    assert.equal(await kind({ wasm: [{ path }], bogus: 1 }), "Manifest");
    assert.equal(await kind({ wasm: [{ path, hash: "00" }] }), "Manifest");
    assert.equal(await kind({ wasm: [] }), "Manifest");
    assert.equal(await kind({ wasm: [{ path }], allowed_paths: { a: "b" } }), "Incompatible");
    assert.equal(await kind({ wasm: [{ path }] }), undefined);
    const small = await host.open("small", wasmDoor({ extism: { wasm: [{ path }], memory: { max_pages: 25 } } }));
    const large = await outcome(() => small.callRaw("count_vowels", new Uint8Array(2_000_000).fill(97)));
    assert.equal((large as CrossplugError).kind, "Limit");
    assert.equal(counted(await small.callRaw("count_vowels", utf8.encode("a"))), 1);
  });

  describe("http behind a grant", () => {
    let server: Server;
    let address: string;
    before(async () => {
      server = createServer((request, response) => {
        if (request.url === "/away") response.writeHead(302, { location: "http://elsewhere.test/" }).end();
        else if (request.url === "/on") response.writeHead(302, { location: "/there" }).end();
        else if (request.url === "/slow") setTimeout(() => response.end("late"), 10_000).unref();
        else if (request.url === "/large") response.end(Buffer.alloc(5000));
        else response.end(`${request.method} ${request.url}`);
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    after(() => {
      server.closeAllConnections();
      server.close();
    });

    const got = async (options: WasmOptions, path: string, timeoutMs = 5000): Promise<string | undefined> => {
      await using host = await Host.create();
      const plugin = await host.open("http", wasmDoor({ module: file("test/http.wasm"), ...options }));
      const input = utf8.encode(JSON.stringify({ url: `${address}${path}` }));
      const found = await outcome(() => plugin.callRaw("http_get", input, { timeoutMs }));
      return found instanceof CrossplugError ? found.kind : told(found as Uint8Array);
    };
    const GRANTED = { allowHosts: ["127.0.0.1"], allowPrivateAddresses: true };

    test("what was granted is reached, redirects are asked about, time and size are bounded", async () => {
      assert.match((await got(GRANTED, "/there")) ?? "", /GET \/there/);
      assert.match((await got(GRANTED, "/on")) ?? "", /GET \/there/);
      assert.equal(await got(GRANTED, "/away"), "Denied");
      assert.equal(await got({ allowHosts: ["127.0.0.1"] }, "/there"), "Denied", "not on the public internet");
      assert.equal(await got({ allowHosts: ["other.test"] }, "/there"), "Denied");
      assert.equal(await got(GRANTED, "/slow", 200), "Deadline");
      assert.equal(await got({ ...GRANTED, limits: { httpBytes: 1000 } }, "/large"), "Limit");
    });

    test("what a host cannot honour is refused at the load", async () => {
      await assert.rejects(got({ ...GRANTED, mode: "inline" }, "/there"), { kind: "Incompatible" });
    });
  });
});

describe("WASI", { skip: guest("wasi-prints") === undefined }, () => {
  const open = async (host: Host, name: string): Promise<Awaited<ReturnType<Host["open"]>>> =>
    host.open(name, wasmDoor({ module: guest(name) as string }));
  const code = async (work: Promise<Uint8Array>): Promise<number> => {
    const found = await outcome(() => work);
    return found instanceof PluginError ? ((found.details as JsonObject | undefined)?.code as number) : 0;
  };

  test("what is printed goes to the log, line by line; there is no input, no environment, no folder", async () => {
    const logs: HostLog[] = [];
    await using host = await Host.create({ onLog: (line) => logs.push(line) });
    const plugin = await open(host, "wasi-prints");
    assert.equal(await code(plugin.callRaw("out")), 0);
    assert.equal(await code(plugin.callRaw("err")), 0);
    assert.deepEqual(
      logs.map(({ source, level, message }) => [source, level, message]),
      [
        ["stdout", "info", "one"],
        ["stdout", "info", "two"],
        ["stderr", "warn", "one"],
        ["stderr", "warn", "two"],
      ],
    );
    assert.equal(await code(plugin.callRaw("in")), 0);
    assert.equal(await code(plugin.callRaw("world")), 0);
    assert.equal(await code(plugin.callRaw("open")), 8);
    assert.equal(await code(plugin.callRaw("exit3")), 3);
    assert.equal(await code(plugin.callRaw("exit0")), 0);
  });

  test("a guest sleeps no longer than its call may take", async () => {
    await using host = await Host.create();
    const plugin = await open(host, "wasi-prints");
    const begin = performance.now();
    assert.equal(await code(plugin.callRaw("nap")), 0);
    assert.ok(performance.now() - begin >= 20);
    const found = await outcome(() => plugin.callRaw("sleep", new Uint8Array(0), { timeoutMs: 100 }));
    assert.equal((found as CrossplugError).kind, "Deadline");
    assert.equal(await code(plugin.callRaw("nap")), 0);
  });
});

test("what needs our own ABI says so", { skip: guest("extism/results") === undefined }, async () => {
  await using host = await Host.create();
  const plugin = await host.open("probe", wasmDoor({ module: guest("extism/results") as string }));
  assert.throws(() => plugin.emit("x", null), { kind: "Incompatible" });
  assert.deepEqual(await plugin.call("echo", { a: "b" }), { a: "b" });
  const ours = guest("subject");
  if (ours === undefined) return;
  const subject = await host.load(ours);
  await assert.rejects(subject.callRaw("test.echo"), { kind: "Incompatible" });
});

test("a pool of guests: calls that loop hold up neither each other nor those behind them", {
  skip: guest("extism/results") === undefined,
}, async () => {
  await using host = await Host.create();
  const module = guest("extism/results") as string;
  const plugin = await host.open("probe", wasmDoor({ module, instances: 2 }));
  const spins = [1, 2].map(() => outcome(() => plugin.callRaw("spin", new Uint8Array(0), { timeoutMs: 300 })));
  const waits = plugin.callRaw("echo", utf8.encode("x"));
  assert.deepEqual(
    (await Promise.all(spins)).map((found) => (found as CrossplugError).kind),
    ["Deadline", "Deadline"],
  );
  assert.equal(told(await waits), "x");
});

test("every case has its module", { skip: guest("extism/results") === undefined }, () => {
  assert.ok(entries("extism").includes("cases.json"));
  for (const { case: name } of CASES) assert.ok(existsSync(guest(`extism/${name}`) as string));
});
