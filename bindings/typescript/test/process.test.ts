// The subject as a child process, tried where processes go wrong: prints, pipes that are full or cut, ends. No session case.

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, test } from "node:test";
import type { JsonObject } from "crossplug";
import { SUBJECT } from "./peers.js";

const INITIALIZE = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: {
    protocol: { version: "1.0" },
    host: { name: "test", version: "1" },
    instanceId: "i",
    config: {},
    granted: {},
  },
};

/** A program under test. Its standard output goes through `sh`, so that it is a pipe and no socket, as under our hosts. */
class Program {
  readonly child: ChildProcess;
  readonly messages: JsonObject[] = [];
  stderr = "";
  readonly exit: Promise<number | null>;
  readonly #heard: (() => void)[] = [];

  constructor(program: string, { pipe = true, args = [] as string[] } = {}) {
    // `cat` makes both outputs pipes; the exit code is the program's.
    const command = pipe
      ? ["bash", "-c", 'set -o pipefail; "$@" 2> >(cat >&2) | cat', "bash", process.execPath, program, ...args]
      : [process.execPath, program, ...args];
    this.child = spawn(command[0] as string, command.slice(1), { stdio: ["pipe", "pipe", "pipe"] });
    let partial = "";
    this.child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
      const lines = `${partial}${chunk}`.split("\n");
      partial = lines.pop() ?? "";
      for (const line of lines) this.messages.push(JSON.parse(line) as JsonObject);
      for (const wake of this.#heard.splice(0)) wake();
    });
    this.child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
      this.stderr += chunk;
    });
    this.exit = new Promise((resolve) => this.child.on("close", resolve));
  }

  send(...messages: readonly object[]): void {
    this.child.stdin?.write(messages.map((message) => `${JSON.stringify(message)}\n`).join(""));
  }

  /** Waits for a message. */
  async until(wanted: (message: JsonObject) => boolean, withinMs = 5000): Promise<JsonObject> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      const found = this.messages.find(wanted);
      if (found !== undefined) return found;
      const left = deadline - Date.now();
      assert.ok(left > 0, `nothing came; stderr: ${this.stderr}`);
      await new Promise<void>((resolve) => {
        this.#heard.push(resolve);
        setTimeout(resolve, left);
      });
    }
  }

  reply(id: number): Promise<JsonObject> {
    return this.until((message) => message.id === id && message.method === undefined);
  }

  end(): Promise<number | null> {
    this.child.stdin?.end();
    return this.exit;
  }
}

const running: Program[] = [];
const folders: string[] = [];

function start(program = SUBJECT, options: { pipe?: boolean; args?: string[] } = {}): Program {
  const started = new Program(program, options);
  running.push(started);
  return started;
}

/** A program written for one test. */
function written(body: string): string {
  const folder = mkdtempSync(join(tmpdir(), "crossplug-test-"));
  folders.push(folder);
  const program = join(folder, "plugin.mjs");
  const conformance = import.meta.resolve("crossplug/interfaces/conformance");
  const sdk = import.meta.resolve("crossplug/plugin");
  writeFileSync(
    program,
    `import { conformance } from ${JSON.stringify(conformance)};
     import { definePlugin, implement, run } from ${JSON.stringify(sdk)};
     const manifest = { name: "written", version: "1.0.0", description: "For one test." };
     ${body}`,
  );
  return program;
}

afterEach(async () => {
  for (const program of running.splice(0)) {
    program.child.kill("SIGKILL");
    program.child.stdin?.destroy();
    await program.exit;
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

describe("standard output", () => {
  test("what a handler prints goes to standard error and, by lines, to the log", async () => {
    const program = start();
    program.send(INITIALIZE, { jsonrpc: "2.0", id: 2, method: "test.print", params: { text: "one\ntwo\nthr" } });
    await program.reply(2);
    const lines = program.messages.filter(({ method }) => method === "$/log").map(({ params }) => params);
    assert.deepEqual(lines, [
      { level: "info", message: "one", fields: { stream: "stdout" } },
      { level: "info", message: "two", fields: { stream: "stdout" } },
    ]);
    // The rest has no line end: it is logged when nothing follows.
    await program.until(({ method, params }) => method === "$/log" && (params as JsonObject).message === "thr");
    assert.equal(await program.end(), 0);
    assert.equal(program.stderr, "one\ntwo\nthr");
  });

  test("a megabyte of prints does not disturb the protocol", async () => {
    const program = start();
    const text = `${"x".repeat(1023)}\n`.repeat(1024);
    program.send(INITIALIZE, { jsonrpc: "2.0", id: 2, method: "test.print", params: { text } });
    assert.equal((await program.reply(2)).result, text.length);
    await program.end();
    assert.equal(program.stderr, text);
  });

  test("writes to the descriptor itself and prints of children go to standard error", async () => {
    const program = start(
      written(`
        import { spawnSync } from "node:child_process";
        import { writeSync } from "node:fs";
        run(definePlugin({ manifest, interfaces: [implement(conformance, { testNothing: () => {
          writeSync(1, "by descriptor\\n");
          spawnSync("echo", ["by a child"], { stdio: "inherit" });
          console.log("by console");
        } })] }));`),
    );
    program.send(INITIALIZE, { jsonrpc: "2.0", id: 2, method: "test.nothing" });
    assert.equal((await program.reply(2)).result, null);
    assert.equal(await program.end(), 0);
    assert.equal(program.stderr, "by descriptor\nby a child\nby console\n");
  });

  test("where standard output is a socket, prints through process.stdout are still kept off it", async () => {
    const program = start(SUBJECT, { pipe: false });
    program.send(INITIALIZE, { jsonrpc: "2.0", id: 2, method: "test.print", params: { text: "{}\n" } });
    assert.equal((await program.reply(2)).result, 3);
    assert.equal(await program.end(), 0);
    assert.equal(program.stderr, "{}\n");
  });
});

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
    assert.match(program.stderr, /the input ended inside a message/);
  });

  test("a message over the cap is the end of the input, and the plugin exits with 0", async () => {
    const program = start();
    program.send(INITIALIZE);
    await program.reply(1);
    program.child.stdin?.on("error", () => undefined);
    program.child.stdin?.write(Buffer.alloc((64 << 20) + 1, "x"));
    assert.equal(await program.exit, 0);
    assert.match(program.stderr, /a message has more than 67108864 bytes/);
  });

  test("an unknown dialect is wrong usage", async () => {
    const program = start(SUBJECT, { args: ["--dialect", "klingon/1"], pipe: false });
    assert.equal(await program.exit, 2);
    assert.match(program.stderr, /klingon\/1/);
  });
});
