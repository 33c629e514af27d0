// A plugin as a module or component of crossplug-abi/1 (schema/README.md section 8): a peer of the same conversation as every
// plugin, whose calls take a short cut as far as they are answered at once. Decides who visits the guest, and what becomes of
// everybody when it is lost. Knows a seat, and no thread.

import { HostError } from "../../../errors.js";
import { stopped } from "../../conversation/stage.js";
import { Conversation } from "../../conversation.js";
import type { Introduction, Opening, Passage, Patience } from "../../door.js";
import type { Home } from "../../home.js";
import { asStartError, type Fault } from "../fault.js";
import { type Job, late } from "../job.js";
import type { FullWasmLimits } from "../limits.js";
import type { Seat } from "../seat.js";
import { Visits } from "../visits.js";
import { called, opened, parted } from "./answered.js";
import { Calling } from "./calling.js";
import { Post } from "./post.js";
import { Stopping } from "./stopping.js";
import { Turns } from "./turns.js";
import type { GuestCode, Said, Visit } from "./visitor.js";
import { readWords } from "./words.js";

const DIALECT = "crossplug/1";
/** As in `Limits` of the protocol. */
const PENDING_CALLS = 1000;

/** What a guest is made of. */
export interface Setup {
  readonly opening: Opening;
  readonly home: Home;
  readonly code: GuestCode;
  readonly limits: FullWasmLimits;
  /** A new seat for each time that one was ended. */
  readonly seat: () => Seat<Visit, Said>;
}

/** A plugin in a module. */
export class Guest extends Calling {
  readonly #setup: Setup;
  readonly #post: Post = new Post();
  readonly #turns: Turns = new Turns(() => this.pump());
  protected talk: Conversation;
  readonly #visits: Visits<Visit, Said>;
  #methods: ReadonlyMap<string, number> = new Map();
  /** The instance is there. */
  #isMade = false;
  /** The handshake with it is not through. */
  #isOpening = true;
  /** What is heard are last words. */
  #isDying = false;
  #isPumping = false;
  #stopping: Stopping | undefined;
  #end: HostError | undefined;

  private constructor(setup: Setup) {
    super(DIALECT);
    this.#setup = setup;
    this.#visits = new Visits(setup.seat);
    this.talk = this.#newTalk();
  }

  /** Makes a guest and has it initialised. @throws HostError, when nothing is left of it */
  static async open(setup: Setup): Promise<Passage> {
    const guest = new Guest(setup);
    const { signal } = setup.opening;
    const giveUp = (): void => guest.#over(stopped("load"));
    signal?.addEventListener("abort", giveUp, { once: true });
    try {
      const started = guest.#start();
      if (signal?.aborted) giveUp();
      guest.introduction = await started;
      return guest;
    } catch (thrown) {
      guest.#over(thrown as HostError);
      throw thrown;
    } finally {
      signal?.removeEventListener("abort", giveUp);
    }
  }

  get isAlive(): boolean {
    return this.#end === undefined && this.#stopping === undefined;
  }

  stop(patience?: Partial<Patience>): void {
    if (this.#end !== undefined) return;
    const wasStopping = this.#stopping !== undefined;
    if (wasStopping && patience === undefined) return;
    this.#stopping ??= new Stopping(() => this.#stopIsDue());
    const stopping = this.#stopping;
    stopping.wait({ ...this.#setup.opening.patience, ...patience });
    if (wasStopping) return;
    this.jobs.finishWaiting(stopped("call"));
    if (this.#isOpening) this.#over(stopped("stop"));
    else if (!this.talk.shutdown()) stopping.isDue = true;
    this.pump();
  }

  protected refusal(): HostError | undefined {
    if (this.#end !== undefined) return this.#end.in("call");
    if (this.#stopping !== undefined) return stopped("call");
    const most = this.#setup.opening.limits.pendingCalls ?? PENDING_CALLS;
    if (this.jobs.count < most) return undefined;
    return new HostError("Limit", "call", { context: `${most} requests are in flight, and no more are allowed` });
  }

  #newTalk(): Conversation {
    const { opening, home } = this.#setup;
    const pipe = {
      write: (bytes: Uint8Array, done: () => void) => {
        this.#post.write(bytes, done);
        this.pump();
      },
    };
    const listener = { broke: (error: HostError) => this.#broke(error), shutDown: () => this.#shutDown() };
    return new Conversation(DIALECT, opening.limits, home, pipe, listener, ["ndjson"]);
  }

  /** Makes an instance and greets it. */
  async #start(): Promise<Introduction> {
    const { opening, code, limits } = this.#setup;
    const { startTimeoutMs } = opening;
    [this.#isMade, this.#isOpening] = [false, true];
    this.#post.begin();
    const introduced = this.talk.open(opening.hello);
    const context = `it was not ready within ${startTimeoutMs} ms; allow more with \`startTimeoutMs\``;
    const watch = setTimeout(() => {
      this.#leave();
      this.talk.end(new HostError("Start", "load", { context }));
    }, startTimeoutMs);
    this.#enter({ kind: "begin", code, limits }, undefined);
    try {
      return await introduced;
    } finally {
      clearTimeout(watch);
      this.#isOpening = false;
    }
  }

  protected pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      while (!this.#visits.isBusy && this.#isMade && this.#end === undefined && this.#isThere() && this.#step());
    } finally {
      this.#isPumping = false;
    }
  }

  /** Whether the guest's thread has not ended while nobody was there: what waits finds a fresh one then. */
  #isThere(): boolean {
    if (!this.#visits.isGone) return true;
    this.#isMade = false;
    this.#lost({ kind: "Trap", what: "its thread has ended" }, undefined);
    return false;
  }

  /** The next thing. False: there is none. */
  #step(): boolean {
    if (this.#stopping?.closes()) {
      this.#enter({ kind: "close" }, undefined);
      return true;
    }
    // One whose input has ended hears nothing more.
    if (this.#stopping?.isClosing) this.#post.drop();
    const messages = this.#post.take();
    if (messages !== undefined) {
      this.#enter({ kind: "push", messages }, this.jobs.longest());
      return true;
    }
    if (this.#post.more()) return true;
    if (this.#turns.take()) {
      this.#enter({ kind: "turn" }, this.jobs.longest());
      return true;
    }
    if (this.#isOpening) return false;
    const job = this.jobs.next();
    if (job === undefined) return false;
    this.#begin(job);
    return true;
  }

  #begin(job: Job): void {
    job.begins();
    const { method, deadline, traceparent } = job.request;
    if (job.isLate) {
      job.finish({ error: late() });
      return;
    }
    // A message has room for what is traced.
    const number = traceparent === undefined ? this.#methods.get(method) : undefined;
    if (number === undefined) {
      const call = this.talk.call(job.request, job);
      if (call !== undefined) opened(this.talk, job, call);
      return;
    }
    try {
      job.id = this.talk.begin();
    } catch (thrown) {
      job.finish({ error: thrown as HostError });
      return;
    }
    const timeoutMs = deadline === undefined ? undefined : deadline - performance.now();
    this.#enter({ kind: "call", method: number, params: job.params, id: job.id, timeoutMs }, deadline, job);
  }

  /** Visits the guest. */
  #enter(visit: Visit, until: number | undefined, job?: Job): void {
    this.#visits.enter(
      visit,
      until,
      (said) => {
        this.#take(said, job);
        this.pump();
      },
      () => {
        this.#isMade = false;
        this.#lost({ kind: "Deadline", what: late().context }, job);
        this.pump();
      },
    );
  }

  /** Ends the seat, and whatever goes on in it. */
  #leave(): void {
    this.#isMade = false;
    this.#turns.set(undefined);
    this.#visits.leave();
  }

  /** Takes in what a visit came to. */
  #take(said: Said, job: Job | undefined): void {
    const { methods, wait, fault, outbox, isOver } = said;
    // What is heard below may begin the end, whose own visit comes next.
    const wasClosing = this.#stopping?.isClosing === true;
    if (methods !== undefined) {
      this.#methods = new Map(methods.map((name, number) => [name, number]));
      this.#isMade = true;
    }
    if (wait !== "asBefore") this.#turns.set(wait);
    if (job !== undefined && said.answer !== undefined) called(this.talk, job, said.answer, outbox);
    else this.talk.receive(outbox);
    if (this.#end !== undefined) return;
    if (fault !== undefined) {
      this.#isMade = false;
      this.#lost(fault, said.answer === undefined ? job : undefined);
    } else if (wasClosing && (isOver || wait === undefined)) {
      this.#over(stopped("stop"));
    } else if (this.#isOpening && !this.talk.isOpen && wait === undefined && methods === undefined) {
      const context = "it did not answer `initialize`, and waits for nothing";
      if (this.#post.isEmpty) this.talk.end(new HostError("Start", "load", { context }));
    }
  }

  /** The guest is lost: everybody who waited for it is told, and a fresh one takes its place. */
  #lost(fault: Fault, culprit: Job | undefined): void {
    const { home } = this.#setup;
    const talk = this.talk;
    const words = readWords(fault.words);
    this.#turns.set(undefined);
    if (this.#isOpening) {
      talk.end(asStartError(fault, words?.message));
      return;
    }
    parted(talk, fault, words, culprit, (words) => {
      this.#isDying = true;
      talk.receive(words);
      this.#isDying = false;
    });
    if (this.#stopping !== undefined) {
      this.#over(stopped("stop"));
      return;
    }
    home.note("warn", `its instance is lost, a fresh one takes its place: ${words?.message ?? fault.what}`);
    this.talk = this.#newTalk();
    this.#start().then(
      () => this.pump(),
      (thrown: HostError) => this.#over(thrown),
    );
  }

  #broke(error: HostError): void {
    if (this.#isDying) return;
    if (this.#isOpening) {
      this.talk.end(error);
      return;
    }
    const { name } = this.#setup.home;
    const context = `\`${name}\`: ${error.context}; it was stopped`;
    this.#over(new HostError(error.kind, error.operation, { context, cause: error.cause }));
  }

  #shutDown(): void {
    if (this.#stopping !== undefined) this.#stopping.isDue = true;
    this.pump();
  }

  /** Whoever is in the guest has had its time. */
  #stopIsDue(): void {
    const stopping = this.#stopping;
    if (stopping === undefined) return;
    if (this.#visits.isBusy || stopping.isClosing || !this.#isMade) {
      this.#over(stopped("stop"));
      return;
    }
    stopping.isDue = true;
    this.pump();
  }

  /** Nothing is left of the guest. */
  #over(error: HostError): void {
    if (this.#end !== undefined) return;
    this.#end = error;
    this.#leave();
    this.#stopping?.end();
    this.talk.end(error);
    this.jobs.finishAll(error);
    this.#setup.home.ended(this.#stopping === undefined ? error : undefined, undefined);
  }
}
