// elizaOS's names, as its readers expect them: bare files and modules' names, no manifest beside them.

import assert from "node:assert/strict";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import {
  type LoadedElizaPlugin,
  loadPlugin,
  loadPythonPlugin,
  loadRustPlugin,
  loadWasmPlugin,
  Runtime,
} from "crossplug/elizaos";
import { Host, programDoor } from "crossplug/host";
import { failure, folder, guest, isBuilt, library, putProgram, ROOT } from "./plugins.js";

const memory = { content: { text: "hello" }, roomId: "00000000-0000-4000-8000-000000000002", unknown: { kept: true } };

/** What every loader's plugin does: the conformance subject's agent. */
async function answers(plugin: LoadedElizaPlugin): Promise<void> {
  const host = plugin.loaded;
  const runtime = new Runtime({ color: "red" });
  await runtime.registerPlugin(plugin);
  assert.equal(plugin.name, "conformance-subject");
  assert.deepEqual(
    runtime.actions.map(({ name }) => name),
    ["ECHO"],
  );
  const said: string[] = [];
  const [action] = runtime.actions;
  assert.equal(await action?.validate(runtime, memory), true);
  const result = await action?.handler(runtime, memory, { values: {} }, { o: 1 }, ({ text }) => said.push(text));
  assert.equal(result?.success, true);
  assert.equal(result?.text, "echo:hello");
  assert.deepEqual(result?.data, { options: { o: 1 }, state: { values: {} } });
  assert.deepEqual(said, ["echo:hello"]);
  assert.equal((await runtime.processAction("ECHO", memory))?.text, "echo:hello");
  const state = await runtime.composeState(memory);
  assert.deepEqual(
    [state.text, state.values],
    runtime.providers.length === 0 ? ["", {}] : ["provided:hello", { n: 1 }],
  );
  for (const [name, evaluated] of Object.entries(await runtime.evaluate(memory))) {
    assert.deepEqual([name, evaluated?.text], ["EVAL", "evaluated:hello"]);
  }
  assert.equal((await failure(runtime.processAction("NOWHERE", memory))).code, "actionNotFound");
  assert.equal((await failure(runtime.registerPlugin(plugin))).code, "usage");
  await runtime.stop();
  assert.equal(host.isAlive, false);
}

describe("a plugin in Rust", () => {
  test("as a module", { skip: guest("subject") === undefined }, async () =>
    answers(await loadWasmPlugin(guest("subject") as string)),
  );

  for (const [what, name] of [
    ["for bundlers", "bound"],
    ["for the web", "bound-web"],
  ] as const) {
    const built = `target/guests/${name}/subject.js`;
    const file = join(ROOT, built);
    test(`as a package of wasm-bindgen's ${what}`, { skip: !isBuilt(built) }, async () => {
      await answers(await loadRustPlugin(file));
      await answers(await loadWasmPlugin(file.replace(/\.js$/, "_bg.wasm")));
    });
  }

  test("as a program", { skip: !isBuilt("target/debug/examples/subject") }, async () => {
    const program = join(folder(), "subject");
    putProgram(join(ROOT, "target/debug/examples/subject"), program);
    await answers(await loadRustPlugin(program));
  });

  test("as a shared library", { skip: library("subject") === undefined }, async () =>
    answers(await loadRustPlugin(library("subject") as string)),
  );

  test("that is not there, or not made yet", async () => {
    assert.equal((await failure(loadRustPlugin("./no/such/plugin.js"))).kind, "NotFound");
    const file = join(folder(), "x.js");
    writeFileSync(file, "");
    assert.match((await failure(loadRustPlugin(file))).message, /wasm-bindgen --out-dir/);
  });
});

describe("a plugin in Python", { skip: !isBuilt("target/venv/bin/python3") }, () => {
  test("by the name of its module", async () => {
    const made = folder();
    writeFileSync(join(made, "my_python_plugin.py"), SHAPED);
    const old = process.cwd();
    process.chdir(made);
    try {
      const plugin = await loadPythonPlugin("my_python_plugin", { config: { mark: "!" } });
      assert.deepEqual(
        plugin.actions.map(({ name }) => name),
        ["SHOUT"],
      );
      const runtime = new Runtime();
      await runtime.registerPlugin(plugin);
      assert.equal((await runtime.processAction("SHOUT", memory))?.text, "HELLO");
      await runtime.stop();
    } finally {
      process.chdir(old);
    }
  });
});

/** A plugin as elizaOS's own authors write one. */
const SHAPED = `
async def validate(runtime, message, state=None):
    return True

async def shout(runtime, message, state=None, options=None, callback=None, responses=None):
    content = message["content"] if isinstance(message, dict) else message.content
    text = content["text"] if isinstance(content, dict) else content.text
    return {"success": True, "text": text.upper()}

class Action:
    name = "SHOUT"
    description = "Repeats, louder."
    similes = []
    examples = []
    validate = staticmethod(validate)
    handler = staticmethod(shout)

class Plugin:
    name = "my-python-plugin"
    description = "Shouts."
    actions = [Action()]
    providers = []
    evaluators = []

plugin = Plugin()
`;

test("a plugin by its manifest", { skip: guest("subject") === undefined }, async () => {
  const made = folder();
  copyFileSync(guest("subject") as string, join(made, "p.wasm"));
  const manifest = { name: "conformance-subject", description: "", version: "1.0.0", language: "rust" };
  const actions = [{ name: "ECHO", description: "Echoes." }];
  writeFileSync(
    join(made, "plugin.json"),
    JSON.stringify({ ...manifest, actions, doors: { wasm: { path: "p.wasm" } } }),
  );
  await answers(await loadPlugin(made));
});

test("a program without a manifest says itself what it is, and one that is not there is a missing tool", async () => {
  await using host = await Host.create();
  assert.equal((await failure(host.open("x", programDoor(["no-such-tool"])))).kind, "ToolMissing");
  const subject = join(ROOT, "bindings/typescript/subject/dist/plugin.js");
  await using plugin = await host.open("x", programDoor(["node", subject]));
  assert.equal(plugin.manifest, undefined);
  assert.equal(plugin.introduction.manifest.name, "conformance-subject");
});
