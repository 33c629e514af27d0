// A Node host beside the raw limit: a call through `crossplug/host` of a plugin that reads nothing (`peers/calls.mjs`), and a
// line through the same kind of pipe to a peer that echoes it (`peers/echo.mjs`), turn by turn in one run. What a plugin's SDK
// costs is not in it. Needs `npm run build`.
//
//   node bench/node-host.mjs

import { spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const { Host } = await import(join(ROOT, "bindings/typescript/dist/host.js"));

/** Turns a side has in a round, so that both see the same machine. */
const TURNS = 200;
const ROUNDS = 41;
/** Sizes of the text that goes there and back. */
const SIZES = [16, 4096, 1 << 20];

const folder = mkdtempSync(join(tmpdir(), "crossplug-bench-"));
copyFileSync(join(ROOT, "bench/peers/calls.mjs"), join(folder, "calls.mjs"));
const manifest = { name: "bench", version: "1.0.0", description: "Echoes.", language: "typescript", interfaces: { conformance: "1" } };
writeFileSync(
  join(folder, "plugin.json"),
  JSON.stringify({ ...manifest, doors: { process: { command: ["node", "calls.mjs"] } } }),
);
const host = await Host.create();
const plugin = await host.load(folder);

const peer = spawn(process.execPath, [join(ROOT, "bench/peers/echo.mjs")], { stdio: ["pipe", "pipe", "inherit"] });
let got = 0;
let wanted = 0;
let whole = () => undefined;
peer.stdout.on("data", (bytes) => {
  got += bytes.length;
  if (got >= wanted) whole();
});
function raw(line) {
  return new Promise((resolve) => {
    got = 0;
    wanted = line.length;
    whole = resolve;
    peer.stdin.write(line);
  });
}

async function timed(turns, turn) {
  const begin = performance.now();
  for (let at = 0; at < turns; at++) await turn();
  return ((performance.now() - begin) / turns) * 1000;
}

function median(times) {
  return times.sort((one, other) => one - other)[times.length >> 1];
}

console.log("bytes      raw µs   untyped µs   typed µs   100 at once, µs each");
for (const size of SIZES) {
  const turns = size > 100_000 ? 5 : TURNS;
  const text = "x".repeat(size);
  const line = Buffer.from(`${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "test.echo", params: { text } })}\n`);
  const sides = {
    raw: () => raw(line),
    untyped: () => plugin.call("test.echo", { text }),
    typed: () => plugin.conformance.testEcho({ text }),
  };
  const times = { raw: [], untyped: [], typed: [], many: [] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, turn] of Object.entries(sides)) times[name].push(await timed(turns, turn));
    if (size <= 4096) {
      const all = () => Promise.all(Array.from({ length: 100 }, () => plugin.call("test.echo", { text })));
      times.many.push((await timed(1, all)) / 100);
    }
  }
  const [one, two, three, many] = ["raw", "untyped", "typed", "many"].map((name) => median(times[name])?.toFixed(1) ?? "");
  console.log(`${String(size).padEnd(9)}${one.padStart(8)}${two.padStart(13)}${three.padStart(11)}${many.padStart(23)}`);
}
peer.stdin.end();
await host.close();
rmSync(folder, { recursive: true, force: true });
