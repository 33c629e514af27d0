// Plays every case of `schema/vectors/hosts` against the session of hosts as this package has it. Prints the count.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import type { JsonObject } from "crossplug";
import { entries, text } from "./corpus.js";
import { VectorHost } from "./host-player.js";
import { loadEngine } from "./inside.js";

loadEngine();
let played = 0;

for (const folder of entries("hosts")) {
  const dialect = folder.replace(/-(?=[0-9]+$)/, "/");
  describe(dialect, () => {
    for (const file of entries("hosts", folder)) {
      const [head, ...lines] = text("hosts", folder, file)
        .split("\n")
        .filter((line) => line.trim() !== "")
        .map((line) => JSON.parse(line) as JsonObject);
      const { description } = (head?.case ?? {}) as { description?: string };
      test(`${file}: ${description}`, () => {
        const wantsLogs = lines.some(({ tell }) => typeof tell === "object" && tell !== null && "log" in tell);
        const host = new VectorHost(dialect, wantsLogs);
        for (const line of lines) {
          try {
            host.step(line);
          } catch (thrown) {
            throw new Error(JSON.stringify(line), { cause: thrown });
          }
        }
        assert.equal(host.leftOver, undefined);
        played++;
      });
    }
  });
}

after(() => console.log(`vectors hosts typescript ${played}`));
