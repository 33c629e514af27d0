// `node main.js PATH [--door NAME] [--filter TEXT]`: plays the interop cases on the host of Node; one JSON object of what came of
// each case, on stdout.

import { readdirSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Host } from "crossplug/host";
import { Misstep, play, type Subject } from "./play.js";

const CASES = new URL("../../../../../schema/vectors/interop/", import.meta.url);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { door: { type: "string" }, filter: { type: "string", default: "" } },
});
const [path] = positionals;
if (path === undefined) throw new Error("which plugin? Give the folder, manifest or file of a conformance subject");

const subject: Subject<Host> = {
  open: (options) => Host.create(options),
  load: (host, config) =>
    host.load(path, {
      config,
      grants: ["*", "emit=*"],
      ...(values.door === undefined ? {} : { door: values.door }),
    }),
  elsewhere: values.door === undefined || values.door === "process" || values.door === "socket",
  residentMib: () => Math.round(process.memoryUsage.rss() / (1 << 20)),
};

const outcomes: object[] = [];
let failed = 0;
for (const name of readdirSync(CASES)
  .filter((name) => name.endsWith(".jsonl") && name.includes(values.filter))
  .sort()) {
  const outcome: { [member: string]: unknown } = { case: `interop/${name}`, verdict: "passed" };
  try {
    await play(readFileSync(new URL(name, CASES), "utf8"), subject);
  } catch (error) {
    failed += 1;
    const [line, reason] = error instanceof Misstep ? [error.line, error.message] : [1, String(error)];
    Object.assign(outcome, { verdict: "failed", line, reason });
    console.error(`failed  ${name}:${line}: ${reason}`);
  }
  outcomes.push(outcome);
}
console.log(JSON.stringify({ passed: outcomes.length - failed, failed, cases: outcomes }));
process.exitCode = failed === 0 ? 0 : 3;
