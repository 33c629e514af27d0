// Extism's own host for JavaScript on the modules that our hosts are held to: output for output, error for error.
// schema/vectors/extism/cases.json says what ours do, differences.json beside it where this one does otherwise.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import createPlugin, { type CallContext, type ExtismPluginOptions, type Plugin } from "@extism/extism";
import { text } from "./corpus.js";
import { guest } from "./plugins.js";

interface Step {
  readonly call: string;
  readonly input?: string;
  readonly inputBytes?: number;
  readonly output?: string;
  readonly error?: { readonly message?: string };
}

interface Case {
  readonly case: string;
  readonly wat?: string;
  readonly kit?: string;
  readonly manifest?: {
    readonly config?: { readonly [name: string]: string };
    readonly memory?: { readonly max_pages?: number; readonly max_var_bytes?: number };
    readonly allowed_hosts?: string[];
    readonly timeout_ms?: number;
  };
  readonly functions?: { readonly [name: string]: { readonly receives: string; readonly returns: string } };
  readonly load?: unknown;
  readonly steps?: readonly Step[];
}

interface Place {
  readonly case: string;
  readonly step?: number;
  readonly output?: string;
  readonly error?: true;
  readonly loads?: true;
}

const { cases } = JSON.parse(text("extism", "cases.json")) as { cases: Case[] };
const { differences } = JSON.parse(text("extism", "differences.json")) as {
  differences: { host: string; seen: Place[] }[];
};
const SEEN = differences.filter(({ host }) => host === "js").flatMap(({ seen }) => seen);

/** What this host puts before the guest's own words. */
const PREFIX = "Plugin-originated error: ";
/** What starting a worker may take is part of the time that this host gives a call. */
const PATIENCE_MS = 3000;

function options({ manifest = {}, functions = {}, wat = "", kit = "" }: Case): ExtismPluginOptions {
  const offered: { [name: string]: (context: CallContext, at: bigint) => bigint } = {};
  for (const [name, { receives, returns }] of Object.entries(functions)) {
    offered[name] = (context, at) => {
      if (context.read(at)?.text() !== receives) throw new Error("unexpected");
      return context.store(returns);
    };
  }
  const { max_pages: maxPages, max_var_bytes: maxVarBytes } = manifest.memory ?? {};
  const isTimed = manifest.timeout_ms !== undefined;
  return {
    useWasi: false,
    config: manifest.config ?? {},
    allowedHosts: manifest.allowed_hosts ?? [],
    functions: { "extism:host/user": offered },
    // Time and HTTP are for workers alone.
    runInWorker: isTimed || `${wat} ${kit}`.includes("http"),
    ...(isTimed ? { timeoutMs: PATIENCE_MS } : {}),
    memory: {
      ...(maxPages === undefined ? {} : { maxPages }),
      ...(maxVarBytes === undefined ? {} : { maxVarBytes }),
    },
  };
}

async function play(plugin: Plugin, one: Case, other: readonly Place[]): Promise<void> {
  for (const [index, step] of (one.steps ?? []).entries()) {
    const place = other.find(({ step }) => step === index + 1);
    if (place !== undefined && place.output === undefined && place.error === undefined) return;
    const input = step.inputBytes === undefined ? (step.input ?? "") : new Uint8Array(step.inputBytes).fill(120);
    const found = await plugin.call(step.call, input).then(
      (output) => ({ output: output?.text() ?? "" }),
      (thrown: unknown) => ({ error: thrown instanceof Error ? thrown.message : String(thrown) }),
    );
    const expected = place ?? step;
    if (expected.error === undefined) {
      assert.deepEqual(found, { output: expected.output }, step.call);
      continue;
    }
    assert.ok("error" in found, `${step.call}: ${JSON.stringify(found)}`);
    // The guest's own text; what the host says of a trap or a limit are its own words.
    const message = place === undefined ? step.error?.message : undefined;
    if (message !== undefined) assert.equal(found.error.replace(PREFIX, ""), message);
  }
}

describe("Extism's own host does the same", { skip: guest("extism/results") === undefined }, () => {
  for (const one of cases) {
    const other = SEEN.filter((place) => place.case === one.case);
    const load = other.find(({ step }) => step === undefined);
    if (load !== undefined && load.loads === undefined) continue;
    test(one.case, async () => {
      const data = readFileSync(guest(`extism/${one.case}`) as string);
      const opened = createPlugin({ wasm: [{ data }] }, options(one));
      if (one.load !== undefined && load === undefined) return await assert.rejects(opened);
      const plugin = await opened;
      try {
        await play(plugin, one, other);
      } finally {
        await plugin.close();
      }
      return undefined;
    });
  }
});
