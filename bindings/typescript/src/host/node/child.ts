// One child process in a group of its own, from its start to its end: bytes in and out, the steps of a polite stop, and the
// one place where everything of it is let go. What is said is for the conversation.

import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { HostError } from "../../errors.js";
import { stopped } from "../conversation/stage.js";
import { Conversation, STREAM_FRAMINGS } from "../conversation.js";
import type { Opening, Passage, Patience } from "../door.js";
import type { Home } from "../home.js";
import { Spoken } from "../spoken.js";
import type { Command } from "./command.js";
import { failedToStart } from "./failed.js";
import { Lines } from "./lines.js";
import { forget, signalGroup, watch } from "./warden.js";

/** How long a process whose output has ended may take to end, before it is ended: an interpreter that cleans up. */
const SILENCE_MS = 500;
/** How long to look for what an ended process said last, where somebody else holds its pipes. */
const LAST_LOOK_MS = 200;

type Process = ChildProcessByStdio<Writable, Readable, Readable>;

/** Why a plugin ended. */
/** What is said of a program that ends well before its host has heard of it. */
const SERVES_NOBODY =
  "; it served nobody: a plugin's program ends with a call that serves its host, such as `run(plugin)` in Python and " +
  "TypeScript and `export!` in Rust";

type Cause = "exited" | "silent" | "stopped" | HostError;

/** Steps of a stop. */
const STEPS = ["shutdownMs", "endOfInputMs", "terminateMs"] as const satisfies readonly (keyof Patience)[];

/** A plugin in a process. */
export class Child extends Spoken {
  readonly #process: Process;
  readonly #group: number;
  readonly #home: Home;
  protected readonly conversation: Conversation;
  readonly #lines: Lines;
  readonly #exited: Promise<void>;
  #patience: Patience;
  #status: string | undefined;
  #cause: Cause | undefined;
  #isStopWanted = false;
  /** Which step of a stop is under way, and its alarm. */
  #step = -1;
  #timer: ReturnType<typeof setTimeout> | undefined;

  private constructor(child: Process, group: number, dialect: string, opening: Opening, home: Home) {
    super();
    this.#process = child;
    this.#group = group;
    this.#home = home;
    this.#patience = opening.patience;
    this.#lines = new Lines((line) => home.reports.log("stderr", "info", line));
    const pipe = { write: (bytes: Uint8Array, done: () => void) => void child.stdin.write(bytes, () => done()) };
    const listener = {
      broke: (error: HostError) => {
        // What an ended process said last.
        if (this.#cause === "exited") this.#cause = error;
        else this.#end(error);
      },
      shutDown: () => this.#nextStep(),
    };
    const { limits, encoding } = opening;
    this.conversation = new Conversation(dialect, limits, home, pipe, listener, STREAM_FRAMINGS, encoding);
    watch(group, (why) => home.note("warn", why));
    // The plugin closed its input: what becomes of it shows on its output.
    child.stdin.on("error", () => this.conversation.outputEnded());
    child.stdout.on("data", (bytes: Buffer) => {
      if (this.#cause === undefined || this.#cause === "exited") this.conversation.receive(bytes);
    });
    child.stdout.on("error", () => undefined);
    child.stderr.on("data", (bytes: Buffer) => this.#lines.push(bytes));
    child.stderr.on("error", () => undefined);
    child.stdout.once("close", () => this.#silent());
    this.#exited = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        this.#status = signal === null ? `exit status ${code}` : `signal ${signal}`;
        // What is left of its group goes with it, while the number is its own.
        signalGroup(group, "SIGKILL");
        forget(group);
        resolve();
        this.#end("exited");
      });
    });
  }

  /** Starts the process. @throws HostError `ToolMissing`, `Start` */
  static async start(command: Command, opening: Opening, home: Home): Promise<Child> {
    const { program, folder, environment, dialect } = command;
    let child: Process;
    try {
      child = spawn(program, command.arguments, {
        cwd: folder,
        env: environment,
        // A group of its own.
        detached: true,
        shell: false,
        stdio: ["pipe", "pipe", "pipe"],
      });
    } catch (thrown) {
      throw await failedToStart(thrown, program, folder);
    }
    if (child.pid !== undefined) return new Child(child, child.pid, dialect, opening, home);
    const thrown = await new Promise((resolve) => child.once("error", resolve));
    throw await failedToStart(thrown, program, folder);
  }

  /** The handshake. @throws HostError, when nothing is left of it */
  async open({ hello, startTimeoutMs }: Opening): Promise<Passage> {
    const late = setTimeout(() => {
      const context = `it was not ready within ${startTimeoutMs} ms; allow more with \`startTimeoutMs\``;
      this.#end(new HostError("Start", "load", { context }));
    }, startTimeoutMs);
    try {
      const introduction = await this.conversation.open(hello);
      this.said = { ...introduction, process: this.#process.pid };
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
    if (this.#step === 1) {
      this.#process.stdin.end();
      this.conversation.outputEnded();
    } else if (this.#step === 2) {
      this.#home.note("debug", "it does not end by itself: SIGTERM");
      signalGroup(this.#group, "SIGTERM");
    } else {
      this.#home.note("warn", "it ignores SIGTERM: SIGKILL");
      this.#end("stopped");
      return;
    }
    this.#alarm();
  }

  #alarm(): void {
    const step = STEPS[this.#step];
    if (step === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#nextStep(), this.#patience[step]);
  }

  /** Its output has ended. A process that is about to end does so soon. */
  #silent(): void {
    this.conversation.inputEnded();
    if (this.#cause !== undefined || this.#isStopWanted) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#end("silent"), SILENCE_MS);
  }

  /** Ends the plugin, whatever state it is in, and then tells everybody who waits. Only the first time counts. */
  #end(cause: Cause): void {
    if (this.#cause !== undefined) return;
    this.#cause = cause;
    clearTimeout(this.#timer);
    void this.#letGo(cause);
  }

  async #letGo(cause: Cause): Promise<void> {
    const { stdin, stdout, stderr } = this.#process;
    const wasOpening = this.said === undefined && !this.conversation.isOpen;
    if (cause !== "exited") {
      signalGroup(this.#group, "SIGKILL");
      stdout.destroy();
    }
    await this.#exited;
    // What it said last still counts.
    await within(LAST_LOOK_MS, [stdout, stderr]);
    const found = this.#cause ?? cause;
    const isHalf = this.conversation.isHalf;
    stdin.destroy();
    stdout.destroy();
    stderr.destroy();
    this.#lines.finish();
    const error = this.#explain(found, wasOpening, isHalf);
    this.conversation.end(error);
    const isWanted = found === "stopped" || this.#isStopWanted;
    this.#home.ended(isWanted ? undefined : error, this.#status);
  }

  /** The error of everything that was in flight, and of what comes later. */
  #explain(cause: Cause, wasOpening: boolean, isHalf: boolean): HostError {
    const { name } = this.#home;
    const tail = this.#lines.tail;
    if (cause === "stopped" || (this.#isStopWanted && !wasOpening)) return stopped("stop");
    if (cause instanceof HostError) {
      const context = `\`${name}\`: ${cause.context}; it was stopped${tail}`;
      return new HostError(cause.kind, cause.operation, { context, cause: cause.cause });
    }
    const kind = wasOpening ? "Start" : "Died";
    if (cause === "silent") {
      const when = wasOpening ? " before it was ready" : "";
      const context = `\`${name}\` closed its standard output${when}, lived on and was stopped${tail}`;
      return new HostError(kind, "run", { context });
    }
    const when = wasOpening
      ? isHalf
        ? " in the middle of its first message"
        : " before it was ready"
      : isHalf
        ? " in the middle of a message"
        : "";
    const hint = wasOpening && this.#status === "exit status 0" ? SERVES_NOBODY : "";
    return new HostError(kind, "run", { context: `\`${name}\` ended${when}: ${this.#status}${tail}${hint}` });
  }
}

/** Waits for the end of some streams, but no longer than so many milliseconds. */
async function within(ms: number, streams: readonly Readable[]): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  const closed = streams.map((stream) =>
    stream.closed ? undefined : new Promise((resolve) => stream.once("close", resolve)),
  );
  await Promise.race([late, Promise.all(closed)]);
  clearTimeout(timer);
}
