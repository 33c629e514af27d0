// One conversation over bytes: what comes in is cut into frames, what goes out is put into some, and at the end what is in
// flight is finished. Knows no process, and no pipe but its way out.

import type { JsonObject } from "../json/value.js";
import type { Plugin } from "./define.js";
import type { Dialect } from "./dialect.js";
import { FrameReader } from "./frames.js";
import type { Output } from "./output.js";
import { Runtime } from "./runtime.js";
import { DEFAULT_LIMITS } from "./session/limits.js";
import type { Guard } from "./wire.js";

/** Bytes that may wait for the host before nothing more is read of it: the protocol's cap on what is buffered. */
const MOST_BACKLOG = 128 * 1024 * 1024;
/** Exit code where the host sent what nobody can read. */
const BROKEN_INPUT = 1;

/** What a conversation stands between. */
export interface Ends {
  readonly output: Output;
  /** Something for a person that the host cannot be told. */
  complain(problem: string): void;
  /** Nothing of the plugin runs any more; what it printed is to be given out now, and then the rest is written. */
  stopped(): void;
  readonly guard?: Guard;
}

/** A plugin in conversation with a host. */
export class Talk {
  readonly runtime: Runtime;
  /** Resolves when nothing is left of it, with the exit code that a process would have. */
  readonly over: Promise<number>;
  readonly #ends: Ends;
  readonly #reader: FrameReader;
  #isEnding = false;
  #code = 0;
  #frameBytes: number = DEFAULT_LIMITS.frameBytes;
  #finish: (code: number) => void = () => undefined;

  constructor(plugin: Plugin, manifest: JsonObject, dialect: Dialect, ends: Ends) {
    const { output, complain } = ends;
    this.#ends = ends;
    this.over = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.runtime = new Runtime(plugin, manifest, dialect, {
      send: (frame) => output.send(frame),
      sendBytes: (frame) => output.send(frame),
      drained: () => output.drained(),
      backlog: () => output.backlog,
      agreed: (framing, most) => {
        this.#frameBytes = most;
        this.#reader.agreed(framing, most);
        output.reframe(framing);
      },
      framings: ["length"],
      guard: ends.guard,
      complain,
    });
    this.#reader = new FrameReader(
      (frame) => this.runtime.receive(frame),
      (error) => {
        // Nothing more can be read: that is the end of the input.
        if (error === "tooLong") {
          this.runtime.tooLong(this.#frameBytes);
          this.#code = BROKEN_INPUT;
        } else {
          complain("the input ended within a message");
        }
        this.end();
      },
    );
  }

  /** Whether the host says nothing more. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  /** Takes what came. A promise: nothing more is to be read until it resolves. */
  receive(chunk: Buffer): Promise<void> | undefined {
    if (this.#isEnding) return undefined;
    this.#reader.push(chunk);
    // A host that asks and never reads the answers is not listened to any more, until it reads.
    return this.#ends.output.backlog < MOST_BACKLOG ? undefined : this.#ends.output.drained();
  }

  /** Nothing more comes. */
  inputEnded(): void {
    if (!this.#isEnding) this.#reader.end();
    this.end();
  }

  /** Ends the conversation, as the end of the input does. */
  end(graceMs?: number): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    const leave = (): void => this.#finish(this.#code);
    this.runtime
      .end(graceMs)
      .then(() => {
        this.#ends.stopped();
        return this.#ends.output.finish();
      })
      .then(leave, leave);
  }

  /** Puts a line that the author printed into the host's log; false where it has none, or not yet. */
  print(line: string): boolean {
    if (!this.runtime.isListening) return false;
    this.runtime.log.info(line, { stream: "stdout" });
    return true;
  }
}
