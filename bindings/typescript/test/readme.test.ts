// Compiles and runs the code of README.md as a reader would: the plugins, and their tests. Needs cargo to generate the page's
// own interface; without it the test is skipped, in CI it fails.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
/** Inside the repository, so that the package is found as a user's project finds it. */
const OUT = join(ROOT, "target/typescript/readme");

function run(command: string, args: readonly string[], cwd = OUT): string {
  // A runner of tests tells its children so, and they would report to it instead of running tests themselves.
  const { NODE_TEST_CONTEXT: _context, ...env } = process.env;
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8", input: "", env });
  assert.equal(status, 0, `${command} ${args.join(" ")}: ${error?.message ?? ""}${stdout}${stderr}`);
  return stdout;
}

const node = (...args: readonly string[]): string => run(process.execPath, args);

const hasCargo = spawnSync("cargo", ["--version"]).status === 0;
const skip = hasCargo || process.env.CI !== undefined ? false : "cargo is not installed";

test("the code of the README compiles strictly and does what it says", { skip }, () => {
  const readme = readFileSync(join(ROOT, "bindings/typescript/README.md"), "utf8");
  const blocks = [...readme.matchAll(/^```\S+ ?(.*)\n((?:.*\n)*?)^```$/gm)].map(([, name, code]) => ({ name, code }));
  assert.deepEqual(
    blocks.map(({ name }) => name),
    ["plugin.ts", "plugin.json", "diary.json", "diary.ts", "plugin.test.ts", "diary.test.ts"],
  );
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(OUT, { recursive: true });
  for (const { name = "", code = "" } of blocks) writeFileSync(join(OUT, name), code);
  run("cargo", ["xtask", "programs", "--tools", "--example", "emit"], ROOT);
  run(join(ROOT, "target/debug/examples/emit"), [join(OUT, "diary.json"), "typescript", join(OUT, "generated")]);
  writeFileSync(join(OUT, "package.json"), '{ "type": "module" }');
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
    include: ["*.ts", "generated/*.ts"],
    // The default would exclude the output's folder, which is this one.
    exclude: [],
  };
  writeFileSync(join(OUT, "tsconfig.json"), JSON.stringify(config));
  node(join(ROOT, "node_modules/typescript/bin/tsc"), "-p", ".");
  assert.match(node("--test", "--test-reporter=tap", "plugin.test.js", "diary.test.js"), /^# pass 2$/m);
  // As a program it finds its plugin.json, and the end of its input ends it.
  assert.equal(node("plugin.js"), "");
  assert.match(node("plugin.js", "--dialect", "elizaos-bridge/1"), /^\{"type":"ready","manifest":\{"name":"shouter",/);
});
