// Plays every session case that a module of crossplug-abi/1 can be asked against the conformance subject, visited as the door
// visits it. Prints the count.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { entries } from "./corpus.js";
import { asModule } from "./peers.js";
import { guest } from "./plugins.js";
import { isFor, play, readCase } from "./session-player.js";

const FOLDER = "crossplug-1";
/** What its author prints goes nowhere. */
const isAboutPrints = (file: string): boolean => file.startsWith("print-");

const module = guest("subject");
let played = 0;

describe("a module", { skip: module === undefined, concurrency: 4 }, () => {
  const open = asModule(module ?? "");
  for (const file of entries("sessions", FOLDER)) {
    if (isAboutPrints(file)) continue;
    const one = readCase("sessions", FOLDER, file);
    if (!isFor(one, "crossplug/1", "json")) continue;
    test(`${file}: ${one.description}`, async () => {
      const peer = await open();
      try {
        await play(one, peer);
        played++;
      } finally {
        await peer.dispose();
      }
    });
  }
});

after(() => {
  if (module === undefined) return;
  assert.ok(played > 70, "the corpus is smaller than it was");
  console.log(`vectors modules typescript ${played}`);
});
