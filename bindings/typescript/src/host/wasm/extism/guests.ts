// Calls into an Extism plugin: which guest takes which, and what becomes of them when time is over or nobody waits any more.
// Knows guests as seats that are visited, and nothing of WebAssembly.

import { type CrossplugError, HostError, PluginError } from "../../../errors.js";
import { parseJson } from "../../../json/strict.js";
import type { JsonValue } from "../../../json/value.js";
import { stopped } from "../../conversation/stage.js";
import type { Answer, CallKey, Introduction, Opening, Passage, Patience, Request } from "../../door.js";
import type { Home } from "../../home.js";
import { asError, asStartError } from "../fault.js";
import { Job, late } from "../job.js";
import type { Seat } from "../seat.js";
import { Visits } from "../visits.js";
import { EXTISM_ABI } from "./name.js";
import type { Signature } from "./signatures.js";
import type { Making, Said, Visit } from "./visitor.js";

/** As in `Limits` of the protocol. */
const PENDING_CALLS = 1000;
/** Asked of every plugin; one whose ABI has no such question is there as long as it can be called. */
const PING = "ping";

/** What a plugin is opened with. */
export interface ExtismSetup {
  readonly opening: Opening;
  readonly home: Home;
  readonly making: Making;
  /** The functions of the module that is called. */
  readonly exports: { readonly [name: string]: Signature };
  /** Of any call, whatever its caller allows. */
  readonly timeoutMs: number | undefined;
  /** How many guests there are: calls that run at once. */
  readonly instances: number;
  readonly seat: () => Seat<Visit, Said>;
}

/** A place for a guest. */
interface Place {
  readonly visits: Visits<Visit, Said>;
  /** The guest is there. */
  isReady: boolean;
  job: Job | undefined;
}

/** A plugin that was opened. */
export class ExtismGuests implements Passage {
  readonly carriesBytes = true;
  readonly introduction: Introduction;
  readonly #setup: ExtismSetup;
  readonly #places: Place[];
  readonly #jobs: Map<number, Job> = new Map();
  #queue: Job[] = [];
  #keys = 0;
  #isStopped = false;
  #isPumping = false;

  private constructor(setup: ExtismSetup) {
    this.#setup = setup;
    const { name } = setup.opening;
    this.introduction = {
      manifest: { name },
      interfaces: {},
      dialect: EXTISM_ABI,
      encoding: "json",
      process: undefined,
    };
    this.#places = Array.from({ length: Math.max(1, setup.instances) }, () => ({
      visits: new Visits(setup.seat),
      isReady: false,
      job: undefined,
    }));
  }

  /** Makes the first guest. @throws HostError */
  static async open(setup: ExtismSetup): Promise<Passage> {
    const guests = new ExtismGuests(setup);
    const [first] = guests.#places;
    const { startTimeoutMs, signal } = setup.opening;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let giveUp: (() => void) | undefined;
    try {
      const said = await new Promise<Said>((resolve, reject) => {
        const context = "its start took too long; allow more with `startTimeoutMs`";
        timer = setTimeout(() => reject(new HostError("Start", "load", { context })), startTimeoutMs);
        giveUp = () => reject(stopped("load"));
        signal?.addEventListener("abort", giveUp, { once: true });
        first?.visits.enter({ kind: "make", making: setup.making }, undefined, resolve, () => undefined);
      });
      if (said.kind !== "made") throw unmade(said);
      if (first !== undefined) first.isReady = true;
      return guests;
    } catch (thrown) {
      first?.visits.leave();
      setup.home.ended(thrown as HostError, undefined);
      throw thrown;
    } finally {
      clearTimeout(timer);
      if (giveUp !== undefined) signal?.removeEventListener("abort", giveUp);
    }
  }

  get isAlive(): boolean {
    return !this.#isStopped;
  }

  call(request: Request, answer: Answer): CallKey {
    const refusal = this.#refusal(request);
    if (refusal !== undefined) {
      answer.finish(refusal);
      return undefined;
    }
    const job = new Job(++this.#keys, request, answer, ({ key }) => this.#jobs.delete(key));
    this.#jobs.set(job.key, job);
    this.#queue.push(job);
    this.#pump();
    if (this.#queue.includes(job)) job.waits(() => this.#late(job));
    return job.key;
  }

  cancel(call: CallKey): void {
    const job = call === undefined ? undefined : this.#jobs.get(call);
    if (job === undefined) return;
    job.begins();
    this.#jobs.delete(job.key);
    this.#queue = this.#queue.filter((other) => other !== job);
    const place = this.#places.find((place) => place.job === job);
    // Nobody waits for what it does.
    if (place?.visits.canEnd) this.#replace(place);
    this.#pump();
  }

  credit(): void {}

  upload(): boolean | undefined {
    throw lacks("upload", "streams");
  }

  endUpload(): void {}

  emit(): void {
    throw lacks("emit", "events");
  }

  stop(patience?: Partial<Patience>): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    for (const job of this.#queue.splice(0)) job.finish({ error: stopped("call") });
    if (this.#places.every(({ job }) => job === undefined)) {
      this.#over();
      return;
    }
    // What runs may finish, for so long.
    setTimeout(() => this.#over(), patience?.shutdownMs ?? this.#setup.opening.patience.shutdownMs);
  }

  #refusal({ method, input }: Request): { error: CrossplugError } | { result: null } | undefined {
    const refused = (kind: "Limit" | "NotFound" | "Incompatible", context: string): { error: HostError } => ({
      error: new HostError(kind, "call", { context }),
    });
    if (this.#isStopped) return { error: stopped("call") };
    const most = this.#setup.opening.limits.pendingCalls ?? PENDING_CALLS;
    if (this.#jobs.size >= most) return refused("Limit", `${most} calls are in flight, and no more are allowed`);
    const { exports } = this.#setup;
    const entry = Object.hasOwn(exports, method) ? exports[method] : undefined;
    if (entry === undefined) {
      if (method === PING && input === undefined) return { result: null };
      return refused("NotFound", `Function not found: ${method}`);
    }
    if (entry.params === "" && (entry.results === "" || entry.results === "i")) return undefined;
    const what = `the export \`${method}\` takes (${entry.params}) and gives (${entry.results})`;
    return refused("Incompatible", `${what}; a plugin's function takes nothing and gives a code (i32) or nothing`);
  }

  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      for (const place of this.#places) if (place.visits.isGone && place.job === undefined) this.#leave(place);
      while (this.#queue.length > 0) {
        const place = this.#places.find(({ job, isReady }) => isReady && job === undefined);
        if (place === undefined) {
          const empty = this.#places.find(({ visits }) => !visits.isSeated);
          if (empty !== undefined) this.#make(empty);
          return;
        }
        const job = this.#queue.shift();
        if (job !== undefined) this.#begin(place, job);
      }
    } finally {
      this.#isPumping = false;
    }
  }

  #begin(place: Place, job: Job): void {
    job.begins();
    if (job.isLate) {
      job.finish({ error: late() });
      return;
    }
    const { timeoutMs } = this.#setup;
    place.job = job;
    const own = timeoutMs === undefined ? Infinity : performance.now() + timeoutMs;
    const deadline = Math.min(job.request.deadline ?? Infinity, own);
    const call: Visit = { kind: "call", entry: job.request.method, input: job.params };
    const done = (said: Said): void => {
      place.job = undefined;
      const isLate = performance.now() >= deadline;
      job.finish(isLate ? { error: late() } : outcome(said, job.request.input !== undefined));
      if (this.#isStopped && this.#places.every((place) => place.job === undefined)) this.#over();
      this.#pump();
    };
    place.visits.enter(call, deadline, done, () => this.#late(job));
  }

  /** Puts a guest into a place. Calls wait for it; what keeps it from being there, the next one is told. */
  #make(place: Place): void {
    const failed = (error: HostError): void => {
      this.#leave(place);
      this.#queue.shift()?.finish({ error });
      this.#pump();
    };
    const until = performance.now() + this.#setup.opening.startTimeoutMs;
    const made = (said: Said): void => {
      place.isReady = said.kind === "made";
      if (place.isReady) this.#pump();
      else failed(unmade(said));
    };
    const context = "a fresh guest took too long to start; allow more with `startTimeoutMs`";
    const tooLate = (): void => failed(new HostError("Start", "call", { context }));
    place.visits.enter({ kind: "make", making: this.#setup.making }, until, made, tooLate);
  }

  #late(job: Job): void {
    this.#queue = this.#queue.filter((other) => other !== job);
    const place = this.#places.find((place) => place.job === job);
    if (place !== undefined) this.#replace(place);
    job.finish({ error: late() });
    this.#pump();
  }

  /** Ends a guest, and has a fresh one ready for whoever calls next. */
  #replace(place: Place): void {
    this.#leave(place);
    if (!this.#isStopped) this.#make(place);
  }

  /** Ends a guest, whatever it does. */
  #leave(place: Place): void {
    place.job = undefined;
    place.isReady = false;
    place.visits.leave();
  }

  /** Nothing is left. */
  #over(): void {
    for (const place of this.#places) this.#leave(place);
    for (const job of [...this.#jobs.values()]) job.finish({ error: stopped("call") });
    this.#setup.home.ended(undefined, undefined);
  }
}

/** Why a guest is not there. */
function unmade(said: Said): HostError {
  if (said.kind === "fault") return asStartError(said.fault);
  const code = said.kind === "failed" ? said.code : 0;
  return new HostError("Start", "load", { context: `the plugin ended itself with code ${code}` });
}

/** What came of a call: bytes as they are, or as JSON. */
function outcome(said: Said, isRaw: boolean): Parameters<Answer["finish"]>[0] {
  switch (said.kind) {
    case "output":
      return isRaw ? { result: said.output as unknown as JsonValue } : parsed(said.output);
    case "failed": {
      const details = said.code === 0 ? undefined : { code: said.code };
      return { error: new PluginError("internal", said.message ?? `Error code: ${said.code}`, { details }) };
    }
    case "refused":
      return { error: new PluginError(said.error.code, said.error.message) };
    case "fault":
      return { error: asError(said.fault, "call") };
    default:
      return { error: new HostError("Protocol", "call", { context: "the guest's thread was asked for nothing" }) };
  }
}

function parsed(output: Uint8Array): Parameters<Answer["finish"]>[0] {
  if (output.length === 0) return { result: null };
  try {
    return { result: parseJson(output) };
  } catch (cause) {
    const context = `its output is not JSON (${(cause as Error).message}); call it with \`Plugin.callRaw\``;
    return { error: new HostError("Protocol", "call", { context, cause }) };
  }
}

function lacks(operation: string, what: string): HostError {
  return new HostError("Incompatible", operation, { context: `Extism's ABI has no ${what}` });
}
