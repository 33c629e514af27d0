// A passage through a conversation, whatever carries it. Knows no process and no socket: how it stops is for who extends it.

import type { JsonValue } from "../json/value.js";
import type { Conversation } from "./conversation.js";
import type { Answer, CallKey, Introduction, Passage, Patience, Request } from "./door.js";

/** A plugin that is spoken with. */
export abstract class Spoken implements Passage {
  protected abstract readonly conversation: Conversation;
  /** Set when it is open. */
  protected said: Introduction | undefined;

  abstract readonly isAlive: boolean;

  abstract stop(patience?: Partial<Patience>): void;

  get introduction(): Introduction {
    const { dialect } = this.conversation;
    return this.said ?? { manifest: {}, interfaces: {}, dialect, encoding: "json", process: undefined };
  }

  call(request: Request, answer: Answer): CallKey {
    return this.conversation.call(request, answer);
  }

  cancel(call: CallKey): void {
    this.conversation.cancel(call);
  }

  credit(call: CallKey, items: number, bytes: number): void {
    this.conversation.credit(call, items, bytes);
  }

  upload(call: CallKey, item: JsonValue): boolean | undefined {
    return this.conversation.upload(call, item);
  }

  endUpload(call: CallKey): void {
    this.conversation.endUpload(call);
  }

  emit(name: string, stream: string | undefined, payload: JsonValue): void {
    this.conversation.emit(name, stream, payload);
  }
}
