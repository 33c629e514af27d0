// Facts about the package and its lock file that nothing else would notice.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

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

test("the lock file does not say where packages were downloaded from, and none runs a program when it is installed", () => {
  const lock = read("../../../../package-lock.json") as {
    packages: Record<string, { resolved?: string; integrity?: string; hasInstallScript?: boolean; link?: boolean }>;
  };
  for (const [path, { resolved, integrity, hasInstallScript, link }] of Object.entries(lock.packages)) {
    assert.ok(!resolved?.includes("://"), `${path} was resolved to ${resolved}`);
    assert.notEqual(hasInstallScript, true, path);
    if (path.startsWith("node_modules/") && link !== true) assert.ok(integrity, `${path} has no hash`);
  }
});
