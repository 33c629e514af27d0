// Examples in languages without an SDK of ours: WebAssembly modules in C, Zig and AssemblyScript.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { Host } from "crossplug/host";
import { isBuilt, ROOT } from "./plugins.js";

const place = (name: string): string => join("target/plugins", name, "plugin.json");

for (const name of ["shout-c", "shout-zig"]) {
  test(`${name} shouts`, { skip: !isBuilt(place(name)) }, async () => {
    await using host = await Host.create();
    await using plugin = await host.load(join(ROOT, "target/plugins", name));
    const big = "x".repeat(1 << 20);
    for (const [said, loud] of [
      ['é\n"x"', 'é\n"X"'],
      ["", ""],
      [big, big.toUpperCase()],
    ]) {
      assert.deepEqual(await plugin.call("text.shout", { text: said as string }), { text: loud });
    }
    await assert.rejects(plugin.call("text.shout", {}), { code: "invalidParams" });
  });
}

test("an agent in AssemblyScript is called with types", { skip: !isBuilt(place("agent-assemblyscript")) }, async () => {
  await using host = await Host.create();
  await using plugin = await host.load(join(ROOT, "target/plugins/agent-assemblyscript"));
  const memory = (text: string) => ({ content: { text } });
  for (let number = 0; number < 500; number++) {
    const whom = `wörld "${number}"\n`;
    const result = await plugin.agent.actionInvoke({ action: "GREET", memory: memory(whom) });
    assert.equal(result.text, `Hello, ${whom}!`);
  }
  const length = await plugin.agent.providerGet({ provider: "LENGTH", memory: memory("abc") });
  assert.equal(length.text, "3 units of UTF-16");
  await assert.rejects(plugin.agent.actionInvoke({ action: "NO", memory: memory("") }), { code: "actionNotFound" });
});
