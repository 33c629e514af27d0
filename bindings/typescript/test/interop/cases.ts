// Every interop case in turn, and the report of a player. Runs on any platform.

import { type AnyHost, Misstep, play, type Subject } from "./play.js";

/** What came of one case. */
export interface Outcome {
  readonly case: string;
  readonly verdict: "passed" | "failed";
  readonly line?: number;
  readonly reason?: string;
}

/** What a player says at its end. */
export interface Report {
  readonly passed: number;
  readonly failed: number;
  readonly cases: readonly Outcome[];
}

/** Plays cases, given as name and text. */
export async function playAll<H extends AnyHost>(
  cases: Iterable<readonly [name: string, text: string]>,
  subject: Subject<H>,
): Promise<Report> {
  const outcomes: Outcome[] = [];
  for (const [name, text] of cases) {
    const path = `interop/${name}`;
    try {
      await play(text, subject);
      outcomes.push({ case: path, verdict: "passed" });
    } catch (error) {
      const [line, reason] = error instanceof Misstep ? [error.line, error.message] : [1, String(error)];
      outcomes.push({ case: path, verdict: "failed", line, reason });
    }
  }
  const failed = outcomes.filter(({ verdict }) => verdict === "failed").length;
  return { passed: outcomes.length - failed, failed, cases: outcomes };
}
