// Compiles and runs every block of docs/hosting/typescript.md, each as a program beside the plugins that it names.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { guest, library, ROOT, subjects } from "./plugins.js";

/** Inside the repository, so that the package is found as a user's project finds it. */
const OUT = join(ROOT, "target/typescript/hosting");

const GREETER = `
import { agent } from "crossplug/interfaces/agent";
import { definePlugin, implement, run } from "crossplug/plugin";
const greeter = { actionInvoke: (_ctx, { memory }) => ({ success: true, text: "Hello, " + memory.content.text + "!" }) };
run(definePlugin({ interfaces: [implement(agent, greeter)] }));
`;

/** What each block prints. */
const PRINTS: { readonly [block: string]: string } = {
  "loading.ts": "Hello, Ada! { success: true, text: 'Hello, Ada!' }\n",
  "patience.ts": "the host says Deadline\n",
  "streams.ts": "1n\n2n\n3n\nin all 6n\n42n\n",
  "services.ts": "{ answer: '6 times 7? 42.' }\ntest.happened test:stream { number: 1 }\n",
  "msgpack.ts":
    "msgpack { big: 9223372036854775807n, bytes: Uint8Array(2) [ 0, 255 ] }\n" +
    "{ big: '9223372036854775807', huge: 7, bytes: 'AP8=' }\n",
  "wasm.ts": "conformance-subject { text: 'hi' }\nDeadline\n",
  "component.ts": "conformance-subject { text: 'hi' }\n",
  "extism.ts": "three\n",
  "native.ts": "conformance-subject { text: 'hi' }\n",
  "eliza.ts": "{ success: true, text: 'echo:hi', data: {} }\n",
};
/** Those that enter files which `cargo xtask` builds: where one is, and what the block calls it. */
const BUILT: { readonly [block: string]: readonly [string | undefined, string] } = {
  "wasm.ts": [guest("subject"), "subject.wasm"],
  "component.ts": [guest("subject-python"), "subject-python.wasm"],
  "extism.ts": [guest("extism/a-function-of-the-host"), "shop.wasm"],
  "native.ts": [library("subject"), "libsubject.so"],
  "eliza.ts": [guest("subject"), "subject.wasm"],
};

test("the code of the page compiles strictly and does what it says", () => {
  const page = readFileSync(join(ROOT, "docs/hosting/typescript.md"), "utf8");
  const blocks = [...page.matchAll(/^```\S+ ?(.*)\n((?:.*\n)*?)^```$/gm)].map(
    ([, name = "", code = ""]) => [name, code] as const,
  );
  assert.deepEqual(
    blocks.map(([name]) => name),
    Object.keys(PRINTS),
  );
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(join(OUT, "plugins/greeter"), { recursive: true });
  for (const [name, code] of blocks) writeFileSync(join(OUT, name), code);
  writeFileSync(join(OUT, "package.json"), '{ "type": "module" }');
  const manifest = {
    ...{ name: "greeter", version: "1.0.0", description: "Greets.", language: "typescript" },
    ...{ interfaces: { agent: "1" }, doors: { process: { command: ["node", "plugin.js"] } } },
  };
  writeFileSync(join(OUT, "plugins/greeter/plugin.json"), JSON.stringify(manifest));
  writeFileSync(join(OUT, "plugins/greeter/plugin.js"), GREETER);
  cpSync(subjects().typescript as string, join(OUT, "plugins/subject"), { recursive: true });
  const compilerOptions = {
    // As a program would that knows nothing of how the package is made.
    ...{ composite: false, declaration: false, isolatedDeclarations: false, skipLibCheck: false },
    ...{ types: ["node"], rootDir: ".", outDir: "." },
  };
  const config = { extends: join(ROOT, "tsconfig.base.json"), compilerOptions, include: ["*.ts"], exclude: [] };
  writeFileSync(join(OUT, "tsconfig.json"), JSON.stringify(config));
  run(join(ROOT, "node_modules/typescript/bin/tsc"), "-p", ".");
  for (const [name, prints] of Object.entries(PRINTS)) {
    const [built, file] = BUILT[name] ?? [];
    if (built !== undefined && file !== undefined) cpSync(built, join(OUT, "plugins", file));
    if (file === undefined || built !== undefined) assert.equal(run(name.replace(/ts$/, "js")), prints, name);
  }
});

function run(...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(process.execPath, args, {
    cwd: OUT,
    encoding: "utf8",
    input: "",
  });
  assert.equal(status, 0, `${args.join(" ")}: ${error?.message ?? ""}${stdout}${stderr}`);
  return stdout;
}
