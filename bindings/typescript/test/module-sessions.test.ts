// Plays every session case that a guest of crossplug-abi/1 can be asked against the conformance subjects, visited as the door visits
// them: a module, and the components of two languages. Prints the count of the module.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { entries } from "./corpus.js";
import { asGuest } from "./peers.js";
import { guest } from "./plugins.js";
import { isFor, play, readCase } from "./session-player.js";

const FOLDER = "crossplug-1";
const SUBJECTS = ["subject", "subject-typescript", "subject-python"] as const;
/** What the author of a module prints goes nowhere. */
const isAboutPrints = (file: string): boolean => file.startsWith("print-");

for (const subject of SUBJECTS) {
  const file = guest(subject);
  let played = 0;

  describe(subject, { skip: file === undefined, concurrency: 4 }, () => {
    const open = asGuest(file ?? "");
    for (const file of entries("sessions", FOLDER)) {
      if (subject === "subject" && isAboutPrints(file)) continue;
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
    if (file === undefined) return;
    assert.ok(played > 70, "the corpus is smaller than it was");
    if (subject === "subject") console.log(`vectors modules typescript ${played}`);
  });
}
