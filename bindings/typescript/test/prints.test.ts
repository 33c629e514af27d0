// What an author prints, tried on child processes: where it goes before, within and behind the session.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SUBJECT } from "./peers.js";
import { INITIALIZE, start, written } from "./program.js";

const line = (message: string) => ({ level: "info", message, fields: { stream: "stdout" } });

/** A plugin whose `test.nothing` does this. */
const doing = (body: string, more = "") =>
  written(`
    import { spawnSync } from "node:child_process";
    import { writeSync } from "node:fs";
    run(definePlugin({ manifest, ${more} interfaces: [implement(conformance, { testNothing: () => { ${body} } })] }));`);

const NOTHING = { jsonrpc: "2.0", id: 2, method: "test.nothing" };

describe("what an author prints", () => {
  test("goes by lines to the host's log, and nowhere else", async () => {
    const program = start();
    program.send(INITIALIZE, { jsonrpc: "2.0", id: 2, method: "test.print", params: { text: "one\ntwo\nthr" } });
    await program.reply(2);
    assert.deepEqual(program.logs, [line("one"), line("two")]);
    assert.equal(await program.end(), 0);
    assert.deepEqual(program.logs[2], line("thr"), "what has no line end is a line at the end");
    assert.equal(program.stderr, "");
  });

  test("does not disturb the protocol, a megabyte of it", async () => {
    const program = start();
    const text = `${"x".repeat(1023)}\n`.repeat(1024);
    program.send(INITIALIZE, { jsonrpc: "2.0", id: 2, method: "test.print", params: { text } });
    assert.equal((await program.reply(2)).result, text.length);
    await program.end();
    assert.equal(program.logs.length, 1024);
    assert.ok(program.stderr === "", "it came to standard error, too");
  });

  test("goes to standard error before the session is open, and nowhere else", async () => {
    const program = start(doing("", 'onStart: () => { console.log("early"); process.stdout.write("half"); },'));
    program.send(INITIALIZE, NOTHING);
    await program.reply(2);
    assert.equal(await program.end(), 0);
    assert.equal(program.stderr, "early\n");
    assert.deepEqual(program.logs, [line("half")], "what has no line end yet belongs to the time when it is given out");
  });

  test("goes to standard error where the dialect has no log", async () => {
    const program = start(
      doing("", 'onStart: (ctx) => { console.log("printed"); ctx.log.warn("logged", { n: 1 }); },'),
      {
        args: ["--dialect", "elizaos-bridge/1"],
      },
    );
    program.send({ type: "plugin.init", id: 1, config: {} });
    await program.until(({ id }) => id === 1);
    assert.equal(await program.end(), 0);
    assert.equal(program.stderr, 'printed\ncrossplug: warn: logged {"n":1}\n');
    assert.deepEqual(
      program.messages.map(({ type }) => type),
      ["ready", "plugin.init.result"],
    );
  });

  test("comes in bytes as well as in text, and a character that is written in two parts is one", async () => {
    const program = start(
      doing(`
        const bytes = Buffer.from("h\u00e9\\n");
        for (const byte of bytes) process.stdout.write(Uint8Array.of(byte));`),
    );
    program.send(INITIALIZE, NOTHING);
    await program.reply(2);
    assert.equal(await program.end(), 0);
    assert.deepEqual(program.logs, [line("h\u00e9")]);
  });

  test("is not lost at the end, with or without a line end", async () => {
    const program = start(doing("", 'onStop: () => { process.stdout.write("bye"); },'));
    program.send(INITIALIZE, NOTHING);
    await program.reply(2);
    assert.equal(await program.end(), 0);
    assert.deepEqual(program.logs, [line("bye")]);
  });

  test("is not lost where an exception ends the program", async () => {
    const program = start(doing('setTimeout(() => { console.log("last words"); throw new Error("on purpose"); });'));
    program.send(INITIALIZE, NOTHING);
    assert.notEqual(await program.exit, 0);
    assert.deepEqual(program.logs, [line("last words")]);
    assert.match(program.stderr, /on purpose/);
  });

  test("goes to standard error where it goes round process.stdout: by the descriptor, or by a child", async () => {
    const program = start(
      doing(`
        writeSync(1, "by descriptor\\n");
        spawnSync("echo", ["by a child"], { stdio: "inherit" });
        console.log("by console");`),
    );
    program.send(INITIALIZE, NOTHING);
    assert.equal((await program.reply(2)).result, null);
    assert.equal(await program.end(), 0);
    assert.equal(program.stderr, "by descriptor\nby a child\n");
    assert.deepEqual(program.logs, [line("by console")]);
  });

  test("is kept off a standard output that is a socket, where it goes through process.stdout", async () => {
    const program = start(SUBJECT, { pipe: false });
    program.send(INITIALIZE, { jsonrpc: "2.0", id: 2, method: "test.print", params: { text: "{}\n" } });
    assert.equal((await program.reply(2)).result, 3);
    assert.equal(await program.end(), 0);
    assert.deepEqual(program.logs, [line("{}")]);
  });
});
