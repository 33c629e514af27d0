// The socket door of the TypeScript host, and what the plugin SDK makes of sockets: plugins in every language that is there.

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, describe, test } from "node:test";
import { Host, type Plugin } from "crossplug/host";
import { failure, subjects } from "./plugins.js";

const TOKEN = "a-secret-of-the-tests";

/** A plugin's folder whose name is short enough for a socket in it. */
function folderOf(door: object): string {
  const made = mkdtempSync("/tmp/cp");
  after(() => rmSync(made, { recursive: true, force: true }));
  const manifest = {
    name: "conformance-subject",
    description: "Is reached over a socket.",
    version: "1.0.0",
    language: "typescript",
    interfaces: { conformance: "1" },
    doors: { socket: door },
    permissions: { services: ["test.answer"], events: { emit: ["*"] } },
  };
  writeFileSync(join(made, "plugin.json"), JSON.stringify(manifest));
  return made;
}

/** Starts the program of a subject in another way than its manifest says. */
function program(folder: string, ...args: string[]): ChildProcess {
  const { doors } = JSON.parse(readFileSync(join(folder, "plugin.json"), "utf8"));
  const [command, ...rest] = doors.process.command as string[];
  const env = { ...process.env, CROSSPLUG_TOKEN: TOKEN, CROSSPLUG_MANIFEST: join(folder, "plugin.json") };
  const named = command?.startsWith("./") ? join(folder, command) : (command ?? "");
  const child = spawn(named, [...rest, ...args], { cwd: folder, env, stdio: ["ignore", "pipe", "inherit"] });
  after(() => child.kill("SIGKILL"));
  return child;
}

/** One that listens, and where. */
async function listening(folder: string, address: string): Promise<{ child: ChildProcess; address: string }> {
  const child = program(folder, "--listen", address);
  assert.ok(child.stdout !== null);
  for await (const line of createInterface({ input: child.stdout }))
    return { child, address: (JSON.parse(line) as { listening: string }).listening };
  throw new Error("it does not say where it listens");
}

function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => child.once("exit", resolve));
}

const host = await Host.create({
  grants: ["*", "emit=*"],
  services: { "test.answer": (_ctx, params) => ({ answer: (params as { question: string }).question }) },
});
after(() => host.close());

async function talks(plugin: Plugin): Promise<void> {
  assert.deepEqual(await plugin.call("test.echo", { text: "é" }), { text: "é" });
  assert.deepEqual(await plugin.call("test.ask", { question: "why?" }), { answer: "why?" });
  const text = "x".repeat(2 << 20);
  assert.deepEqual(await plugin.call("test.echo", { text }), { text });
}

for (const [language, subject] of Object.entries(subjects())) {
  describe(`a plugin in ${language}`, () => {
    for (const kind of ["unix", "tcp"] as const) {
      test(`that listens (${kind}) outlives its sessions`, async () => {
        const unix = folderOf({ unix: "run/p.sock" });
        const wanted = kind === "unix" ? `unix:${join(unix, "run/p.sock")}` : "tcp:127.0.0.1:0";
        const { child, address } = await listening(subject, wanted);
        const folder = kind === "unix" ? unix : folderOf({ tcp: address.slice("tcp:".length) });
        for (const encoding of ["json", "msgpack", "json"] as const) {
          const plugin = await host.load(folder, { token: TOKEN, encoding });
          assert.equal(plugin.encoding, encoding);
          await talks(plugin);
          const error = await failure(host.load(folder, { token: TOKEN }));
          assert.equal(error.kind, "Start");
          assert.match(error.message, /another host/);
          assert.equal((await plugin.stop()).error, undefined);
        }
        for (const token of ["", "another"]) {
          const error = await failure(host.load(folder, { token }));
          assert.equal(error.kind, "Denied", error.message);
        }
        assert.equal(child.exitCode, null);
        const plugin = await host.load(folder, { token: TOKEN });
        const hanging = failure(plugin.call("test.hang"));
        await plugin.call("test.nothing");
        child.kill("SIGKILL");
        assert.equal((await hanging).kind, "Died");
        assert.equal((await failure(host.load(folder, { token: TOKEN }))).kind, "Start");
      });

      test(`that connects (${kind}) ends with its session`, async () => {
        const port = kind === "tcp" ? await freePort() : 0;
        const door = kind === "unix" ? { unix: "run/h.sock" } : { tcp: `127.0.0.1:${port}` };
        const folder = folderOf({ ...door, listen: "host" });
        const socket = join(folder, "run/h.sock");
        const loading = host.load(folder, { token: TOKEN });
        loading.catch(() => undefined);
        const connecting = () =>
          program(subject, "--connect", kind === "unix" ? `unix:${socket}` : `tcp:127.0.0.1:${port}`);
        let child = connecting();
        // One that comes before the host listens ends at once: then another one comes.
        const early = () => Promise.race([loading.then(() => false), ended(child).then(() => true)]);
        while (await early()) child = connecting();
        const plugin = await loading;
        assert.equal(existsSync(socket), false, "it listens no more");
        await talks(plugin);
        await plugin.stop();
        assert.equal(await ended(child), 0);
      });
    }
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const found = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof found === "object" && found !== null ? found.port : 0;
}

test("a host that listens asks for its token, and needs one", async () => {
  const folder = folderOf({ unix: "run/h.sock", listen: "host" });
  assert.equal((await failure(host.load(folder))).kind, "Denied");
  const loading = failure(host.load(folder, { token: "another" }));
  const socket = join(folder, "run/h.sock");
  while (!existsSync(socket)) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual([statSync(socket).mode & 0o777, statSync(join(folder, "run")).mode & 0o777], [0o600, 0o700]);
  const { typescript } = subjects();
  if (typescript !== undefined) program(typescript, "--connect", `unix:${socket}`);
  assert.equal((await loading).kind, typescript === undefined ? "Start" : "Denied");
});

test("what is in the way stays there", async () => {
  const folder = folderOf({ unix: "run/h.sock", listen: "host" });
  mkdirSync(join(folder, "run"), { mode: 0o700 });
  writeFileSync(join(folder, "run/h.sock"), "precious");
  assert.equal((await failure(host.load(folder, { token: TOKEN }))).kind, "Io");
  assert.equal(readFileSync(join(folder, "run/h.sock"), "utf8"), "precious");
  rmSync(join(folder, "run/h.sock"));
  chmodSync(join(folder, "run"), 0o755);
  const error = await failure(host.load(folder, { token: TOKEN }));
  assert.equal(error.kind, "Io");
  assert.match(error.message, /mode 755/);
});

test("a load that nobody answers is given up, and so is one that nobody waits for", async () => {
  const mute = folderOf({ unix: "run/p.sock" });
  mkdirSync(join(mute, "run"), { mode: 0o700 });
  const closed = new Promise((resolve) => {
    const server = createServer((socket) => {
      socket.resume();
      socket.once("close", resolve);
    });
    server.listen(join(mute, "run/p.sock"));
    after(() => server.close());
  });
  while (!existsSync(join(mute, "run/p.sock"))) await new Promise((resolve) => setTimeout(resolve, 5));
  const late = await failure(host.load(mute, { startTimeoutMs: 200 }));
  assert.equal(late.kind, "Start", late.message);
  await closed;
  const alone = folderOf({ unix: "run/h.sock", listen: "host" });
  const nobody = await failure(host.load(alone, { token: TOKEN, startTimeoutMs: 100 }));
  assert.equal(nobody.kind, "Start", nobody.message);
  const controller = new AbortController();
  const given = failure(host.load(alone, { token: TOKEN, signal: controller.signal }));
  while (!existsSync(join(alone, "run/h.sock"))) await new Promise((resolve) => setTimeout(resolve, 5));
  controller.abort();
  assert.equal((await given).kind, "Cancelled");
  assert.equal(existsSync(join(alone, "run/h.sock")), false);
});
