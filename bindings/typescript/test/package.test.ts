// Facts about the package and its lock file that nothing else would notice.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ERROR_KINDS } from "crossplug/host";

function read(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));
}

test("the package needs nothing when it runs, and says its types first", () => {
  const manifest = read("../../package.json") as {
    dependencies?: object;
    exports: Record<string, string | Record<string, string>>;
  };
  assert.equal(manifest.dependencies, undefined);
  for (const [path, target] of Object.entries(manifest.exports)) {
    if (typeof target !== "string") assert.equal(Object.keys(target)[0], "types", path);
  }
});

test("what is packed is the compiled code and the session of hosts, whole", () => {
  const args = ["pack", "--dry-run", "--json", "--ignore-scripts"];
  const { stdout } = spawnSync("npm", args, { cwd: new URL("../../", import.meta.url), encoding: "utf8" });
  const files = (JSON.parse(stdout) as { files: { path: string }[] }[])[0]?.files.map(({ path }) => path) ?? [];
  for (const path of ["dist/host.js", "dist/host.d.ts", "dist/plugin.js", "README.md", "package.json"]) {
    assert.ok(files.includes(path), `${path} is not packed`);
  }
  for (const path of ["session.js", "session.d.ts", "session_bg.wasm"]) {
    assert.ok(files.includes(`wasm/pkg/${path}`), `${path} is not packed`);
  }
  assert.deepEqual(
    files.filter((path) => !/^(dist\/|wasm\/pkg\/|README\.md$|package\.json$)/.test(path)),
    [],
  );
});

test("kinds of errors are those of the Rust host, by name and order", () => {
  const rust = readFileSync(new URL("../../../../crates/host/src/error.rs", import.meta.url), "utf8");
  const all = /pub const ALL: .*? = \[([^\]]*)\];/s.exec(rust)?.[1] ?? "";
  assert.deepEqual(
    [...ERROR_KINDS],
    [...all.matchAll(/Self::(\w+)/g)].map(([, kind]) => kind),
  );
});

/** Looks for the library that came built with it, and builds one where there is none. We install without it, which works as well. */
const RUNS_A_PROGRAM = ["node_modules/koffi"];

test("the lock file does not say where packages were downloaded from, and which run a program when they are installed", () => {
  const lock = read("../../../../package-lock.json") as {
    packages: Record<string, { resolved?: string; integrity?: string; hasInstallScript?: boolean; link?: boolean }>;
  };
  for (const [path, { resolved, integrity, hasInstallScript, link }] of Object.entries(lock.packages)) {
    assert.ok(!resolved?.includes("://"), `${path} was resolved to ${resolved}`);
    assert.equal(hasInstallScript === true, RUNS_A_PROGRAM.includes(path), path);
    if (path.startsWith("node_modules/") && link !== true) assert.ok(integrity, `${path} has no hash`);
  }
});
