// Plays one interop case: does what a program does that uses a host. Runs on any platform.

import { CrossplugError, type JsonObject, type JsonValue } from "crossplug";
import type { CallProgress, HostOptions, Plugin, UploadOptions } from "crossplug/host";
import { Heard, type Kind } from "./heard.js";
import { asExpected, fill, Mismatch, same, sameError } from "./judge.js";

/** Milliseconds that a call is left to the plugin before it is given up. */
const A_WHILE_MS = 50;

/** A host, as far as cases need it. */
export interface AnyHost {
  close(): Promise<void>;
}

/** The plugin that cases are played against, and how a host of this platform loads it. */
export interface Subject<H extends AnyHost = AnyHost> {
  open(options: HostOptions): Promise<H>;
  load(host: H, config: JsonObject): Promise<Plugin>;
  /** Whether it is loaded as seldom as a process of its own is: a load costs what starting a program costs. */
  readonly elsewhere: boolean;
  /** Memory of this process that is in use, in MiB; absent where nobody says it. */
  residentMib(): number | undefined;
}

/** The line of a case that went otherwise, and how. */
export class Misstep extends Error {
  readonly line: number;

  constructor(line: number, cause: Error) {
    super(`${cause.message}`, { cause });
    this.line = line;
  }
}

/** A line of a case. `schema/README.md` section 7 says what each member means. */
interface Step {
  readonly call?: string;
  readonly stream?: string;
  readonly giveUp?: "before" | "during" | "after";
  readonly emit?: string;
  readonly payload?: JsonValue;
  readonly reload?: { readonly inProcess: number; readonly elsewhere: number };
  readonly growthMiB?: number;
  readonly params?: JsonObject;
  readonly timeoutMs?: number;
  readonly times?: number;
  readonly together?: number;
  readonly progress?: readonly JsonValue[];
  readonly upload?: JsonValue;
  readonly items?: JsonValue;
  readonly take?: number;
  readonly result?: JsonValue;
  readonly error?: JsonObject;
  readonly asked?: readonly JsonValue[];
  readonly events?: readonly JsonValue[];
  readonly logs?: readonly JsonValue[];
}

/** Plays the text of a case on a freshly loaded plugin. @throws Misstep at the first line that goes otherwise */
export async function play<H extends AnyHost>(text: string, subject: Subject<H>): Promise<void> {
  const [head, ...steps] = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const config: JsonObject = head.case.config ?? {};
  const heard = new Heard();
  let line = 1;
  const host = await subject.open(heard.options);
  try {
    heard.plugin = await subject.load(host, config);
    for (const step of steps) {
      line += 1;
      await one(step, heard.plugin, heard, subject, config);
    }
  } catch (error) {
    if (error instanceof Mismatch || error instanceof CrossplugError) throw new Misstep(line, error);
    throw error;
  } finally {
    await host.close();
  }
}

async function one<H extends AnyHost>(
  step: Step,
  plugin: Plugin,
  heard: Heard,
  subject: Subject<H>,
  config: JsonObject,
): Promise<void> {
  if (step.giveUp !== undefined) return giveUp(plugin, step);
  if (step.call !== undefined) return calls(plugin, step.call, step);
  if (step.emit !== undefined) return plugin.emit(step.emit, step.payload ?? null, step.stream);
  if (step.stream !== undefined) return stream(plugin, step.stream, step);
  if (step.reload !== undefined) {
    await plugin.stop(); // one that listens takes one host at a time
    return reload(subject, config, step);
  }
  for (const kind of ["asked", "events", "logs"] satisfies Kind[]) {
    const expected = step[kind];
    if (expected !== undefined) return heard.next(kind, expected);
  }
  throw new Mismatch(`this program cannot play ${JSON.stringify(step)}`);
}

async function calls(plugin: Plugin, method: string, step: Step): Promise<void> {
  const numbers = [...Array(step.together ?? step.times ?? 1).keys()];
  if (step.together !== undefined) {
    await Promise.all(numbers.map((number) => call(plugin, method, step, number)));
    return;
  }
  for (const number of numbers) await call(plugin, method, step, number);
}

async function call(plugin: Plugin, method: string, step: Step, number: number): Promise<void> {
  const told: CallProgress[] = [];
  await settles(plugin, step, number, () => plugin.call(method, params(step, number), options(step, told)));
  judgeProgress(step, told);
}

async function stream(plugin: Plugin, method: string, step: Step): Promise<void> {
  const [told, items]: [CallProgress[], JsonValue[]] = [[], []];
  const given = new AbortController();
  const upload = step.upload === undefined ? {} : { upload: fill(step.upload) as JsonValue[] };
  const flight = plugin.start(method, params(step, 0), { ...options(step, told), ...upload, signal: given.signal });
  if (step.take !== undefined) {
    for await (const _item of flight) {
      items.push(_item);
      if (items.length === step.take) break;
    }
    const ended = flight.result().catch(() => undefined);
    given.abort();
    await ended;
    return;
  }
  await settles(plugin, step, 0, async () => {
    for await (const item of flight) items.push(item);
    return flight.result();
  });
  fits(plugin, fill(step.items ?? []), items);
  judgeProgress(step, told);
}

async function settles(plugin: Plugin, step: Step, number: number, run: () => Promise<JsonValue>): Promise<void> {
  let got: JsonValue;
  try {
    got = await run();
  } catch (error) {
    if (step.error === undefined) throw error;
    return sameError(step.error, error);
  }
  if (step.error !== undefined) throw new Mismatch(`expected the error ${JSON.stringify(step.error)}, got a result`);
  fits(plugin, fill(step.result ?? null, number), got);
}

function fits({ encoding }: Plugin, expected: JsonValue, got: JsonValue): void {
  same(expected, encoding === "msgpack" ? asExpected(expected, got) : got);
}

async function giveUp(plugin: Plugin, { giveUp: moment, call: method = "" }: Step): Promise<void> {
  const given = new AbortController();
  if (moment === "before") given.abort();
  const flight = plugin.call(method, {}, { signal: given.signal });
  let over = false;
  const settled = flight.then(
    () => {
      over = true;
    },
    (error) => {
      over = true;
      sameError({ kind: "Cancelled" }, error);
    },
  );
  if (moment === "during") {
    await new Promise((wake) => setTimeout(wake, A_WHILE_MS));
    if (over) throw new Mismatch("the call was over before it was given up");
  } else if (moment === "after") await settled;
  given.abort();
  await settled;
}

async function reload<H extends AnyHost>(subject: Subject<H>, config: JsonObject, step: Step): Promise<void> {
  const times = (subject.elsewhere ? step.reload?.elsewhere : step.reload?.inProcess) ?? 0;
  const growth = step.growthMiB ?? 0;
  let before: number | undefined;
  const host = await subject.open({ name: "interop" });
  try {
    for (let round = 0; round < times; round++) {
      const plugin = await subject.load(host, config);
      const said = { text: String(round) };
      same(said, await plugin.call("test.echo", said));
      await plugin.stop();
      if (round === Math.floor(times / 10)) before = subject.residentMib();
    }
  } finally {
    await host.close();
  }
  const after = subject.residentMib();
  if (before !== undefined && after !== undefined && after > before + growth) {
    throw new Mismatch(`${times} loads: the host grew from ${before} MiB to ${after} MiB, more than ${growth} MiB`);
  }
}

function params(step: Step, number: number): JsonObject {
  return fill(step.params ?? {}, number) as JsonObject;
}

function options({ timeoutMs }: Step, told: CallProgress[]): UploadOptions {
  const onProgress = (progress: CallProgress): void => void told.push(progress);
  return timeoutMs === undefined ? { onProgress } : { onProgress, timeoutMs };
}

function judgeProgress({ progress }: Step, told: readonly CallProgress[]): void {
  if (progress === undefined) return;
  const seen = told.map(({ fraction, message }) => ({
    ...(fraction === undefined ? {} : { fraction }),
    ...(message === undefined ? {} : { message }),
  }));
  same(progress as JsonValue, seen);
}
