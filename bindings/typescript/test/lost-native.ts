// A program whose native plugin does not come back, for a test that sees it end: `node lost-native.js LIBRARY HOW`. Says on stdout
// what it came to, and ends with 7.

import { type CrossplugError, Host, nativeDoor } from "crossplug/host";

const [library = "", how = ""] = process.argv.slice(2);
const host = await Host.create({ patience: { shutdownMs: 200, endOfInputMs: 200 } });
const plugin = await host.open("broken", nativeDoor({ library }));
const kind = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "none",
    (error: CrossplugError) => error.kind as string,
  );
process.exitCode = 7;

if (how === "leave" || how === "stop") {
  const call = kind(plugin.call("loop", {}, { timeoutMs: Infinity }));
  await new Promise((resolve) => setTimeout(resolve, 300));
  if (how === "leave") {
    console.log(JSON.stringify({ call: "open" }));
    process.exit(7);
  }
  const { error } = await plugin.stop();
  console.log(JSON.stringify({ call: await call, ending: error?.kind ?? "none" }));
} else {
  let ticks = 0;
  const ticking = setInterval(() => ticks++, 10);
  const call = await kind(plugin.call(how, {}, { timeoutMs: 100 }));
  const ending = (await plugin.wait()).error?.kind;
  const later = await plugin.call("echo").catch((error: CrossplugError) => error);
  clearInterval(ticking);
  const isGivenUp = /was given up/.test((later as CrossplugError).message);
  // The program's own thread was never in the library.
  const wasFree = ticks > 20;
  console.log(JSON.stringify({ call, ending, later: (later as CrossplugError).kind, isGivenUp, wasFree }));
}
