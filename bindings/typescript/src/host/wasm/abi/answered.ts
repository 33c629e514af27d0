// What an answer to a direct call, or the loss of its guest, means to the conversation and to everybody who waits. Knows no visit.

import { type CrossplugError, type HostError, PluginError } from "../../../errors.js";
import type { Conversation } from "../../conversation.js";
import type { Answer } from "../../door.js";
import { asError, type Fault } from "../fault.js";
import { Job, late } from "../job.js";
import type { Said } from "./visitor.js";
import type { Words } from "./words.js";

/** The conversation knows a call: it is told what its caller has said meanwhile. */
export function opened(talk: Conversation, job: Job, call: number): void {
  job.id = call;
  job.isOpen = true;
  try {
    if (job.items > 0 || job.bytes > 0) talk.credit(call, job.items, job.bytes);
    if (job.hasEnded) talk.endUpload(call);
  } catch (thrown) {
    talk.cancel(call);
    job.finish({ error: thrown as HostError });
  }
}

/** A call was made, and the guest has said things before it came back. */
export function called(
  talk: Conversation,
  job: Job,
  { called, bytes }: NonNullable<Said["answer"]>,
  outbox: Uint8Array,
): void {
  if (called === "done" && outbox.length === 0) {
    const outcome = talk.result(job.id, bytes);
    job.finish(job.isLate ? { error: late() } : outcome);
    return;
  }
  // From here on it is a request like any other, if only until what the guest said before its answer was heard.
  talk.expect(job.id, job.request.deadline, job);
  if (called === "pending") opened(talk, job, job.id);
  talk.receive(outbox);
  if (called === "done") talk.settle(job.id, bytes);
  else if (called === "failed") talk.fail(job.id, bytes);
  else if (job.isGivenUp) talk.cancel(job.id);
}

/**
 * Ends the conversation with a guest that is lost: everybody who waited for it is told.
 *
 * @param culprit - the call that it was lost in, where that was made directly
 * @param hear - takes last words in
 */
export function parted(
  talk: Conversation,
  fault: Fault,
  words: Words | undefined,
  culprit: Job | undefined,
  hear: (words: Uint8Array) => void,
): void {
  const error = asError(fault, "call");
  if (culprit !== undefined) talk.expect(culprit.id, undefined, culprit);
  // A reply to the call that broke: the one that it would have had from a program.
  const isAnswered = words?.id !== undefined && talk.knows(words.id);
  const isAlone = talk.inFlight === 1 && culprit === undefined && !isAnswered;
  if (isAnswered && fault.words !== undefined) hear(fault.words);
  const why = words?.message ?? fault.what;
  const lost = new PluginError("unavailable", `the plugin broke down in another call: ${why}`, { retryable: true });
  const errorOf = (answer: Answer): CrossplugError => {
    if (answer === culprit || isAlone) return error;
    return answer instanceof Job && answer.isLate ? late() : lost;
  };
  talk.end(error, errorOf);
}
