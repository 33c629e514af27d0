// The subject as a child process, tried where processes go wrong: pipes that are full or cut, ends. No session case.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { describe, test } from "node:test";
import type { JsonObject } from "crossplug";
import { SUBJECT } from "./peers.js";
import { INITIALIZE, start, written } from "./program.js";

describe("pipes", () => {
  for (const pipe of [true, false]) {
    test(`answers of 10 MB arrive whole through a ${pipe ? "pipe" : "socket"}, and pings pass`, async () => {
      const program = start(SUBJECT, { pipe });
      const text = "é😀".repeat(1_250_000);
      program.send(
        INITIALIZE,
        { jsonrpc: "2.0", id: 2, method: "test.echo", params: { text } },
        { jsonrpc: "2.0", id: 3, method: "ping" },
      );
      assert.equal(((await program.reply(2)).result as JsonObject).text, text);
      await program.reply(3);
      assert.equal(await program.end(), 0);
    });
  }

  test("a host that does not read for a while does not stop the plugin from reading", async () => {
    const program = start(SUBJECT, { pipe: false });
    program.send(INITIALIZE);
    await program.reply(1);
    program.child.stdout?.pause();
    const text = "x".repeat(1 << 20);
    for (let id = 2; id < 20; id++) program.send({ jsonrpc: "2.0", id, method: "test.echo", params: { text } });
    // 18 MB fit into no pipe: they are only taken if the plugin goes on reading although it cannot write.
    const stdin = program.child.stdin;
    assert.ok(stdin);
    if (stdin.writableLength > 0) await new Promise((resolve) => stdin.once("drain", resolve));
    program.child.stdout?.resume();
    for (let id = 2; id < 20; id++) assert.equal(((await program.reply(id)).result as JsonObject).text, text);
    assert.equal(await program.end(), 0);
  });

  test("answers beyond the cap on what waits, all given in one turn, do not end the reading", async () => {
    const program = written(`
      const text = "x".repeat(50 << 20);
      run(definePlugin({ manifest, interfaces: [implement(conformance, { testEcho: () => ({ text }) })] }));`);
    const child = spawn(process.execPath, [program], { stdio: ["pipe", "pipe", "ignore"] });
    const exited = new Promise((resolve) => child.on("close", resolve));
    const limit = setTimeout(() => child.kill("SIGKILL"), 20_000);
    let lines = 0;
    let last = "";
    child.stdout.on("data", (chunk: Buffer) => {
      for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines++;
      last = chunk.subarray(-200).toString();
      if (lines === 4 && child.stdin.writable) child.stdin.write('{"jsonrpc":"2.0","id":9,"method":"ping"}\n');
      if (lines === 5) child.stdin.end();
    });
    const echo = (id: number): object => ({ jsonrpc: "2.0", id, method: "test.echo", params: {} });
    child.stdin.write([INITIALIZE, echo(2), echo(3), echo(4)].map((one) => `${JSON.stringify(one)}\n`).join(""));
    assert.equal(await exited, 0, `${lines} lines came`);
    clearTimeout(limit);
    assert.equal(lines, 5);
    assert.ok(last.endsWith('{"jsonrpc":"2.0","id":9,"result":null}\n'), last);
  });

  test("what nobody asked for is bounded while the host does not read, and the gap is said", async () => {
    const program = start(
      written(`
        run(definePlugin({ manifest, interfaces: [implement(conformance, {
          testNothing: (ctx) => { for (let at = 0; at < 40; at++) ctx.log.info("x".repeat(1 << 20)); },
          testHang: (ctx) => { for (;;) ctx.emit("test.happened", { number: 1, more: "x".repeat(1 << 20) }); },
        })] }));`),
      { pipe: false },
    );
    program.send(INITIALIZE);
    await program.reply(1);
    program.child.stdout?.pause();
    program.send({ jsonrpc: "2.0", id: 2, method: "test.nothing" });
    program.send({ jsonrpc: "2.0", id: 3, method: "test.hang" });
    await new Promise((resolve) => setTimeout(resolve, 300));
    program.child.stdout?.resume();
    await program.reply(2);
    assert.equal((((await program.reply(3)).error as JsonObject).data as JsonObject).code, "resourceExhausted");
    const logs = program.messages.filter(({ method }) => method === "$/log").length;
    assert.ok(logs >= 10 && logs <= 18, `${logs} lines came`);
    program.send({ jsonrpc: "2.0", id: 4, method: "test.nothing" });
    await program.until(
      ({ method, params }) =>
        method === "$/log" && /log lines were dropped/.test(String((params as JsonObject).message)),
    );
  });

  test("a character that is split between reads arrives intact", async () => {
    const program = start();
    program.send(INITIALIZE);
    await program.reply(1);
    const bytes = Buffer.from(
      `${JSON.stringify({ jsonrpc: "2.0", id: 2, method: "test.echo", params: { text: "😀" } })}\n`,
    );
    for (const byte of bytes) {
      program.child.stdin?.write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(((await program.reply(2)).result as JsonObject).text, "😀");
  });

  test("a host that is gone ends the plugin", async () => {
    const program = start(SUBJECT, { pipe: false });
    program.send(INITIALIZE, { jsonrpc: "2.0", id: 2, method: "test.hang" });
    await program.reply(1);
    program.child.stdout?.destroy();
    program.send({ jsonrpc: "2.0", id: 3, method: "ping" });
    assert.equal(await program.exit, 0);
  });

  for (const closes of ["its end of the answers", "both ends"]) {
    test(`a plugin whose host closes ${closes} in a call stops as ever`, async () => {
      const program = start(
        written(`
          const testHang = () => new Promise((resolve) => setTimeout(resolve, 100));
          const onStop = () => console.error("stopped");
          run(definePlugin({ manifest, onStop, interfaces: [implement(conformance, { testHang })] }));`),
        { pipe: false },
      );
      program.send(INITIALIZE, { jsonrpc: "2.0", id: 2, method: "test.hang" });
      await program.reply(1);
      program.child.stdout?.destroy();
      if (closes === "both ends") program.child.stdin?.end();
      assert.equal(await program.exit, 0);
      assert.equal(program.stderr, "stopped\n");
    });
  }

  test("the length framing holds from the message behind the handshake on", async () => {
    const child = spawn(process.execPath, [SUBJECT], { stdio: ["pipe", "pipe", "ignore"] });
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    const closed = new Promise((resolve) => child.on("close", resolve));
    const offer = { ...INITIALIZE.params, protocol: { version: "1.0", framings: ["length", "ndjson"] } };
    const ping = Buffer.from('{"jsonrpc":"2.0",\n"id":2,"method":"ping"}');
    const prefix = Buffer.alloc(4);
    prefix.writeUInt32BE(ping.length);
    child.stdin.end(
      Buffer.concat([Buffer.from(`${JSON.stringify({ ...INITIALIZE, params: offer })}\n`), prefix, ping]),
    );
    await closed;
    const out = Buffer.concat(chunks);
    const end = out.indexOf("\n");
    const first = JSON.parse(out.subarray(0, end).toString()) as { result: { protocol: JsonObject } };
    assert.equal(first.result.protocol.framing, "length");
    const rest = out.subarray(end + 1);
    assert.equal(rest.readUInt32BE(), rest.length - 4);
    assert.deepEqual(JSON.parse(rest.subarray(4).toString()), { jsonrpc: "2.0", id: 2, result: null });
  });
});

describe("SIGTERM", () => {
  const stopping = (body: string): string =>
    written(`
      run(definePlugin({ manifest, onStop: (ctx) => ctx.log.info("stopped"),
        interfaces: [implement(conformance, { testHang: (ctx) => ${body} })] }));`);
  const HANG = { jsonrpc: "2.0", id: 2, method: "test.hang" };

  test("is the end of the input: what is in flight is finished, and the plugin stops", async () => {
    const program = start(stopping("new Promise((resolve) => setTimeout(resolve, 200))"), { pipe: false });
    program.send(INITIALIZE, HANG);
    await program.reply(1);
    program.child.kill("SIGTERM");
    assert.equal(await program.exit, 0);
    assert.equal((await program.reply(2)).result, null);
    assert.equal(program.logs.at(-1)?.message, "stopped");
  });

  test("ends the grace where the end has begun", async () => {
    const program = start(
      stopping("new Promise((_, reject) => ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason)))"),
      { pipe: false },
    );
    program.send(INITIALIZE, HANG, { jsonrpc: "2.0", id: 3, method: "ping" });
    await program.reply(3);
    program.child.kill("SIGTERM");
    // Two signals that come at once may be one.
    const again = setInterval(() => program.child.kill("SIGTERM"), 50);
    assert.equal(await program.exit, 0);
    clearInterval(again);
    assert.equal((((await program.reply(2)).error as JsonObject).data as JsonObject).code, "cancelled");
    assert.equal(program.logs.at(-1)?.message, "stopped");
  });
});

describe("failures", () => {
  test("a rejection that nobody handles is logged, and the plugin lives on", async () => {
    const program = start(
      written(`
        run(definePlugin({ manifest, interfaces: [implement(conformance, { testNothing: () => {
          Promise.reject(new TypeError("forgotten"));
        } })] }));`),
    );
    program.send(INITIALIZE, { jsonrpc: "2.0", id: 2, method: "test.nothing" });
    await program.reply(2);
    const log = await program.until(({ method }) => method === "$/log");
    assert.match(String((log.params as JsonObject).message), /TypeError: forgotten/);
    program.send({ jsonrpc: "2.0", id: 3, method: "ping" });
    await program.reply(3);
    assert.equal(await program.end(), 0);
    assert.match(program.stderr, /forgotten/);
  });

  test("a result that is no JSON is an error with the right id, and others complete", async () => {
    const program = start(
      written(`
        const cyclic = {}; cyclic.self = cyclic;
        run(definePlugin({ manifest, interfaces: [implement(conformance, {
          testEcho: (ctx, { text }) => ({ any: { cyclic, map: new Map(), bigint: 1n, date: new Date(), none: () => 1 }[text] }),
          testNothing: () => new Promise((resolve) => setTimeout(resolve, 20)),
        })] }));`),
    );
    program.send(INITIALIZE, { jsonrpc: "2.0", id: 2, method: "test.nothing" });
    const kinds = ["cyclic", "map", "bigint", "date", "none"];
    for (const [at, text] of kinds.entries())
      program.send({ jsonrpc: "2.0", id: 10 + at, method: "test.echo", params: { text } });
    for (let at = 0; at < kinds.length; at++) {
      const { error } = await program.reply(10 + at);
      assert.equal(((error as JsonObject).data as JsonObject).code, "internal", JSON.stringify(error));
    }
    assert.equal((await program.reply(2)).result, null);
  });

  test("the plugin exits with 0 although a handler would go on for ever", async () => {
    const program = start();
    program.send(INITIALIZE, { jsonrpc: "2.0", id: 2, method: "test.hang" });
    await program.reply(1);
    const began = Date.now();
    assert.equal(await program.end(), 0);
    assert.ok(Date.now() - began < 9000);
  });

  test("half a message at the end of the input is said, and the plugin exits with 0", async () => {
    const program = start();
    program.send(INITIALIZE);
    await program.reply(1);
    program.child.stdin?.write('{"jsonrpc":');
    assert.equal(await program.end(), 0);
    assert.match(program.stderr, /the input ended within a message/);
  });

  test("a message over the cap is complained of and ends the input: the plugin exits with 1", async () => {
    const program = start();
    program.send(INITIALIZE);
    await program.reply(1);
    program.child.stdin?.on("error", () => undefined);
    program.child.stdin?.write(Buffer.alloc((64 << 20) + 1, "x"));
    assert.equal(await program.exit, 1);
    const { error } = await program.until(({ id }) => id === null);
    assert.equal(((error as JsonObject).data as JsonObject).code, "resourceExhausted");
    assert.match(program.stderr, /a message has more than 67108864 bytes/);
  });

  for (const args of [["--verbose"], ["--dialect"], ["--dialect", "crossplug/1", "x"]]) {
    test(`the arguments ${args.join(" ")} are wrong usage`, async () => {
      const program = start(SUBJECT, { args, pipe: false });
      assert.equal(await program.exit, 2);
      assert.match(program.stderr, /--dialect/);
    });
  }

  test("an unknown dialect is wrong usage", async () => {
    const program = start(SUBJECT, { args: ["--dialect", "klingon/1"], pipe: false });
    assert.equal(await program.exit, 2);
    assert.match(program.stderr, /klingon\/1/);
  });

  test("a dialect may be named behind an equals sign", async () => {
    const program = start(SUBJECT, { args: ["--dialect=elizaos-bridge/1"] });
    await program.until(({ type }) => type === "ready");
  });
});
