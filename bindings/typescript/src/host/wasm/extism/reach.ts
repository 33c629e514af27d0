// What the guests of one plugin reach of their host: its functions and the network, asked from their thread or in the host's own.

import type { LogLevel } from "../../../context.js";
import { PluginError } from "../../../errors.js";
import { failureOf } from "../../../failure.js";
import { Halt } from "../fault.js";
import type { HostFunction } from "../options.js";
import type { Questions } from "../seat.js";
import type { HttpAnswer } from "./env.js";
import { check, fetched, first, type Hosts, type Send } from "./http.js";
import type { Answered, Line, Question } from "./outside.js";
import { type FunctionError, type Outside, Refusal } from "./visitor.js";

/** What there is to reach. */
export interface Reach {
  readonly hosts: Hosts;
  readonly functions: readonly HostFunction[];
  /** Undefined where nobody waits for the network. */
  readonly send: Send | undefined;
}

/** Answers what guests ask from threads of their own. */
export function questions(reach: Reach): Questions {
  return async (asked) => {
    const question = asked as Question;
    try {
      const answer =
        question.kind === "call"
          ? await reach.functions[question.place]?.(...question.args)
          : await request(reach, question.request, question.body);
      return { kind: "answer", answer } satisfies Answered<unknown>;
    } catch (thrown) {
      if (thrown instanceof Halt) return { kind: "fault", fault: { kind: thrown.kind, what: thrown.message } };
      return { kind: "refused", error: refused(thrown) } satisfies Answered<unknown>;
    }
  };
}

function request({ hosts, send }: Reach, asked: Uint8Array, body: Uint8Array): Promise<HttpAnswer> {
  return fetched(asked, body, hosts, send ?? (() => Promise.reject(new PluginError("unavailable", "no network"))));
}

function refused(thrown: unknown): FunctionError {
  const { code, message } = failureOf(thrown, false);
  return { code, message };
}

/** In the host's own thread, where nobody can wait. */
export class InlineOutside implements Outside {
  readonly #reach: Reach;
  readonly #log: (line: Line) => void;

  constructor(reach: Reach, log: (line: Line) => void) {
    this.#reach = reach;
    this.#log = log;
  }

  log(source: Line["source"], level: LogLevel, text: string): void {
    this.#log({ source, level, text });
  }

  call(place: number, args: readonly Uint8Array[]): Uint8Array {
    let answer: ReturnType<HostFunction> | undefined;
    try {
      answer = this.#reach.functions[place]?.(...args);
    } catch (thrown) {
      throw new Refusal(refused(thrown));
    }
    if (answer instanceof Uint8Array) return answer;
    throw new Halt("Denied", "a function of the host takes its time, and an inline guest cannot wait");
  }

  http(asked: Uint8Array, body: Uint8Array): HttpAnswer {
    // Nobody was granted, or the load would have been refused.
    check(first(asked, body).url, this.#reach.hosts);
    throw new Halt("Denied", "an inline guest cannot wait for the network");
  }

  sleep(ms: number): void {
    for (const end = performance.now() + ms; performance.now() < end; );
  }
}
