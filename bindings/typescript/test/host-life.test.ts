// How plugins are found and started, and how they and their host end: what is left then, and what an error says.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Host, type HostLog } from "crossplug/host";
import { failure, folder, living, pluginFolder, subjects, until } from "./plugins.js";

const SUBJECT = subjects().typescript as string;
const HOST = fileURLToPath(new URL("../../dist/host.js", import.meta.url));

/** A plugin that is a shell script. */
function script(text: string, manifest: object = {}): string {
  return pluginFolder({ doors: { process: { command: ["sh", "plugin.sh"] } }, ...manifest }, { "plugin.sh": text });
}

/** Answers the handshake, in the shell's words; `then` goes on. */
function answering(then: string): string {
  const result = { protocol: { version: "1.0" }, manifest: {}, interfaces: {} };
  return `read -r line\nprintf '%s\\n' '${JSON.stringify({ jsonrpc: "2.0", id: 1, result })}'\n${then}\n`;
}

describe("what cannot be loaded", () => {
  const cases: readonly [string, string, () => string, RegExp][] = [
    ["nothing is there", "NotFound", () => join(folder(), "none"), /there is no `.*none`/],
    ["a folder without a manifest", "NotFound", folder, /name a plugin's folder with a plugin\.json in it/],
    ["a manifest that breaks a rule", "Manifest", () => pluginFolder({ version: 1 }), /\/version/],
    ["no door that the host has", "Incompatible", () => pluginFolder({ doors: { module: { python: "x" } } }), /module/],
    [
      "no program",
      "ToolMissing",
      () => pluginFolder({ doors: { process: { command: ["no-such-tool"] } } }),
      /no-such-tool/,
    ],
    ["no interpreter", "ToolMissing", () => badInterpreter(), /the interpreter that its first line names/],
    [
      "an end before it is ready",
      "Start",
      () => script("echo 'broken: 7' >&2; exit 7"),
      /exit status 7; .*\n {2}broken: 7/,
    ],
    ["an end of a program that serves nobody", "Start", () => script("exit 0"), /exit status 0.*`run\(plugin\)`/],
    ["a way out by a link", "Manifest", () => linkedOut(), /link/],
  ];
  for (const [what, kind, path, says] of cases) {
    test(what, async () => {
      await using host = await Host.create();
      const error = await failure(host.load(path()));
      assert.equal(error.kind, kind, error.message);
      assert.match(error.message, says);
      assert.match(error.message, /^load `/);
    });
  }

  function badInterpreter(): string {
    return pluginFolder({ doors: { process: { command: ["./plugin"] } } }, { plugin: "#!/no/such/interpreter\n" });
  }

  function linkedOut(): string {
    const made = pluginFolder({ doors: { process: { command: ["sh", "-c", ":"], cwd: "away" } } });
    symlinkSync(folder(), join(made, "away"));
    return made;
  }

  test("a door that the manifest does not have, or a grant of no kind", async () => {
    await using host = await Host.create();
    assert.equal((await failure(host.load(SUBJECT, { door: "wasm" }))).kind, "NotFound");
    assert.equal((await failure(host.load(SUBJECT, { grants: ["nonsense=*"] }))).kind, "NotFound");
  });

  test("one that is not ready in time, and one that nobody waits for any more, leave nothing", async () => {
    await using host = await Host.create();
    const slow = script("sleep 1000 & sleep 1000");
    const late = await failure(host.load(slow, { startTimeoutMs: 100 }));
    assert.equal(late.kind, "Start");
    const given = await failure(host.load(slow, { signal: AbortSignal.timeout(100) }));
    assert.equal(given.kind, "Cancelled");
    assert.deepEqual(living(slow), []);
  });
});

test("a plugin sees the host's PATH, HOME, LANG, TMPDIR, its manifest, what it was granted, and nothing else", async () => {
  Object.assign(process.env, { CROSSPLUG_TEST_SECRET: "s", CROSSPLUG_TEST_TOKEN: "t", CROSSPLUG_TEST_OTHER: "o" });
  const text = answering("env >&2; while read -r line; do :; done");
  const path = script(text, { permissions: { env: ["CROSSPLUG_TEST_TOKEN", "CROSSPLUG_TEST_OTHER"] } });
  const lines: string[] = [];
  await using host = await Host.create({ onLog: ({ source, message }) => source === "stderr" && lines.push(message) });
  const plugin = await host.load(path, { grants: ["env=CROSSPLUG_TEST_TOKEN"] });
  await plugin.stop();
  const names = lines
    .map((line) => line.split("=")[0])
    .filter((name) => !["_", "PWD", "OLDPWD", "SHLVL"].includes(name ?? ""));
  const known = new Set(["PATH", "HOME", "LANG", "TMPDIR", "CROSSPLUG_MANIFEST", "CROSSPLUG_TEST_TOKEN"]);
  assert.deepEqual(
    names.filter((name) => !known.has(name ?? "")),
    [],
  );
  assert.ok(lines.includes("CROSSPLUG_TEST_TOKEN=t"));
  assert.ok(lines.includes(`CROSSPLUG_MANIFEST=${join(path, "plugin.json")}`));
});

test("a plugin gets a folder of its own", async () => {
  const root = folder();
  await using host = await Host.create({ dataRoot: root });
  await using plugin = await host.load(SUBJECT);
  assert.deepEqual(readdirSync(root), [plugin.name]);
});

test("what stands in the manifest and what the plugin says are compared", async () => {
  const logs: HostLog[] = [];
  await using host = await Host.create({ onLog: (line) => logs.push(line) });
  const text = answering("while read -r line; do :; done");
  await using _plugin = await host.load(script(text, { interfaces: { agent: "1" } }));
  assert.ok(logs.some(({ source, message }) => source === "host" && /the plugin itself does not/.test(message)));
});

describe("ends", () => {
  test("a plugin that dies fails what is in flight with its status and the last of its stderr", async () => {
    await using host = await Host.create();
    const plugin = await host.load(script(answering("read -r line; echo 'out of ideas' >&2; exit 9")));
    const error = await failure(plugin.call("x.y"));
    assert.equal(error.kind, "Died");
    assert.match(
      error.message,
      /^call `x\.y`: Died: `made` ended: exit status 9; the last of its stderr:\n {2}out of ideas$/,
    );
    const { error: why, status } = await plugin.wait();
    assert.deepEqual([why?.kind, status], ["Died", "exit status 9"]);
    assert.equal((await failure(plugin.call("x.y"))).kind, "Died");
    assert.throws(() => plugin.emit("x.y", null), { kind: "Died" });
  });

  test("a plugin that hears nothing is killed with all that it started, and so is a stop in a hurry", async () => {
    const deaf = answering("trap '' TERM; sleep 1000 & while :; do sleep 1000; done");
    await using host = await Host.create({ patience: { shutdownMs: 50, endOfInputMs: 50, terminateMs: 50 } });
    const path = script(deaf);
    const plugin = await host.load(path);
    assert.deepEqual(await plugin.stop(), { error: undefined, status: "signal SIGKILL" });
    await using patient = await Host.create();
    const other = await patient.load(path);
    const ending = other.stop();
    void other.stop({ shutdownMs: 10, endOfInputMs: 10, terminateMs: 10 });
    assert.equal((await ending).status, "signal SIGKILL");
  });

  test("a host that is closed leaves nothing: twenty times loaded and called", async () => {
    const open = (): number => readdirSync("/proc/self/fd").length;
    const round = async (): Promise<void> => {
      await using host = await Host.create();
      const plugins = await Promise.all([host.load(SUBJECT), host.load(SUBJECT)]);
      await Promise.all(plugins.map((plugin) => plugin.call("test.nothing")));
    };
    await round();
    const before = open();
    for (let at = 0; at < 20; at++) await round();
    assert.ok(await until(() => open() <= before), `${open()} descriptors, ${before} before`);
    assert.ok(await until(() => living("crossplug-warden").length === 0));
  });

  for (const [how, end] of [
    ["ends with process.exit", "process.exit(3)"],
    ["breaks down", "throw new Error('on purpose')"],
    ["is killed", "process.kill(process.pid, 'SIGKILL')"],
  ] as const) {
    test(`a host that ${how} takes its plugins with it`, async () => {
      const path = script(answering("sleep 1000 & while :; do sleep 1000; done"));
      const program = `
        const { Host } = await import(${JSON.stringify(HOST)});
        const host = await Host.create();
        const plugin = await host.load(${JSON.stringify(path)});
        console.log(plugin.introduction.process);
        setTimeout(() => { ${end} }, 50);`;
      const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
        stdio: ["ignore", "pipe", "ignore"],
      });
      let group = "";
      child.stdout.on("data", (text: Buffer) => {
        group += text.toString();
      });
      await new Promise((resolve) => child.once("close", resolve));
      assert.match(group, /^[0-9]+\n$/);
      assert.ok(await until(() => !isThere(Number(group))), "its group lives on");
    });
  }
});

function isThere(group: number): boolean {
  try {
    process.kill(-group, 0);
    // Zombies count until init has seen them.
    return true;
  } catch {
    return false;
  }
}

test("a mistake in a callback of the program is its own, and stops no plugin", async () => {
  const program = `
    const { Host } = await import(${JSON.stringify(HOST)});
    process.on("uncaughtException", (error) => console.log("caught", error.message));
    const host = await Host.create({ onEvent: () => { throw new Error("in onEvent"); }, grants: ["emit=test:*"] });
    const plugin = await host.load(${JSON.stringify(SUBJECT)});
    await plugin.call("test.emit", { times: 1 });
    console.log("still", await plugin.call("test.nothing"));
    await host.close();`;
  const place = join(folder(), "program.mjs");
  writeFileSync(place, program);
  const child = spawn(process.execPath, [place], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (text: Buffer) => {
    said += text.toString();
  });
  await new Promise((resolve) => child.once("close", resolve));
  assert.equal(said, "caught in onEvent\nstill null\n");
});

test("the plugin SDK does not load the host's module", () => {
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const [, path = ""] of readFileSync(file, "utf8").matchAll(/(?:from|import) "(\.[^"]*|#[^"]*)"/g)) {
      assert.ok(!path.startsWith("#"), `${file} imports ${path}`);
      visit(join(dirname(file), path));
    }
  };
  for (const entry of ["index", "plugin", "testing", "codec", "interfaces/agent"]) {
    visit(fileURLToPath(new URL(`../../dist/${entry}.js`, import.meta.url)));
  }
  assert.ok(seen.size > 20);
});
