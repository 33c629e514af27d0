// A plugin in a shared library, in this program's own process (schema/README.md section 9): a peer of the same conversation as every
// plugin. Nobody can interrupt native code, so it is entered on threads that may be lost, and the program's own never is.

import { HostError } from "../../../errors.js";
import type { JsonValue } from "../../../json/value.js";
import { LONGEST_TIMER } from "../../../timers.js";
import { stopped } from "../../conversation/stage.js";
import { Conversation } from "../../conversation.js";
import type { Answer, CallKey, Opening, Passage, Patience, Request } from "../../door.js";
import type { Home } from "../../home.js";
import { Spoken } from "../../spoken.js";
import { MessageLines } from "../../wasm/lines.js";
import { Bell } from "./bell.js";
import { Calls } from "./calls.js";
import { Carrier } from "./carrier.js";
import { enter, hasRoom, type Work } from "./crew.js";
import type { Ear, Ears } from "./ears.js";
import { GONE } from "./tables.js";
import type { Place } from "./task.js";

const DIALECT = "crossplug/1";
/** There is none: a message is handed over by itself. What is written is cut at its line feeds. */
const FRAMINGS = ["ndjson"];
/** How long a thread may stay in the library past a call's deadline: handlers look now and then whether they were cancelled. */
const GRACE_MS = 1000;
/** What is said of an instance that cannot be freed. */
const LOST = "something of it runs on after its end; what it holds is lost to this process";
const BRACE = "{".charCodeAt(0);
const LINE_FEED = 0x0a;
const utf8 = new TextEncoder();

/** A native plugin. */
export class NativePlugin extends Spoken {
  protected readonly conversation: Conversation;
  readonly #opening: Opening;
  readonly #home: Home;
  readonly #calls: Calls;
  readonly #ear: Ear;
  readonly #bell: Bell = new Bell();
  /** The program does not end while the plugin is there. */
  readonly #stay: ReturnType<typeof setInterval> = setInterval(() => undefined, LONGEST_TIMER);
  #methods: ReadonlyMap<string, number> = new Map();
  #place: Place | undefined;
  /** A thread loads the library and makes the instance. */
  #starting: Work | undefined;
  readonly #carrier: Carrier;
  #patience: Patience;
  /** When a stop waits for the plugin no longer. */
  #until: number | undefined;
  #hasShutDown = false;
  #isLeaving = false;
  #hasBroken = false;
  #end: HostError | undefined;

  constructor(opening: Opening, home: Home, ears: Ears) {
    super();
    this.#opening = opening;
    this.#home = home;
    this.#patience = opening.patience;
    this.#ear = ears.ear((message) => this.#hear(message));
    const lines = new MessageLines();
    const pipe = {
      write: (bytes: Uint8Array, done: () => void) => {
        // What waits for the library stays with the session, which counts it.
        this.#carrier.push(lines.push(bytes), done);
      },
    };
    const broke = (error: HostError): void => this.#broke(error);
    const changed = (): void => this.#bell.ring();
    this.#carrier = new Carrier({ broke, changed });
    const listener = {
      broke,
      shutDown: () => {
        this.#hasShutDown = true;
        this.#bell.ring();
      },
      late: (call: number) => this.#overdue(call, performance.now()),
    };
    this.conversation = new Conversation(DIALECT, opening.limits, home, pipe, listener, FRAMINGS);
    this.#calls = new Calls(this.conversation, {
      broke,
      cancelAgain: (call) => {
        this.#carrier.push([utf8.encode(`{"jsonrpc":"2.0","method":"$/cancel","params":{"id":${call}}}`)]);
      },
      changed,
    });
  }

  /** Loads the library, makes an instance, and has it initialised. @throws HostError */
  async open(path: string, ears: Ears): Promise<Passage> {
    const { hello, startTimeoutMs, signal } = this.#opening;
    const context = `it was not ready within ${startTimeoutMs} ms; allow more with \`startTimeoutMs\``;
    const alarm = setTimeout(() => this.#giveUpStart(new HostError("Start", "load", { context })), startTimeoutMs);
    const giveUp = (): void => this.#giveUpStart(stopped("load"));
    signal?.addEventListener("abort", giveUp, { once: true });
    try {
      if (signal?.aborted) giveUp();
      const introduced = this.conversation.open(hello);
      void this.#start(path, ears);
      this.said = await introduced;
      return this;
    } finally {
      clearTimeout(alarm);
      signal?.removeEventListener("abort", giveUp);
    }
  }

  get isAlive(): boolean {
    return this.conversation.isOpen && this.#until === undefined;
  }

  override call(request: Request, answer: Answer): CallKey {
    if (this.#until !== undefined) {
      answer.finish({ error: stopped("call") });
      return undefined;
    }
    // A function has no room for streams and traces.
    const isPlain = !request.streams && request.traceparent === undefined;
    const number = isPlain && this.conversation.isOpen && hasRoom() ? this.#methods.get(request.method) : undefined;
    if (number === undefined || this.#place === undefined) return super.call(request, answer);
    return this.#calls.call(this.#place, number, request, answer);
  }

  override cancel(call: CallKey): void {
    super.cancel(call);
    const deadline = call === undefined ? undefined : this.#calls.giveUp(call);
    if (call !== undefined && deadline !== undefined) this.#overdue(call, deadline);
  }

  override emit(name: string, stream: string | undefined, payload: JsonValue): void {
    if (this.#until !== undefined) throw stopped("emit");
    super.emit(name, stream, payload);
  }

  stop(patience?: Partial<Patience>): void {
    if (this.#end !== undefined) return;
    const isFirst = this.#until === undefined;
    if (!isFirst && patience === undefined) return;
    const wished = { ...this.#opening.patience, ...patience };
    const until = performance.now() + wished.shutdownMs;
    this.#until = Math.min(this.#until ?? until, until);
    this.#patience = isFirst
      ? wished
      : { ...wished, endOfInputMs: Math.min(wished.endOfInputMs, this.#patience.endOfInputMs) };
    this.#bell.ring();
    if (isFirst) void this.#sayGoodbye();
  }

  /** On a thread that may be lost: the library, the instance. */
  async #start(path: string, ears: Ears): Promise<void> {
    this.#starting = enter({ kind: "open", path, host: this.#ear.table });
    const { fault, made, bytes } = await this.#starting.done;
    this.#starting = undefined;
    this.#place = made;
    this.#bell.ring();
    if (made !== undefined) ears.keep(path);
    if (made !== undefined && this.#end !== undefined) {
      // Nobody wants it any more, and nobody has waited for it.
      if (await this.#close(this.#patience.endOfInputMs)) this.#ear.free();
      return;
    }
    if (this.#isLeaving || this.#hasBroken) return;
    if (fault !== undefined) this.#broke(new HostError(fault.kind, "load", { context: fault.what }));
    else if (bytes !== undefined) this.#list(bytes);
    if (made !== undefined && !this.#hasBroken) this.#carrier.open(made);
  }

  #list(bytes: Uint8Array): void {
    try {
      const names = JSON.parse(new TextDecoder().decode(bytes)) as unknown;
      if (!Array.isArray(names)) throw new Error("it is no array");
      this.#methods = new Map(names.map((name, number) => [String(name), number]));
    } catch (thrown) {
      const context = `its list of methods is none: ${(thrown as Error).message}`;
      this.#broke(new HostError("Protocol", "load", { context }));
    }
  }

  /** A message of the plugin, on the program's thread. */
  #hear(message: Uint8Array): void {
    if (this.#end !== undefined || this.#hasBroken) return;
    if (message[0] !== BRACE) {
      const said = new TextDecoder().decode(message.subarray(0, 80));
      this.#broke(new HostError("Protocol", "run", { context: `it said what is no message: ${JSON.stringify(said)}` }));
      return;
    }
    const line = new Uint8Array(message.length + 1);
    line.set(message);
    line[message.length] = LINE_FEED;
    this.conversation.receive(line);
  }

  /** Looks at that time and some more whether a thread is still there for that call, or with a message of before. */
  #overdue(call: number, deadline: number): void {
    this.#calls.giveUp(call);
    const wait = Math.max(0, deadline - performance.now()) + GRACE_MS;
    const look = (): void => {
      const { since } = this.#carrier;
      if (this.#calls.has(call) || (since !== undefined && since <= deadline)) this.#giveUp();
    };
    setTimeout(look, Math.min(wait, LONGEST_TIMER)).unref();
  }

  /** The plugin keeps threads of the host's: nothing is expected of it any more, and nothing of it is freed. */
  #giveUp(): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    this.#carrier.close();
    const what = `\`${this.#home.name}\` was given up: it kept a thread of the host's past the deadline of a call; what it holds is lost to this process, and loading it again makes another instance`;
    this.#lose(what);
    this.#over(new HostError("Died", "call", { context: what }));
  }

  /** Nobody wants it any more before it was ready. */
  #giveUpStart(error: HostError): void {
    if (this.said !== undefined) return;
    this.#broke(error);
  }

  /** The plugin broke off: everybody is told, and it is closed without more words. */
  #broke(error: HostError): void {
    if (this.#end !== undefined || this.#hasBroken) return;
    this.#hasBroken = true;
    this.#carrier.close();
    const isOpening = this.said === undefined && !this.conversation.isOpen;
    const context = isOpening ? error.context : `\`${this.#home.name}\`: ${error.context}; it was closed`;
    const told = new HostError(error.kind, error.operation, { context, cause: error.cause });
    this.conversation.end(told);
    void this.#leave(told);
  }

  /** Asks the plugin to finish what is in flight, waits for that, then closes. */
  async #sayGoodbye(): Promise<void> {
    const until = (): number => (this.#end !== undefined || this.#hasBroken ? 0 : (this.#until ?? 0));
    // A call that was made before the stop must not find a plugin that shuts down already.
    await this.#bell.waitFor(() => this.#starting === undefined && this.#calls.count === 0, until);
    if (this.conversation.shutdown()) await this.#bell.waitFor(() => this.#hasShutDown, until);
    await this.#leave(stopped("stop"));
  }

  /** The plugin's last steps: once nobody is inside, it is closed. */
  async #leave(error: HostError): Promise<void> {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    this.#carrier.close();
    const patienceMs = this.#patience.endOfInputMs;
    const end = performance.now() + patienceMs;
    const isEmpty = (): boolean =>
      this.#starting === undefined && this.#calls.count === 0 && this.#carrier.since === undefined;
    await this.#bell.waitFor(isEmpty, () => end);
    if (isEmpty() && (await this.#close(patienceMs))) this.#ear.free();
    else this.#lose(LOST);
    this.#over(error);
  }

  /** The last entry. False: something of the instance runs on, or its thread does not come back. */
  async #close(patienceMs: number): Promise<boolean> {
    const place = this.#place;
    this.#place = undefined;
    if (place === undefined) return true;
    const work = enter({ kind: "close", ...place, patienceMs });
    let status: number | undefined;
    void work.done.then((done) => {
      status = done.status ?? -1;
      this.#bell.ring();
    });
    const end = performance.now() + patienceMs + GRACE_MS;
    await this.#bell.waitFor(
      () => status !== undefined,
      () => end,
    );
    if (status === undefined) work.lose();
    return status === GONE;
  }

  /** What it holds is lost to the process, threads included. */
  #lose(what: string): void {
    this.#home.note("warn", what);
    this.#calls.lose();
    this.#carrier.lose();
    this.#starting?.lose();
    this.#ear.lose();
  }

  /** Tells everybody that nothing is to be expected of the plugin. */
  #over(error: HostError): void {
    if (this.#end !== undefined) return;
    this.#end = error;
    clearInterval(this.#stay);
    this.conversation.end(error);
    this.#bell.ring();
    const isWanted = this.#until !== undefined && !this.#hasBroken && error.kind === "Cancelled";
    this.#home.ended(isWanted ? undefined : error, undefined);
  }
}
