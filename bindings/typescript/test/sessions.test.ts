// Plays every session case of the corpus against the conformance subject: in memory, and as a real process. Prints the count.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { entries } from "./corpus.js";
import { asProcess, inMemory } from "./peers.js";
import { isFor, play, readCase } from "./session-player.js";

/** What the subject implements. */
const IMPLEMENTED = new Set(["conformance", "agent"]);

const doors = { memory: inMemory, process: asProcess };
const ENCODINGS = ["json", "msgpack"] as const;
const played = { memory: { json: 0, msgpack: 0 }, process: { json: 0, msgpack: 0 } };
/** Cases that only a process can be asked. */
const ofProcess = { json: 0, msgpack: 0 };

for (const [door, open] of Object.entries(doors) as [keyof typeof doors, typeof inMemory][]) {
  describe(door, { concurrency: 2 }, () => {
    for (const folder of entries("sessions")) {
      const dialect = folder.replace(/-(?=[0-9]+$)/, "/");
      for (const file of entries("sessions", folder)) {
        const one = readCase("sessions", folder, file);
        if (!one.needs.every((name) => IMPLEMENTED.has(name))) continue;
        for (const encoding of ENCODINGS) {
          if (!isFor(one, dialect, encoding)) continue;
          if (one.process === true && door === "memory") {
            ofProcess[encoding]++;
            continue;
          }
          test(`${dialect}: ${file} in ${encoding}: ${one.description}`, async () => {
            const peer = await open(dialect);
            try {
              await play(one, peer, encoding);
              played[door][encoding]++;
            } finally {
              await peer.dispose();
            }
          });
        }
      }
    }
  });
}

after(() => {
  for (const encoding of ENCODINGS) {
    const inMemory = played.memory[encoding] + ofProcess[encoding];
    assert.equal(inMemory, played.process[encoding], "every case is played through both doors, where it can be");
    const corpus = encoding === "json" ? "sessions" : `sessions-${encoding}`;
    console.log(`vectors ${corpus} typescript ${played.process[encoding]}`);
  }
});
