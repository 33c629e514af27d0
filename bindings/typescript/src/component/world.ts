// What `schema/crossplug.wit` says, as the tool that makes components spells it in JavaScript. Types only.

/** What a component cannot know by itself. Times are microseconds. */
export interface Outside {
  readonly now: number;
  readonly wall: number;
  readonly seed: Uint8Array;
}

/** What became of a call. */
export interface Called {
  readonly answer: { readonly tag: "done" | "failed"; readonly val: string } | { readonly tag: "pending" };
  readonly news: boolean;
}

/** What the plugin says. */
export interface Outbox {
  readonly messages: string;
  readonly over: boolean;
  readonly next: number | null;
}

/** The interface `guest` of the world. */
export interface Guest {
  begin(outside: Outside): void;
  methods(): string[];
  call(method: number, params: string, id: number, timeout: number | null, now: number): Called;
  push(message: string, now: number): Outbox;
  turn(now: number): Outbox;
  close(now: number): Outbox;
}
