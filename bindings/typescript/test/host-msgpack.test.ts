// A host and real plugins in three languages that speak MessagePack: what is typed comes exactly as it was sent, what is not
// typed as JSON would say it. Everything that hosts do, whatever is spoken, is in the interop cases, which are played here too.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import type { JsonValue } from "crossplug";
import { Host, type HostEvent, type HostLog, implement, type Plugin, PluginError, programDoor } from "crossplug/host";
import {
  ConformanceClient,
  type ConformanceServiceHandler,
  conformanceServices,
  OutOfPaperError,
} from "crossplug/interfaces/conformance";
import { playAll } from "./interop/cases.js";
import { guest, moduleSubject, ownSubject, subjects, until } from "./plugins.js";

const [LEAST, MOST, HUGE] = [-(2n ** 63n), 2n ** 63n - 1n, 2n ** 64n - 1n];
const CASES = new URL("../../../../schema/vectors/interop/", import.meta.url);

const services: ConformanceServiceHandler = {
  testAnswer: (_ctx, { question }) => ({ answer: `42: ${question}` }),
  testList: async (_ctx, { to }, items) => {
    for (let n = 1n; n <= to; n++) await items.send(n);
    return MOST;
  },
};

const peers = subjects();
for (const [language, folder] of Object.entries(peers)) {
  describe(`a plugin in ${language} that speaks MessagePack`, () => {
    const logs: HostLog[] = [];
    const events: HostEvent[] = [];
    let host: Host;
    let plugin: Plugin;
    let typed: ConformanceClient;

    before(async () => {
      host = await Host.create({
        encoding: "msgpack",
        services: implement(conformanceServices, services),
        grants: ["test.*", "emit=test:*"],
        onLog: (line) => logs.push(line),
        onEvent: (event) => events.push(event),
      });
      plugin = await host.load(folder);
      typed = plugin.as(ConformanceClient);
    });
    after(() => host.close());

    test("says so", () => assert.equal(plugin.encoding, "msgpack"));

    test("typed values come exactly, by every way to a client", async () => {
      const bytes = Uint8Array.from({ length: 70_000 }, (_, at) => at % 256);
      const sent = {
        big: LEAST,
        huge: HUGE,
        bytes,
        list: [0n, 1n, LEAST, MOST],
        ratio: 2,
        note: null,
        any: [1, "é😀"],
      };
      assert.deepEqual(await typed.testEcho(sent), sent);
      assert.deepEqual(await plugin.conformance.testEcho(sent), sent);
      assert.deepEqual(await new ConformanceClient(plugin).testEcho(sent), sent);
      assert.deepEqual(await typed.testEcho({}), {});
    });

    test("what is not typed is what JSON would say", async () => {
      const sent = { big: String(MOST), huge: "7", bytes: "AP8=", any: { deep: [1.5, null, "x"] } };
      assert.deepEqual(await plugin.call("test.echo", sent), { ...sent, huge: 7 });
      assert.deepEqual(await items(plugin.start("test.count", { to: 3 })), [1, 2, 3]);
      assert.equal(
        await plugin.start("test.sum", {}, { upload: ["1", 2, String(2n ** 60n)] }).result(),
        String(2n ** 60n + 3n),
      );
      // The compiler refuses both; a program without types learns of it, too.
      const foreign = { any: 1n } as unknown as { any: JsonValue };
      await assert.rejects(plugin.call("test.echo", foreign), { name: "EncodeError" });
      assert.throws(() => plugin.emit("test.happened", foreign), { name: "EncodeError" });
    });

    test("streams go both ways", async () => {
      const numbers = [LEAST / 2n, -1n, 0n, 2n ** 53n, MOST / 2n];
      const call = typed.testDouble(numbers);
      assert.deepEqual(
        await items(call),
        numbers.map((number) => number * 2n),
      );
      assert.equal(await call.result(), numbers.length);
      assert.equal(await typed.testSum([MOST - 1n, 1n]), MOST);
    });

    test("services are asked, and stream", async () => {
      assert.deepEqual(await typed.testAsk({ question: "?" }), { answer: "42: ?" });
      assert.equal(await typed.testSkim({ to: 100 }), MOST);
    });

    test("errors come with their class and details", async () => {
      const own = await typed
        .testFail({ code: "outOfPaper", message: "empty", details: { sheets: 3 } })
        .catch((e) => e);
      assert.ok(own instanceof OutOfPaperError);
      assert.deepEqual(own.details, { sheets: 3 });
      const unfit = await plugin.call("test.echo", { big: "9223372036854775808" }).catch((e) => e);
      assert.ok(unfit instanceof PluginError && unfit.code === "invalidParams");
      assert.deepEqual(unfit.details, { reason: "outOfRange", pointer: "/big" });
    });

    test("events and logs come with what they carry", async () => {
      await typed.testEmit({ times: 2 });
      assert.deepEqual(
        events.splice(0).map(({ payload }) => payload),
        [{ number: 1 }, { number: 2 }],
      );
      await plugin.call("test.log", { text: "a line" });
      assert.ok(await until(() => logs.some(({ message }) => message === "a line")));
      assert.deepEqual(logs.find(({ message }) => message === "a line")?.fields, { from: "subject" });
    });
  });
}

// One language stands for all: what differs between them is above, and in the session vectors.
const { rust, typescript } = peers;
const folder = rust ?? typescript ?? "";
test("a host that speaks MessagePack does what every host does", async () => {
  // Loading again and again says nothing of an encoding, and takes the time of everything else.
  const names = readdirSync(CASES).filter((name) => name.endsWith(".jsonl") && name !== "reload.jsonl");
  const report = await playAll(
    names.map((name) => [name, readFileSync(new URL(name, CASES), "utf8")] as const),
    {
      open: (options) => Host.create({ ...options, encoding: "msgpack" }),
      load: async (host: Host, config) => {
        const plugin = await host.load(folder, { config, grants: ["*", "emit=*"] });
        assert.equal(plugin.encoding, "msgpack");
        return plugin;
      },
      elsewhere: true,
      residentMib: () => undefined,
    },
  );
  assert.deepEqual(
    report.cases.filter(({ verdict }) => verdict === "failed"),
    [],
  );
  assert.ok(report.passed > 20);
});

test("untyped services get and give what JSON would say", async () => {
  const { typescript = "" } = peers;
  let asked: unknown;
  await using host = await Host.create({
    encoding: "msgpack",
    grants: ["test.*"],
    services: {
      "test.list": async (_ctx, params, items) => {
        asked = params;
        for (const item of ["1", 2, String(MOST)]) await items.send(item);
        return "7";
      },
    },
  });
  await using plugin = await host.load(typescript);
  assert.equal(await plugin.as(ConformanceClient).testSkim({ to: 3 }), 7n);
  assert.deepEqual(asked, { to: 3 });
});

describe("who does not speak MessagePack is spoken to in JSON", () => {
  const echoed = async (plugin: Plugin): Promise<void> => {
    assert.equal(plugin.encoding, "json");
    const sent = { big: MOST, bytes: new Uint8Array([0, 255]) };
    assert.deepEqual(await plugin.conformance.testEcho(sent), sent);
  };

  test("a load's wish counts before the host's", async () => {
    const { typescript = "" } = peers;
    await using host = await Host.create({ encoding: "msgpack" });
    await using lines = await host.load(typescript, { encoding: "json" });
    await echoed(lines);
  });

  test("a door without frames: a module of this program", async () => {
    await using host = await Host.create();
    await using plugin = await host.load(ownSubject(), { encoding: "msgpack" });
    await echoed(plugin);
  });

  test("a door without frames: WebAssembly", { skip: guest("subject") === undefined }, async () => {
    await using host = await Host.create({ encoding: "msgpack" });
    await using plugin = await host.load(moduleSubject() ?? "");
    await echoed(plugin);
  });

  test("a plugin without an SDK", async () => {
    const result = '{"protocol":{"version":"1.0"},"manifest":{"name":"plain","version":"1.0.0"},"interfaces":{}}';
    const reply = `'{"jsonrpc":"2.0","id":' + JSON.parse(line).id + ',"result":${result}}'`;
    const program = `require("readline").createInterface(process.stdin).on("line", (line) => console.log(${reply}))`;
    await using host = await Host.create({ encoding: "msgpack" });
    await using plugin = await host.open("plain", programDoor(["node", "-e", program]));
    assert.equal(plugin.encoding, "json");
    assert.deepEqual((await plugin.call("any.thing", {})) !== null, true);
  });

  test("a foreign dialect", async () => {
    const { typescript = "" } = peers;
    await using host = await Host.create({ encoding: "msgpack" });
    await using plugin = await host.load(typescript, { dialect: "elizaos-bridge/1" });
    assert.equal(plugin.encoding, "json");
    const { text } = await plugin.agent.actionInvoke({ action: "ECHO", memory: { content: { text: "hi" } } });
    assert.equal(text, "echo:hi");
  });
});

test("another encoding is refused before anything is started", async () => {
  const encoding = "xml" as "json";
  await assert.rejects(Host.create({ encoding }), { code: "usage", message: /"xml".*json and msgpack/ });
  await using host = await Host.create();
  await assert.rejects(host.load(ownSubject(), { encoding }), { code: "usage" });
});

async function items<T>(call: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of call) all.push(item);
  return all;
}
