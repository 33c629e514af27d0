// What every platform of JavaScript has, for the one that has the least: a component's engine knows the language and no clock,
// no timers, no bytes of texts, no console, and runs no promise. Imported before everything else.

import "./utf8.js";
import { PrintedLines } from "../plugin/printed-lines.js";
import { OwnController, OwnSignal } from "./abort.js";
import { Clock } from "./clock.js";
import { consoleOn } from "./console.js";
import { jobs, OwnPromise } from "./promise.js";

/** Takes a line that was printed on `stdout` or `stderr`. */
type TakeLine = (stream: string, line: string) => void;

/** The host's clock. */
export const clock: Clock = new Clock();

let takeLine: TakeLine = () => undefined;
const stdout = new PrintedLines((line) => takeLine("stdout", line));
const stderr = new PrintedLines((line) => takeLine("stderr", line));
const writer = (lines: PrintedLines) => ({
  write(chunk: string | Uint8Array): true {
    lines.push(chunk);
    return true;
  },
});

/** Says who takes what the author prints. */
export function onPrint(take: TakeLine): void {
  takeLine = take;
}

/** Says lines that were begun and not ended. */
export function flushPrints(): void {
  stdout.end();
  stderr.end();
}

const NativeDate = Date;

/** The engine's own would ask for a time that nobody gives it. */
const HostDate = new Proxy(NativeDate, {
  construct: (target, values, made) => Reflect.construct(target, values.length === 0 ? [clock.wall] : values, made),
  apply: () => new NativeDate(clock.wall).toString(),
  get: (target, name, self) => (name === "now" ? () => Math.floor(clock.wall) : Reflect.get(target, name, self)),
});

const timer =
  (repeats: boolean) =>
  (run: (...values: unknown[]) => void, delay = 0, ...values: unknown[]): number =>
    clock.after(Number(delay), () => run(...values), repeats);
const clear = (id: unknown): void => clock.clear(Number(id));

Object.assign(globalThis, {
  Promise: OwnPromise,
  queueMicrotask: (job: () => void) => jobs.push(job),
  setTimeout: timer(false),
  setInterval: timer(true),
  setImmediate: (run: (...values: unknown[]) => void, ...values: unknown[]) =>
    clock.after(0, () => run(...values), false),
  clearTimeout: clear,
  clearInterval: clear,
  clearImmediate: clear,
  AbortController: OwnController,
  AbortSignal: OwnSignal,
  Date: HostDate,
  performance: { now: () => clock.now, timeOrigin: 0 },
  console: consoleOn(stdout, stderr),
  // No Node is meant by this: it has no version. But printing should go where prints go.
  process: {
    stdout: writer(stdout),
    stderr: writer(stderr),
    env: {},
    argv: [],
    nextTick: (job: () => void) => jobs.push(job),
  },
});
