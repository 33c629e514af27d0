// Compiles and runs the code of README.md as a reader would: the plugin, and its test.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
/** Inside the repository, so that the package is found as a user's project finds it. */
const OUT = join(ROOT, "target/typescript/readme");

function run(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: OUT, encoding: "utf8", input: "" });
  assert.equal(status, 0, `${args.join(" ")}: ${stdout}${stderr}`);
  return stdout;
}

test("the code of the README compiles strictly and does what it says", () => {
  const readme = readFileSync(join(ROOT, "bindings/typescript/README.md"), "utf8");
  const blocks = [...readme.matchAll(/^```(ts|json)\n(.*?)^```$/gms)].map(([, kind, code]) => ({
    kind,
    code: code as string,
  }));
  const [plugin, manifest, usage] = blocks;
  assert.deepEqual(
    blocks.map(({ kind }) => kind),
    ["ts", "json", "ts"],
  );
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(OUT, { recursive: true });
  writeFileSync(join(OUT, "package.json"), '{ "type": "module" }');
  writeFileSync(join(OUT, "plugin.ts"), plugin?.code ?? "");
  writeFileSync(join(OUT, "plugin.json"), manifest?.code ?? "");
  writeFileSync(join(OUT, "usage.ts"), `${usage?.code ?? ""}\nconsole.log(text, host.logs.length);\n`);
  const config = {
    extends: join(ROOT, "tsconfig.base.json"),
    compilerOptions: {
      composite: false,
      declaration: false,
      isolatedDeclarations: false,
      types: ["node"],
      rootDir: ".",
      outDir: ".",
    },
    include: ["*.ts"],
    // The default would exclude the output's folder, which is this one.
    exclude: [],
  };
  writeFileSync(join(OUT, "tsconfig.json"), JSON.stringify(config));
  run(join(ROOT, "node_modules/typescript/bin/tsc"), "-p", ".");
  assert.equal(run("usage.js"), "HI? 1\n");
  // As a program it finds its plugin.json, and the end of its input ends it.
  assert.equal(run("plugin.js"), "");
  assert.match(run("plugin.js", "--dialect", "elizaos-bridge/1"), /^\{"type":"ready","manifest":\{"name":"shouter",/);
});
