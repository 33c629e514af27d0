// A guest as a host's calls see it: each waits until somebody visits the guest, and what its caller says meanwhile is kept.

import type { HostError } from "../../../errors.js";
import type { JsonValue } from "../../../json/value.js";
import type { Conversation } from "../../conversation.js";
import type { Answer, CallKey, Introduction, Passage, Patience, Request } from "../../door.js";
import { Jobs } from "./jobs.js";

/** Takes calls. Who visits the guest, and when, is for who extends it. */
export abstract class Calling implements Passage {
  /** Of the first guest; those that take its place say the same. */
  introduction: Introduction;
  protected readonly jobs: Jobs = new Jobs();
  /** With the guest that is there now. */
  protected abstract talk: Conversation;

  constructor(dialect: string) {
    this.introduction = { manifest: {}, interfaces: {}, dialect, encoding: "json", process: undefined };
  }

  abstract readonly isAlive: boolean;
  abstract stop(patience?: Partial<Patience>): void;

  /** Why no call is taken. */
  protected abstract refusal(): HostError | undefined;
  /** Does what there is to do, as far as nobody has to be waited for. */
  protected abstract pump(): void;

  call(request: Request, answer: Answer): CallKey {
    const refusal = this.refusal();
    if (refusal !== undefined) {
      answer.finish({ error: refusal });
      return undefined;
    }
    const job = this.jobs.add(request, answer);
    this.pump();
    this.jobs.watch(job);
    return job.key;
  }

  cancel(call: CallKey): void {
    const job = this.jobs.get(call);
    if (job === undefined) return;
    this.jobs.giveUp(job);
    if (job.isOpen) this.talk.cancel(job.id);
  }

  credit(call: CallKey, items: number, bytes: number): void {
    const job = this.jobs.get(call);
    if (job === undefined) return;
    if (job.isOpen) {
      this.talk.credit(job.id, items, bytes);
    } else {
      job.items += items;
      job.bytes += bytes;
    }
  }

  upload(call: CallKey, item: JsonValue): boolean | undefined {
    const job = this.jobs.get(call);
    // Before it has begun the plugin takes nothing yet.
    return job === undefined || job.isOpen ? this.talk.upload(job?.id, item) : false;
  }

  endUpload(call: CallKey): void {
    const job = this.jobs.get(call);
    if (job === undefined) return;
    job.hasEnded = true;
    if (job.isOpen) this.talk.endUpload(job.id);
  }

  emit(name: string, stream: string | undefined, payload: JsonValue): void {
    const refusal = this.refusal();
    if (refusal !== undefined) throw refusal.in("emit");
    this.talk.emit(name, stream, payload);
  }
}
