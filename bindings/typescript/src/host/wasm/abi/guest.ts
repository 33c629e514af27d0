// A plugin as a module or component of crossplug-abi/1 (schema/README.md section 8): a peer of the same conversation as every plugin, whose
// calls take a short cut as far as they are answered at once. Decides who visits the guest, and what becomes of everybody when
// it is lost. Knows a seat, and no thread.

import { type CrossplugError, HostError, PluginError } from "../../../errors.js";
import type { JsonValue } from "../../../json/value.js";
import { Conversation, stopped } from "../../conversation.js";
import type { Answer, CallKey, Introduction, Opening, Passage, Patience, Request } from "../../door.js";
import type { Home } from "../../home.js";
import { asError, asStartError, type Fault } from "../fault.js";
import { Job, LONGEST_TIMER, late } from "../job.js";
import type { FullWasmLimits } from "../limits.js";
import { MessageLines } from "../lines.js";
import type { Seat } from "../seat.js";
import { Visits } from "../visits.js";
import type { GuestCode, Said, Visit } from "./visitor.js";
import { readWords } from "./words.js";

const DIALECT = "crossplug/1";
/** How long a visit may take where no call is in flight whose deadline would say so, in milliseconds. */
const ALONE_MS = 30_000;
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

/** A stop under way. */
interface Stopping {
  endOfInputMs: number;
  /** Nothing more is waited for. */
  isDue: boolean;
  /** The guest was told that its input has ended. */
  isClosing: boolean;
  alarm: ReturnType<typeof setTimeout> | undefined;
}

/** A plugin in a module. */
export class Guest implements Passage {
  readonly #setup: Setup;
  readonly #jobs: Map<number, Job> = new Map();
  #introduction: Introduction = {
    manifest: {},
    interfaces: {},
    dialect: DIALECT,
    encoding: "json",
    process: undefined,
  };
  #talk: Conversation;
  readonly #visits: Visits<Visit, Said>;
  #methods: ReadonlyMap<string, number> = new Map();
  /** The instance is there. */
  #isMade = false;
  /** The handshake with it is not through. */
  #isOpening = true;
  /** What is heard are last words. */
  #isDying = false;
  #queue: Job[] = [];
  #keys = 0;
  #isPumping = false;
  #lines: MessageLines = new MessageLines();
  #messages: Uint8Array[] = [];
  #written: (() => void) | undefined;
  /** The guest wants to be visited by itself: then, or now. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isDue = false;
  #stopping: Stopping | undefined;
  #end: HostError | undefined;

  private constructor(setup: Setup) {
    this.#setup = setup;
    this.#visits = new Visits(setup.seat);
    this.#talk = this.#newTalk();
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
      guest.#introduction = await started;
      return guest;
    } catch (thrown) {
      guest.#over(thrown as HostError);
      throw thrown;
    } finally {
      signal?.removeEventListener("abort", giveUp);
    }
  }

  get introduction(): Introduction {
    return this.#introduction;
  }

  get isAlive(): boolean {
    return this.#end === undefined && this.#stopping === undefined;
  }

  call(request: Request, answer: Answer): CallKey {
    const refusal = this.#refusal();
    if (refusal !== undefined) {
      answer.finish({ error: refusal });
      return undefined;
    }
    const job = new Job(++this.#keys, request, answer, ({ key }) => this.#jobs.delete(key));
    this.#jobs.set(job.key, job);
    this.#queue.push(job);
    this.#pump();
    if (this.#queue.includes(job)) {
      job.waits(() => {
        this.#unqueue(job);
        job.finish({ error: late() });
      });
    }
    return job.key;
  }

  cancel(call: CallKey): void {
    const job = this.#job(call);
    if (job === undefined) return;
    this.#jobs.delete(job.key);
    job.begins();
    job.isGivenUp = true;
    if (job.isOpen) this.#talk.cancel(job.id);
    else this.#unqueue(job);
  }

  credit(call: CallKey, items: number, bytes: number): void {
    const job = this.#job(call);
    if (job === undefined) return;
    if (job.isOpen) {
      this.#talk.credit(job.id, items, bytes);
    } else {
      job.items += items;
      job.bytes += bytes;
    }
  }

  upload(call: CallKey, item: JsonValue): boolean | undefined {
    const job = this.#job(call);
    // Before it has begun the plugin takes nothing yet.
    return job === undefined || job.isOpen ? this.#talk.upload(job?.id, item) : false;
  }

  endUpload(call: CallKey): void {
    const job = this.#job(call);
    if (job === undefined) return;
    job.hasEnded = true;
    if (job.isOpen) this.#talk.endUpload(job.id);
  }

  emit(name: string, stream: string | undefined, payload: JsonValue): void {
    const refusal = this.#refusal();
    if (refusal !== undefined) throw refusal.in("emit");
    this.#talk.emit(name, stream, payload);
  }

  stop(patience?: Partial<Patience>): void {
    if (this.#end !== undefined) return;
    const { shutdownMs, endOfInputMs } = { ...this.#setup.opening.patience, ...patience };
    const wasStopping = this.#stopping !== undefined;
    if (wasStopping && patience === undefined) return;
    this.#stopping ??= { endOfInputMs, isDue: false, isClosing: false, alarm: undefined };
    const stopping = this.#stopping;
    stopping.endOfInputMs = endOfInputMs;
    clearTimeout(stopping.alarm);
    stopping.alarm = setTimeout(() => this.#stopIsDue(), stopping.isClosing ? endOfInputMs : shutdownMs);
    if (wasStopping) return;
    for (const job of this.#queue.splice(0)) job.finish({ error: stopped("call") });
    if (this.#isOpening) this.#over(stopped("stop"));
    else if (!this.#talk.shutdown()) stopping.isDue = true;
    this.#pump();
  }

  #job(call: CallKey): Job | undefined {
    return call === undefined ? undefined : this.#jobs.get(call);
  }

  #unqueue(job: Job): void {
    this.#queue = this.#queue.filter((other) => other !== job);
  }

  #refusal(): HostError | undefined {
    if (this.#end !== undefined) return this.#end.in("call");
    if (this.#stopping !== undefined) return stopped("call");
    const most = this.#setup.opening.limits.pendingCalls ?? PENDING_CALLS;
    if (this.#jobs.size < most) return undefined;
    return new HostError("Limit", "call", { context: `${most} requests are in flight, and no more are allowed` });
  }

  #newTalk(): Conversation {
    const { opening, home } = this.#setup;
    const pipe = {
      write: (bytes: Uint8Array, done: () => void) => {
        this.#messages.push(...this.#lines.push(bytes));
        // What waits for the guest stays with the session, which counts it.
        this.#written = done;
        this.#pump();
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
    [this.#messages, this.#lines, this.#written] = [[], new MessageLines(), undefined];
    const introduced = this.#talk.open(opening.hello);
    const context = `it was not ready within ${startTimeoutMs} ms; allow more with \`startTimeoutMs\``;
    const watch = setTimeout(() => {
      this.#leave();
      this.#talk.end(new HostError("Start", "load", { context }));
    }, startTimeoutMs);
    this.#enter({ kind: "begin", code, limits }, undefined);
    try {
      return await introduced;
    } finally {
      clearTimeout(watch);
      this.#isOpening = false;
    }
  }

  /** Does what there is to do, as far as nobody has to be waited for. */
  #pump(): void {
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
    const stopping = this.#stopping;
    if (stopping?.isDue && !stopping.isClosing) {
      stopping.isClosing = true;
      clearTimeout(stopping.alarm);
      stopping.alarm = setTimeout(() => this.#stopIsDue(), stopping.endOfInputMs);
      this.#enter({ kind: "close" }, undefined);
      return true;
    }
    // One whose input has ended hears nothing more.
    if (stopping?.isClosing) this.#messages = [];
    if (this.#messages.length > 0) {
      const messages = this.#messages.splice(0);
      this.#enter({ kind: "push", messages }, this.#longest());
      return true;
    }
    if (this.#written !== undefined) {
      const written = this.#written;
      this.#written = undefined;
      written();
      return true;
    }
    if (this.#isDue) {
      this.#isDue = false;
      this.#enter({ kind: "turn" }, this.#longest());
      return true;
    }
    if (this.#isOpening) return false;
    const job = this.#queue.shift();
    if (job === undefined) return false;
    this.#begin(job);
    return true;
  }

  /** Until when a visit may take that is about all calls in flight: each of them is told at its own time. */
  #longest(): number {
    let latest: number | undefined;
    for (const { isOpen, request } of this.#jobs.values()) {
      if (!isOpen) continue;
      if (request.deadline === undefined) return performance.now() + ALONE_MS;
      latest = Math.max(latest ?? 0, request.deadline);
    }
    return latest ?? performance.now() + ALONE_MS;
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
      const call = this.#talk.call(job.request, job);
      if (call !== undefined) this.#opened(job, call);
      return;
    }
    try {
      job.id = this.#talk.begin();
    } catch (thrown) {
      job.finish({ error: thrown as HostError });
      return;
    }
    const timeoutMs = deadline === undefined ? undefined : deadline - performance.now();
    this.#enter({ kind: "call", method: number, params: job.params, id: job.id, timeoutMs }, deadline, job);
  }

  /** The conversation knows a call: it is told what its caller has said meanwhile. */
  #opened(job: Job, call: number): void {
    job.id = call;
    job.isOpen = true;
    try {
      if (job.items > 0 || job.bytes > 0) this.#talk.credit(call, job.items, job.bytes);
      if (job.hasEnded) this.#talk.endUpload(call);
    } catch (thrown) {
      this.#talk.cancel(call);
      job.finish({ error: thrown as HostError });
    }
  }

  /** Visits the guest. */
  #enter(visit: Visit, until: number | undefined, job?: Job): void {
    this.#visits.enter(
      visit,
      until,
      (said) => {
        this.#take(said, job);
        this.#pump();
      },
      () => {
        this.#isMade = false;
        this.#lost({ kind: "Deadline", what: late().context }, job);
        this.#pump();
      },
    );
  }

  /** Ends the seat, and whatever goes on in it. */
  #leave(): void {
    this.#isMade = false;
    this.#wait(undefined);
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
    if (wait !== "asBefore") this.#wait(wait);
    if (job !== undefined && said.answer !== undefined) this.#called(job, said.answer, outbox);
    else this.#talk.receive(outbox);
    if (this.#end !== undefined) return;
    if (fault !== undefined) {
      this.#isMade = false;
      this.#lost(fault, said.answer === undefined ? job : undefined);
    } else if (wasClosing && (isOver || wait === undefined)) {
      this.#over(stopped("stop"));
    } else if (this.#isOpening && !this.#talk.isOpen && wait === undefined && methods === undefined) {
      const context = "it did not answer `initialize`, and waits for nothing";
      if (this.#messages.length === 0) this.#talk.end(new HostError("Start", "load", { context }));
    }
  }

  /** A call was made. */
  #called(job: Job, { called, bytes }: NonNullable<Said["answer"]>, outbox: Uint8Array): void {
    const talk = this.#talk;
    if (called === "done" && outbox.length === 0) {
      const outcome = talk.result(job.id, bytes);
      job.finish(job.isLate ? { error: late() } : outcome);
      return;
    }
    // From here on it is a request like any other, if only until what the guest said before its answer was heard.
    talk.expect(job.id, job.request.deadline, job);
    if (called === "pending") this.#opened(job, job.id);
    talk.receive(outbox);
    if (called === "done") talk.settle(job.id, bytes);
    else if (called === "failed") talk.fail(job.id, bytes);
    else if (job.isGivenUp) talk.cancel(job.id);
  }

  /** The guest is lost: everybody who waited for it is told, and a fresh one takes its place. */
  #lost(fault: Fault, culprit: Job | undefined): void {
    const { home } = this.#setup;
    const talk = this.#talk;
    const words = readWords(fault.words);
    this.#wait(undefined);
    if (this.#isOpening) {
      talk.end(asStartError(fault, words?.message));
      return;
    }
    const error = asError(fault, "call");
    if (culprit !== undefined) talk.expect(culprit.id, undefined, culprit);
    // A reply to the call that broke: the one that it would have had from a program.
    const isAnswered = words?.id !== undefined && talk.knows(words.id);
    const isAlone = talk.inFlight === 1 && culprit === undefined && !isAnswered;
    if (isAnswered && fault.words !== undefined) {
      this.#isDying = true;
      talk.receive(fault.words);
      this.#isDying = false;
    }
    const why = words?.message ?? fault.what;
    const lost = new PluginError("unavailable", `the plugin broke down in another call: ${why}`, { retryable: true });
    const errorOf = (answer: Answer): CrossplugError => {
      if (answer === culprit || isAlone) return error;
      return answer instanceof Job && answer.isLate ? late() : lost;
    };
    talk.end(error, errorOf);
    if (this.#stopping !== undefined) {
      this.#over(stopped("stop"));
      return;
    }
    home.note("warn", `its instance is lost, a fresh one takes its place: ${why}`);
    this.#talk = this.#newTalk();
    this.#start().then(
      () => this.#pump(),
      (thrown: HostError) => this.#over(thrown),
    );
  }

  /** When the guest wants to be visited by itself. */
  #wait(ms: number | undefined): void {
    clearTimeout(this.#timer);
    this.#isDue = false;
    if (ms === undefined) return;
    // Not before the program's own turn, even where it is at once: a guest that always wants to be visited is not alone.
    this.#timer = setTimeout(
      () => {
        this.#isDue = true;
        this.#pump();
      },
      Math.min(Math.ceil(ms), LONGEST_TIMER),
    );
  }

  #broke(error: HostError): void {
    if (this.#isDying) return;
    if (this.#isOpening) {
      this.#talk.end(error);
      return;
    }
    const { name } = this.#setup.home;
    const context = `\`${name}\`: ${error.context}; it was stopped`;
    this.#over(new HostError(error.kind, error.operation, { context, cause: error.cause }));
  }

  #shutDown(): void {
    if (this.#stopping !== undefined) this.#stopping.isDue = true;
    this.#pump();
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
    this.#pump();
  }

  /** Nothing is left of the guest. */
  #over(error: HostError): void {
    if (this.#end !== undefined) return;
    this.#end = error;
    this.#leave();
    clearTimeout(this.#stopping?.alarm);
    this.#talk.end(error);
    for (const job of this.#queue.splice(0)) job.finish({ error });
    for (const job of [...this.#jobs.values()]) job.finish({ error });
    this.#setup.home.ended(this.#stopping === undefined ? error : undefined, undefined);
  }
}
