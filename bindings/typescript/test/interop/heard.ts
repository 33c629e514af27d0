// A host's ears while a case is played, and what it answers, as schema/README.md section 7 says. Runs on any platform.

import { type JsonObject, type JsonValue, PluginError } from "crossplug";
import type { HostOptions, Plugin } from "crossplug/host";
import { Mismatch, same, short } from "./judge.js";

const PATIENCE_MS = 20_000;

/** What waits for steps. */
export type Kind = "asked" | "events" | "logs";

/** Everything that no step has asked for yet. */
export class Heard {
  readonly #lists: { readonly [kind in Kind]: JsonValue[] } = { asked: [], events: [], logs: [] };
  /** The plugin of the case, once it is loaded: services call it. */
  plugin: Plugin | undefined;

  /** Options of a host that hears, and answers. */
  get options(): HostOptions {
    return {
      name: "interop",
      grants: ["*", "emit=*"],
      onLog: ({ level, message, fields }) => this.#lists.logs.push({ level, message, fields: fields ?? {} }),
      onEvent: ({ name, stream, seq, payload }) =>
        this.#lists.events.push({ name, seq, payload, ...(stream === undefined ? {} : { stream }) }),
      services: {
        "test.answer": async (_ctx, { question }) => this.#answer(String(question)),
        "test.list": async (_ctx, { to }, items) => {
          for (let number = 1; number <= Number(to); number++) await items.send(String(number));
          return String((Number(to) * (Number(to) + 1)) / 2);
        },
      },
    };
  }

  async #answer(question: string): Promise<JsonObject> {
    this.#lists.asked.push(question);
    if (question.startsWith("fail: ")) throw new PluginError(question.slice(6), "as asked", { details: { q: 1 } });
    if (!question.startsWith("echo: ")) return { answer: `${question}!` };
    const echoed = await this.plugin?.call("test.echo", { text: question.slice(6) });
    return { answer: `${(echoed as JsonObject).text}!` };
  }

  /** Waits for what the case expects next of a kind; logs that are not expected are passed over. */
  async next(kind: Kind, expected: readonly JsonValue[]): Promise<void> {
    const list = this.#lists[kind];
    const until = performance.now() + PATIENCE_MS;
    for (const one of expected) {
      for (;;) {
        const got = list.shift();
        if (got === undefined) {
          if (performance.now() > until) throw new Mismatch(`nothing came where ${short(one)} was expected (${kind})`);
          await new Promise((wake) => setTimeout(wake, 5));
          continue;
        }
        try {
          same(one, got);
          break;
        } catch (mismatch) {
          if (kind !== "logs") throw mismatch;
        }
      }
    }
  }
}
