// What a component has in place of a platform, held to the platform's own. Components themselves are played in Rust.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as program from "crossplug/plugin";
import { Clock, jobs, OwnController, OwnPromise, OwnSignal, randomOf, Utf8Decoder, Utf8Encoder } from "./inside.js";

const unexpected = (thrown: unknown): void => assert.fail(String(thrown));

test("texts become the bytes that they become elsewhere, and bytes the texts", () => {
  const texts = ["", "plain", "é ß ∑ 汉 😀", "\ud83d alone", "\u0000\u007f\u0080\u07ff\u0800\uffff\u{10000}\u{10ffff}"];
  for (const text of [...texts, "😀".repeat(9000)]) {
    assert.deepEqual(new Utf8Encoder().encode(text), new TextEncoder().encode(text));
    const bytes = new TextEncoder().encode(`\ufeff${text}`);
    assert.equal(new Utf8Decoder().decode(bytes), new TextDecoder().decode(bytes));
    const options = { fatal: true, ignoreBOM: true };
    assert.equal(new Utf8Decoder("utf-8", options).decode(bytes), new TextDecoder("utf-8", options).decode(bytes));
  }
  const room = new Uint8Array(5);
  assert.deepEqual(new Utf8Encoder().encodeInto("é😀x", room), new TextEncoder().encodeInto("é😀x", new Uint8Array(5)));
});

test("bytes that are no text are told where it is wanted, and replaced as elsewhere", () => {
  const seeds = [
    [0xc0, 0x80],
    [0xe0, 0x80, 0x80],
    [0xed, 0xa0, 0x80],
    [0xf4, 0x90, 0x80, 0x80],
    [0xe2, 0x82],
    [0xff, 0x41],
  ];
  for (const seed of [...seeds, [0xf0, 0x9f, 0x98, 0x41], [0x80, 0x80, 0x41], [0xf5, 0x80]]) {
    const bytes = Uint8Array.from(seed);
    assert.equal(new Utf8Decoder().decode(bytes), new TextDecoder().decode(bytes), String(seed));
    assert.throws(() => new Utf8Decoder("utf-8", { fatal: true }).decode(bytes), TypeError);
  }
  const bytes = new TextEncoder().encode("a😀é汉b");
  for (let cut = 0; cut <= bytes.length; cut++) {
    const decoder = new Utf8Decoder();
    const parts = [bytes.slice(0, cut), bytes.slice(cut)].map((part) => decoder.decode(part, { stream: true }));
    assert.equal(parts.join("") + decoder.decode(), "a😀é汉b");
  }
});

test("promises keep the order and the rules of the language, and run when they are told to", () => {
  const said: unknown[] = [];
  const say = (what: unknown): void => void said.push(what);
  const resolved = OwnPromise.resolve(1);
  resolved.then(say).then(() => say("after"));
  OwnPromise.reject(new Error("no")).catch((error: unknown) => say((error as Error).message));
  // biome-ignore lint/suspicious/noThenProperty: what can be waited for is known by it
  OwnPromise.resolve({ then: (go: (value: number) => void) => go(7) } as PromiseLike<number>).then(say);
  resolved.finally(() => say("finally")).then(say);
  say("first");
  assert.deepEqual(said, ["first"]);
  jobs.run(unexpected);
  assert.deepEqual(said, ["first", 1, "no", "finally", "after", 7, 1]);
  assert.deepEqual(jobs.takeUnhandled(), []);
});

test("promises of many, and one that waits for itself", () => {
  const came: unknown[] = [];
  const take = (value: unknown): void => void came.push(value);
  const failed = () => OwnPromise.reject("no");
  OwnPromise.all([1, OwnPromise.resolve(2)]).then(take);
  OwnPromise.all([1, failed()]).catch(take);
  OwnPromise.allSettled([1, failed()]).then(take);
  OwnPromise.race([new OwnPromise(() => undefined), OwnPromise.resolve(3)]).then(take);
  OwnPromise.any([failed(), OwnPromise.resolve(4)]).then(take);
  OwnPromise.any([failed()]).catch((error: unknown) => take((error as AggregateError).errors));
  OwnPromise.try(() => 5).then(take);
  const { promise, resolve } = OwnPromise.withResolvers<unknown>();
  resolve(promise);
  promise.catch((error: unknown) => take((error as Error).name));
  jobs.run(unexpected);
  const settled = [
    { status: "fulfilled", value: 1 },
    { status: "rejected", reason: "no" },
  ];
  for (const expected of [[1, 2], "no", settled, 3, 4, ["no"], 5, "TypeError"]) {
    assert.ok(
      came.some((value) => JSON.stringify(value) === JSON.stringify(expected)),
      `${JSON.stringify(expected)} is not among ${JSON.stringify(came)}`,
    );
  }
});

test("a rejection that nobody handles is told, and one that is handled late in the same run is not", () => {
  OwnPromise.reject("nobody");
  const late = OwnPromise.reject("late");
  jobs.push(() => void late.catch(() => undefined));
  jobs.run(unexpected);
  assert.deepEqual(jobs.takeUnhandled(), ["nobody"]);
  const thrown: unknown[] = [];
  jobs.push(() => {
    throw new Error("in a job");
  });
  jobs.run((error) => thrown.push((error as Error).message));
  assert.deepEqual(thrown, ["in a job"]);
});

test("timers fire by the host's clock alone, in their order", () => {
  const clock = new Clock();
  clock.begin(5_000_000, 1_700_000_000_000_000);
  assert.equal(clock.wall, 1_700_000_000_000);
  const fired: string[] = [];
  clock.after(20, () => fired.push("late"), false);
  clock.after(10, () => fired.push("early"), false);
  const repeated = clock.after(10, () => fired.push("again"), true);
  clock.clear(clock.after(1, () => fired.push("never"), false));
  assert.equal(clock.next, 5_010_000);
  const fire = (): void => {
    for (const run of clock.takeDue()) run();
  };
  fire();
  assert.deepEqual(fired, []);
  clock.set(5_010_000);
  clock.set(4_000_000);
  fire();
  assert.deepEqual(fired, ["early", "again"]);
  clock.set(5_020_000);
  fire();
  assert.deepEqual(fired, ["early", "again", "late", "again"]);
  clock.clear(repeated);
  assert.equal(clock.next, undefined);
});

test("signals tell once, whoever still listens", () => {
  const controller = new OwnController();
  const heard: unknown[] = [];
  const gone = (): void => void heard.push("gone");
  controller.signal.addEventListener("abort", gone);
  controller.signal.removeEventListener("abort", gone);
  controller.signal.addEventListener("abort", () => heard.push(controller.signal.reason), { once: true });
  const any = OwnSignal.any([controller.signal]);
  controller.abort("why");
  controller.abort("again");
  assert.deepEqual([heard, any.aborted, any.reason], [["why"], true, "why"]);
  assert.throws(() => any.throwIfAborted());
  assert.equal((OwnSignal.abort().reason as Error).name, "AbortError");
});

test("dice of one seed fall alike, of another one otherwise, and within bounds", () => {
  const throwsOf = (seed: number): number[] => {
    const next = randomOf(new Uint8Array(32).fill(seed));
    return Array.from({ length: 1000 }, next);
  };
  assert.deepEqual(throwsOf(1), throwsOf(1));
  assert.notDeepEqual(throwsOf(1), throwsOf(2));
  const numbers = throwsOf(3);
  assert.ok(numbers.every((number) => number >= 0 && number < 1));
  const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  assert.ok(mean > 0.4 && mean < 0.6, String(mean));
});

test("a component has every name that a program has", async () => {
  // Only its source is looked at: the room takes the place of the platform as it is imported.
  const { readFile } = await import("node:fs/promises");
  const component = await readFile(new URL("../../src/component.ts", import.meta.url), "utf8");
  for (const name of Object.keys(program)) assert.match(component, new RegExp(`\\b${name}\\b`), name);
});
