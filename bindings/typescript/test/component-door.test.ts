// Components through the WebAssembly door: three languages, what cannot be run, and jco's word on the same components.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { Host, HostError, wasmDoor } from "crossplug/host";
import { ComponentInstance, fullLimits, isComponent, outlined, readyForComponents, wasm } from "./inside.js";
import { failure, guest, ROOT } from "./plugins.js";
import { INITIALIZE } from "./program.js";

const MODES = ["worker", "inline"] as const;
/** A component that exports nothing. */
const EMPTY = Uint8Array.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]);

for (const language of ["rust", "typescript", "python"]) {
  const file = guest(`subject-${language}`);
  for (const mode of MODES) {
    test(`a component of ${language}, ${mode}`, { skip: file === undefined }, async () => {
      await using host = await Host.create({
        doors: [wasmDoor({ mode })],
        services: { "test.answer": (_ctx, { question }) => ({ answer: `${question}!` }) },
        grants: ["*", "emit=*"],
      });
      await using plugin = await host.load(file as string);
      assert.equal(plugin.name, "conformance-subject");
      assert.deepEqual(await plugin.call("test.echo", { text: "é" }), { text: "é" });
      assert.deepEqual(await plugin.call("test.ask", { question: "?" }), { answer: "?!" });
      const streamed = plugin.start("test.count", { to: 300 });
      let count = 0;
      for await (const item of streamed) assert.equal(item, String(++count));
      assert.equal(await streamed.result(), "45150");
      const crashed = await failure(plugin.call("test.crash"));
      assert.deepEqual([crashed.code, /crash on purpose/.test(crashed.message)], ["internal", true]);
      assert.deepEqual(await plugin.call("test.echo", { text: "here" }), { text: "here" });
      assert.equal((await plugin.stop()).error, undefined);
    });
  }
}

describe("what cannot be run", () => {
  const refused = async (module: Uint8Array): Promise<string> => {
    await using host = await Host.create();
    const error = await failure(host.open("x", wasmDoor({ module })));
    return `${error.kind}: ${error.message}`;
  };

  test("a component that is no plugin", async () => {
    assert.ok(isComponent(EMPTY));
    assert.match(await refused(EMPTY), /^Incompatible: .*does not export `crossplug:plugin\/guest@1.0.0`/);
  });

  test("what only begins as one does", async () => {
    assert.match(await refused(Uint8Array.from([...EMPTY, 99, 1, 2])), /^Incompatible: .*that this host can run/);
    assert.match(await refused(Uint8Array.from([...EMPTY, 2, 100])), /^Incompatible: .*it is not whole/);
  });

  test("a component that begins with more memory than it may have", {
    skip: guest("broken-component") === undefined,
  }, async () => {
    await using host = await Host.create();
    const module = guest("broken-component") as string;
    const error = await failure(host.open("x", wasmDoor({ module, limits: { memoryBytes: 2 << 16 } })));
    assert.equal(error.kind, "Limit", error.message);
  });

  test("a part that is not there, other types, other texts, and a function that nobody gives", async () => {
    const text = readFileSync(join(ROOT, "crates/host/tests/abi/broken-component.wat"), "utf8");
    const bytes = await assembled(text);
    assert.equal(await echoed(bytes), '{"a":1}');
    const utf16 = text.replace(
      "(memory $memory) (realloc $realloc))",
      "(memory $memory) (realloc $realloc) string-encoding=utf16)",
    );
    assert.match(await refused(await assembled(utf16)), /^Incompatible: .*not in UTF-8/);
    const other = text
      .replaceAll('"now" u64) (result $outbox)', '"now" u64) (param "more" u32) (result $outbox)')
      .replace('(func (export "turn") (param i64)', '(func (export "turn") (param i64 i32)')
      .replace('(func (export "close") (param i64)', '(func (export "close") (param i64 i32)')
      .replace('(func (export "push") (param i32 i32 i64)', '(func (export "push") (param i32 i32 i64 i32)');
    assert.match(await refused(await assembled(other)), /^Incompatible: .*`push` has other types/);
    const asking = text
      .replace(
        "(component\n",
        '(component\n (import "host:thing/log" (instance $log (export "say" (func))))\n (core func $say (canon lower (func $log "say")))\n (core instance $env (export "say" (func $say)))\n',
      )
      .replace("(core module $guest\n", '(core module $guest\n (import "env" "say" (func $say))\n')
      .replace("(instantiate $guest)", '(instantiate $guest (with "env" (instance $env)))')
      .replace(
        '(func (export "turn") (param i64) (result i32) ',
        '(func (export "turn") (param i64) (result i32) (call $say) ',
      )
      .replace('(func (export "methods") (result i32) ', '(func (export "methods") (result i32) (call $say) ');
    assert.match(
      await refused(await assembled(asking)),
      /^Start: .*it called `host:thing\/log::say`, which is not there/,
    );
  });

  test("a small component that is a large one many times over", async () => {
    const levels = Array.from(
      { length: 18 },
      (_, level) => `(component $c${level + 1}
      (alias outer 1 $c${level} (component $below))
      ${"(instance (instantiate $below))".repeat(8)})`,
    );
    const text = `(component (component $c0 (core module $m) (core instance (instantiate $m))) ${levels.join("\n")}
      (instance (instantiate $c18)))`;
    assert.match(await refused(await assembled(text)), /^Limit: .*more than 1000 core instances/);
  });

  test("names without end", async () => {
    const text = readFileSync(join(ROOT, "crates/host/tests/abi/broken-component.wat"), "utf8");
    // As many as fit into the memory, all of them the same 64 KiB.
    const filled = `(local $at i32)
      (loop $on
        (i32.store (i32.add (i32.const 65536) (local.get $at)) (i32.const 0))
        (i32.store (i32.add (i32.const 65540) (local.get $at)) (i32.const 65536))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br_if $on (i32.lt_u (local.get $at) (i32.const 65536))))
      (i32.store (i32.const 2400) (i32.const 65536)) (i32.store (i32.const 2404) (i32.const 8192))`;
    const many = text.replace(
      '(func (export "methods") (result i32) ',
      `(func (export "methods") (result i32) ${filled} `,
    );
    assert.match(await refused(await assembled(many)), /^Limit: .*its output is larger than 67108864 bytes/);
  });

  test("a component whose bytes somebody changed", { skip: guest("broken-component") === undefined }, () => {
    const whole = readFileSync(guest("broken-component") as string);
    let seed = 7;
    const upTo = (most: number): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return (seed >>> 8) % most;
    };
    const came = { read: 0, refused: 0 };
    for (let round = 0; round < 3000; round++) {
      const changed = Uint8Array.from(whole);
      for (let left = 1 + upTo(4); left > 0; left--) changed[8 + upTo(changed.length - 8)] = upTo(round % 2 ? 256 : 24);
      try {
        outlined(changed);
        came.read += 1;
      } catch (thrown) {
        assert.ok(thrown instanceof HostError, String(thrown));
        assert.equal(thrown.kind, "Incompatible");
        came.refused += 1;
      }
    }
    assert.ok(came.read > 100 && came.refused > 100, JSON.stringify(came));
  });

  test("components that lie in each other without end", async () => {
    const text = `${"(component ".repeat(40)}${")".repeat(40)}`;
    assert.match(await refused(await assembled(text)), /^Incompatible: .*more than 20 deep/);
  });
});

describe("what jco makes of the same components", () => {
  for (const name of ["subject-rust", "subject-typescript", "broken-component"]) {
    const file = guest(name);
    test(`${name}: its methods, and what it says to a greeting`, { skip: file === undefined }, async () => {
      const [bytes, message] = [readFileSync(file as string), Buffer.from(JSON.stringify(INITIALIZE))];
      const theirs = (await transpiled(bytes))[GUEST];
      theirs.begin({ now: 0n, wall: 0n, seed: new Uint8Array(32) });
      readyForComponents();
      const { outline, modules } = outlined(bytes);
      const code = { outline, modules: await Promise.all(modules.map((core) => wasm.compile(core))) };
      const ours = await ComponentInstance.make(code, fullLimits());
      assert.deepEqual(ours.methods(), theirs.methods());
      const { bytes: said, isOver } = ours.push(message);
      assert.ok(said.length > 0);
      assert.deepEqual(
        [String(Buffer.from(said)), isOver],
        Object.values(theirs.push(String(message), 1n)).slice(0, 2),
      );
    });
  }
});

const GUEST = "crossplug:plugin/guest@1.0.0";
const JCO = join(ROOT, "node_modules/@bytecodealliance/jco-transpile/vendor");

/** What jco makes of a component, instantiated; of imports only what a component of Rust needs is there. */
async function transpiled(bytes: Uint8Array): Promise<Theirs> {
  const { generate, $init } = await import(join(JCO, "js-component-bindgen-component.js"));
  await $init;
  const options = { name: "component", instantiation: { tag: "async" }, noTypescript: true, noNodejsCompat: true };
  const { files } = generate(bytes, { ...options, base64Cutoff: 0, noNamespacedExports: false });
  const found = new Map<string, Uint8Array>(files);
  const linker = Buffer.from(found.get("component.js") as Uint8Array).toString("base64");
  const { instantiate } = await import(`data:text/javascript;base64,${linker}`);
  const breakdown = { "crossplug:plugin/breakdown": { lastWords: () => {} } };
  return instantiate((name: string) => wasm.compile(found.get(name) as Uint8Array), breakdown);
}

interface Theirs {
  readonly [GUEST]: {
    begin(outside: object): void;
    methods(): string[];
    push(message: string, now: bigint): { messages: string; over: boolean };
  };
}

/** Makes a component of its text, by the tools that jco brings. */
async function assembled(text: string): Promise<Uint8Array> {
  const { tools, $init } = await import(join(JCO, "wasm-tools.js"));
  await $init;
  return tools.parse(text);
}

async function echoed(module: Uint8Array): Promise<string> {
  await using host = await Host.create();
  await using plugin = await host.open("x", wasmDoor({ module }));
  return JSON.stringify(await plugin.call("echo", { a: 1 }));
}
