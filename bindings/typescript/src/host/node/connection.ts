// One connection to a plugin, from its first byte to its end: all that can be done to the other end is to hang up. What is
// said is for the conversation.

import type { Socket } from "node:net";
import { HostError } from "../../errors.js";
import { stopped } from "../conversation/stage.js";
import { Conversation, STREAM_FRAMINGS } from "../conversation.js";
import type { Opening, Passage, Patience } from "../door.js";
import type { Home } from "../home.js";
import { Spoken } from "../spoken.js";

/** Why it ended. */
type Cause = "closed" | "stopped" | HostError;

/** Steps of a stop. */
const STEPS = ["shutdownMs", "endOfInputMs"] as const satisfies readonly (keyof Patience)[];

/** A plugin at the other end of a connection. */
export class Connection extends Spoken {
  protected readonly conversation: Conversation;
  readonly #socket: Socket;
  readonly #home: Home;
  #patience: Patience;
  #cause: Cause | undefined;
  #isStopWanted = false;
  /** Which step of a stop is under way, and its alarm. */
  #step = -1;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param expectedToken - what the plugin has to show */
  constructor(socket: Socket, dialect: string, opening: Opening, home: Home, expectedToken: string | undefined) {
    super();
    this.#socket = socket;
    this.#home = home;
    this.#patience = opening.patience;
    const pipe = { write: (bytes: Uint8Array, done: () => void) => void socket.write(bytes, () => done()) };
    const listener = { broke: (error: HostError) => this.#end(error), shutDown: () => this.#nextStep() };
    const { limits, encoding } = opening;
    this.conversation = new Conversation(dialect, limits, home, pipe, listener, STREAM_FRAMINGS, encoding);
    this.conversation.expectedToken = expectedToken;
    socket.on("data", (bytes: Buffer) => this.conversation.receive(bytes));
    socket.on("error", () => undefined);
    socket.once("end", () => this.#closed());
    socket.once("close", () => this.#closed());
    socket.resume();
  }

  /** The handshake. @throws HostError, when nothing is left of it */
  async open({ hello, startTimeoutMs }: Opening): Promise<Passage> {
    const late = setTimeout(() => {
      const context = `it was not ready within ${startTimeoutMs} ms; allow more with \`startTimeoutMs\``;
      this.#end(new HostError("Start", "load", { context }));
    }, startTimeoutMs);
    try {
      this.said = await this.conversation.open(hello);
      return this;
    } finally {
      clearTimeout(late);
    }
  }

  get isAlive(): boolean {
    return this.conversation.isOpen && this.#cause === undefined;
  }

  stop(patience?: Partial<Patience>): void {
    if (this.#cause !== undefined) return;
    if (patience !== undefined) this.#patience = { ...this.#patience, ...patience };
    if (this.#isStopWanted) {
      // The step that is under way takes no longer than this patience gives it.
      if (patience !== undefined) this.#alarm();
      return;
    }
    this.#isStopWanted = true;
    if (!this.conversation.isOpen) {
      // One that was never open has nothing to finish.
      this.#end("stopped");
      return;
    }
    this.#step = 0;
    if (this.conversation.shutdown()) this.#alarm();
    else this.#nextStep();
  }

  /** The next, ruder step of a stop. */
  #nextStep(): void {
    if (this.#cause !== undefined) return;
    this.#step += 1;
    if (this.#step === STEPS.length) {
      this.#end("stopped");
      return;
    }
    this.#socket.end();
    this.conversation.outputEnded();
    this.#alarm();
  }

  #alarm(): void {
    const step = STEPS[this.#step];
    if (step === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#nextStep(), this.#patience[step]);
  }

  #closed(): void {
    this.conversation.inputEnded();
    this.#end("closed");
  }

  /** Hangs up, and then tells everybody who waits. Only the first time counts. */
  #end(cause: Cause): void {
    if (this.#cause !== undefined) return;
    this.#cause = cause;
    clearTimeout(this.#timer);
    const error = this.#explain(cause);
    this.#socket.destroy();
    this.conversation.end(error);
    this.#home.ended(cause === "stopped" || this.#isStopWanted ? undefined : error, undefined);
  }

  /** The error of everything that was in flight, and of what comes later. */
  #explain(cause: Cause): HostError {
    const { name } = this.#home;
    const isOpening = this.said === undefined && !this.conversation.isOpen;
    if (cause === "stopped" || (this.#isStopWanted && !isOpening)) return stopped("stop");
    if (cause instanceof HostError) {
      const context = `\`${name}\`: ${cause.context}; the host hung up`;
      return new HostError(cause.kind, cause.operation, { context, cause: cause.cause });
    }
    const { isHalf, complaint } = this.conversation;
    const when = isOpening
      ? isHalf
        ? " in the middle of its first message"
        : " before it was ready"
      : isHalf
        ? " in the middle of a message"
        : "";
    const said = isOpening && complaint !== undefined ? `; it said: ${complaint}` : "";
    const context = `\`${name}\` closed the connection${when}${said}`;
    return new HostError(isOpening ? "Start" : "Died", "run", { context });
  }
}
