// `node main.js PATH [--door NAME] [--encoding NAME] [--filter TEXT] [--browser] [--soak]`: plays the interop cases on the host of Node, or
// of a browser; one JSON object of what came of each case, on stdout.

import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { type Encoding, Host } from "crossplug/host";
import { openPage } from "../chromium.js";
import { isComponent } from "../inside.js";
import { ROOT } from "../plugins.js";
import { playAll, type Report } from "./cases.js";

const CASES = new URL("../../../../../schema/vectors/interop/", import.meta.url);
/** Where a page finds this folder. */
const PLAYER = "/bindings/typescript/test/dist/interop/browser.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    door: { type: "string" },
    encoding: { type: "string", default: "json" },
    filter: { type: "string", default: "" },
    browser: { type: "boolean" },
    soak: { type: "boolean", default: false },
  },
});
const [path] = positionals;
if (path === undefined) throw new Error("which plugin? Give the folder, manifest or file of a conformance subject");

const parts = values.filter.split(",");
const names = readdirSync(CASES).filter(
  (name) => name.endsWith(".jsonl") && parts.some((part) => `interop/${name}`.includes(part)),
);
const cases = names.sort().map((name) => [name, readFileSync(new URL(name, CASES), "utf8")] as const);
const encoding = values.encoding as Encoding;
const door = values.door === undefined ? {} : { door: values.door };
/** What a plugin that listens wants to be shown. */
const shown = process.env.CROSSPLUG_TOKEN;
const token = shown === undefined ? {} : { token: shown };

/** Whether a load costs what starting a program costs. */
const elsewhere =
  !values.soak && (values.door === undefined || ["process", "socket"].includes(values.door) || isComponentAt(path));

async function inNode(plugin: string): Promise<Report> {
  return playAll(cases, {
    open: (options) => Host.create({ ...options, encoding }),
    load: async (host: Host, config) => {
      const loaded = await host.load(plugin, { config, grants: ["*", "emit=*"], ...door, ...token });
      if (loaded.encoding === encoding) return loaded;
      throw new Error(`the plugin was asked for ${encoding} and speaks ${loaded.encoding}`);
    },
    elsewhere,
    residentMib: () => Math.round(process.memoryUsage.rss() / (1 << 20)),
  });
}

/** Whether what the door `wasm` enters is a component, whose load costs what starting a program costs. */
function isComponentAt(plugin: string): boolean {
  if (values.door !== "wasm") return false;
  const { doors } = JSON.parse(readFileSync(join(plugin, "plugin.json"), "utf8"));
  return isComponent(readFileSync(join(plugin, doors.wasm.path)));
}

async function inBrowser(plugin: string): Promise<Report> {
  const { page, close } = await openPage();
  try {
    const address = `/${relative(ROOT, plugin)}`;
    return await page.evaluate(
      async ({ player, address, door, elsewhere, cases }) =>
        (await import(player)).playInPage(cases, address, door, elsewhere),
      { player: PLAYER, address, door, elsewhere, cases },
    );
  } finally {
    await close();
  }
}

const report = await (values.browser === true ? inBrowser(path) : inNode(path));
for (const { case: name, line, reason } of report.cases)
  if (reason !== undefined) console.error(`failed  ${name}:${line}: ${reason}`);
console.log(JSON.stringify(report));
process.exitCode = report.failed === 0 ? 0 : 3;
