// Calls the textstats plugin in a folder, whatever it is written in, on a document: `host.js FOLDER FILE [DOOR]`.
//
// What `host.rs` does, in TypeScript. Prints a line of JSON: everything that was streamed, the progress and the summary.

import { readFileSync } from "node:fs";
import { Host } from "crossplug/host";
import { TextstatsClient } from "./generated/textstats.js";

const [folder = "", file = "", door] = process.argv.slice(2);
await using host = await Host.create({ name: "example-textstats-host" });
const token = process.env.CROSSPLUG_TOKEN;
const chosen = { ...(door === undefined ? {} : { door }), ...(token === undefined ? {} : { token }) };
await using plugin = await host.load(folder, chosen);

const started = performance.now();
const progress: (number | undefined)[] = [];
const call = plugin
  .as(TextstatsClient)
  .textAnalyse(
    { text: readFileSync(file, "utf8"), topWords: 5 },
    { onProgress: ({ fraction }) => void progress.push(fraction) },
  );
const paragraphs = [];
for await (const paragraph of call) paragraphs.push(paragraph);
const summary = await call.result();
const result = { summary, paragraphs, progress };
const millis = performance.now() - started;
// A 64-bit integer is a decimal string in JSON.
const plain = (_name: string, value: unknown): unknown => (typeof value === "bigint" ? `${value}` : value);
console.log(JSON.stringify({ method: "text.analyse", result, millis }, plain));
