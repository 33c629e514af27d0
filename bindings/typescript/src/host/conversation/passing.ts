// What a session heard about calls that are under way, in either direction, passed on to whom it concerns. Knows no beginning and
// no end of a call.

import { Heard, type Session } from "#wasm";
import type { Encoding } from "../encoding.js";
import type { Calls } from "./calls.js";
import { read, taken } from "./payloads.js";
import type { Questions } from "./questions.js";

/** Whom it may concern. */
export interface Concerned {
  /** The host's calls. */
  readonly calls: Pick<Calls, "get">;
  /** The plugin's. */
  readonly questions: Questions;
  /** A call whose items are too many to be kept. */
  giveUp(call: number): void;
}

/** Passes on what was heard, where it is about a call under way. */
export function passOn(
  session: Session,
  heard: Heard,
  encoding: Encoding,
  { calls, questions, giveUp }: Concerned,
): void {
  const { id } = session;
  switch (heard) {
    case Heard.Progress:
      calls.get(id)?.progress({ fraction: session.number ?? undefined, message: session.takeMessage() ?? undefined });
      break;
    case Heard.Item: {
      const bytes = session.number ?? 0;
      if (calls.get(id)?.item(read(taken(session, encoding)), bytes) === false) giveUp(id);
      break;
    }
    case Heard.Credit:
      calls.get(id)?.room();
      break;
    case Heard.Upload: {
      const bytes = session.number ?? 0;
      questions.get(id)?.item(read(taken(session, encoding)), bytes);
      break;
    }
    case Heard.UploadEnd:
      questions.get(id)?.end();
      break;
    case Heard.UploadCredit:
      questions.get(id)?.room();
      break;
    case Heard.Cancel:
      questions.get(id)?.cancel();
      break;
    default:
  }
}
