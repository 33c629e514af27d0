// Plays every session case of the corpus against the conformance subject: in memory, and as a real process. Prints the count.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { entries } from "./corpus.js";
import { asProcess, inMemory } from "./peers.js";
import { play, readCase } from "./session-player.js";

/** What the subject implements. */
const IMPLEMENTED = new Set(["conformance", "agent"]);

const doors = { memory: inMemory, process: asProcess };
const played = { memory: 0, process: 0 };
/** Cases that only a process can be asked. */
let ofProcess = 0;

for (const [door, open] of Object.entries(doors) as [keyof typeof doors, typeof inMemory][]) {
  describe(door, { concurrency: 2 }, () => {
    for (const folder of entries("sessions")) {
      const dialect = folder.replace(/-(?=[0-9]+$)/, "/");
      for (const file of entries("sessions", folder)) {
        const one = readCase("sessions", folder, file);
        if (!one.needs.every((name) => IMPLEMENTED.has(name))) continue;
        if (one.process === true && door === "memory") {
          ofProcess++;
          continue;
        }
        test(`${dialect}: ${file}: ${one.description}`, async () => {
          const peer = await open(dialect);
          try {
            await play(one, peer);
            played[door]++;
          } finally {
            await peer.dispose();
          }
        });
      }
    }
  });
}

after(() => {
  assert.equal(played.memory + ofProcess, played.process, "every case is played through both doors, where it can be");
  console.log(`vectors sessions typescript ${played.process}`);
});
