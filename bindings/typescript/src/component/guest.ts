// A plugin as its host enters it: takes a call or a message, runs what is ready, says what there is to say. Knows the runtime
// and the host's clock, and no engine.

import type { JsonObject } from "../json/value.js";
import type { Plugin } from "../plugin/define.js";
import { CrossplugDialect } from "../plugin/dialect/crossplug.js";
import { Runtime } from "../plugin/runtime.js";
import { DEFAULT_LIMITS, utf8Length } from "../plugin/session/limits.js";
import { clock, flushPrints, onPrint } from "./globals.js";
import { jobs } from "./promise.js";
import { randomOf } from "./random.js";
import type { Called, Guest, Outbox, Outside } from "./world.js";

const MICROSECONDS = 1000;

/** A call that is answered at once, or not at all: the beginning of its reply, and the rest of it once it was said. */
interface Apart {
  readonly reply: string;
  answer: Called["answer"] | undefined;
}

/** The beginning of a reply to what is not JSON. */
const UNREADABLE = '{"jsonrpc":"2.0","id":null,';
const RESULT = '"result":';
const ERROR = '"error":';

/** Answers the host for one plugin. */
export class ComponentGuest implements Guest {
  readonly #runtime: Runtime;
  readonly #methods: readonly string[];
  #frames: string[] = [];
  #apart: Apart | undefined;
  #frameBytes: number = DEFAULT_LIMITS.frameBytes;
  #told: number | undefined;
  #isEnding = false;
  #isOver = false;

  constructor(plugin: Plugin, manifest: JsonObject) {
    this.#methods = plugin.interfaces.flatMap(({ descriptor }) => [...descriptor.methods.keys()]);
    this.#runtime = new Runtime(plugin, manifest, new CrossplugDialect(), {
      send: (frame) => this.#send(frame),
      agreed: (_framing, most) => {
        this.#frameBytes = most;
      },
      // There is nobody else to tell.
      complain: () => undefined,
    });
    onPrint((stream, line) => this.#runtime.log.info(line, { stream }));
  }

  begin({ now, wall, seed }: Outside): void {
    clock.begin(now, wall);
    Math.random = randomOf(seed);
  }

  methods(): string[] {
    return [...this.#methods];
  }

  /** A call is the request that it would have been as a message; only its answer takes the short way. */
  call(method: number, params: string, id: number, timeout: number | null, now: number): Called {
    clock.set(now);
    const name = JSON.stringify(this.#methods[method] ?? `of the number ${method}`);
    const meta = timeout === null ? "" : `,"meta":{"timeoutMs":${Math.ceil(timeout / MICROSECONDS)}}`;
    const apart: Apart = { reply: `{"jsonrpc":"2.0","id":${id},`, answer: undefined };
    this.#apart = apart;
    this.#runtime.receive(`${apart.reply}"method":${name},"params":${params}${meta}}`);
    this.#run();
    this.#apart = undefined;
    const news = this.#frames.length > 0 || clock.next !== this.#told;
    return { answer: apart.answer ?? { tag: "pending" }, news };
  }

  #send(frame: string): void {
    const apart = this.#apart;
    const head = [apart?.reply, UNREADABLE].find((head) => head !== undefined && frame.startsWith(head));
    if (apart === undefined || head === undefined) {
      this.#frames.push(frame);
      return;
    }
    const rest = frame.slice(head.length, -1);
    apart.answer = rest.startsWith(RESULT)
      ? { tag: "done", val: rest.slice(RESULT.length) }
      : { tag: "failed", val: rest.slice(ERROR.length) };
  }

  push(message: string, now: number): Outbox {
    clock.set(now);
    if (this.#isTooLong(message)) {
      this.#runtime.tooLong(this.#frameBytes);
      this.#end();
    } else {
      this.#runtime.receive(message);
    }
    return this.turn(now);
  }

  turn(now: number): Outbox {
    clock.set(now);
    this.#run();
    for (const run of clock.takeDue()) {
      this.#guarded(run);
      this.#run();
    }
    const messages = this.#frames.map((frame) => `${frame}\n`).join("");
    this.#frames = [];
    this.#told = this.#isOver ? undefined : clock.next;
    return { messages, over: this.#isOver, next: this.#told ?? null };
  }

  close(now: number): Outbox {
    clock.set(now);
    this.#end();
    return this.turn(now);
  }

  #end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    void this.#runtime.end().finally(() => {
      flushPrints();
      this.#isOver = true;
    });
  }

  /** Runs what is ready, and tells of what was rejected and nobody asked for. */
  #run(): void {
    jobs.run((thrown) => this.#uncaught(thrown));
    for (const reason of jobs.takeUnhandled()) this.#uncaught(reason, "a rejected promise that nobody handled");
  }

  #guarded(run: () => void): void {
    try {
      run();
    } catch (thrown) {
      this.#uncaught(thrown);
    }
  }

  /** A program would end here. A component goes on: whoever waits for what is broken has a time of its own. */
  #uncaught(thrown: unknown, what = "an exception that nobody caught"): void {
    this.#runtime.log.error(`${what}: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  }

  #isTooLong(message: string): boolean {
    // Three bytes a unit at most: only what may be too large is measured.
    return message.length * 3 > this.#frameBytes && utf8Length(message) > this.#frameBytes;
  }
}
