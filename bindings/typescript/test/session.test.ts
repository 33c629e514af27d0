// The session alone, where a conversation would take too long: caps, and streams of events that are forgotten.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject } from "crossplug";
import { CrossplugDialect, DEFAULT_LIMITS, Sequences, Session } from "./inside.js";

/** An open session, and what it has sent since. */
function open(limits = DEFAULT_LIMITS): { session: InstanceType<typeof Session>; sent: JsonObject[] } {
  const sent: JsonObject[] = [];
  const session = new Session(new CrossplugDialect(), (frame) => sent.push(JSON.parse(frame.toString()) as JsonObject));
  session.receive('{"jsonrpc":"2.0","id":1,"method":"initialize"}');
  session.reply(1, { result: {} });
  session.opened(limits, "json");
  sent.length = 0;
  return { session, sent };
}

const exhausted = { code: "resourceExhausted", retryable: true };

describe("streams of both sides", () => {
  test("one more than the host allows is refused, and nothing is sent", () => {
    const { session, sent } = open();
    for (let call = 1; call <= 256; call++) session.call("s", {}, {}, true);
    assert.equal(sent.length, 256);
    assert.throws(() => session.call("s", {}, {}, true), exhausted);
    assert.equal(sent.length, 256);
    assert.equal(session.call("plain", {}, {}, false), -257, "a call without items is none, and no id was used up");
  });

  test("are those of the host's requests too, and end with their answers", () => {
    const { session, sent } = open({ ...DEFAULT_LIMITS, openStreams: 1 });
    session.receive('{"jsonrpc":"2.0","id":2,"method":"m"}');
    session.receive('{"jsonrpc":"2.0","id":3,"method":"m"}');
    session.streams.grant(2, 1, 100);
    session.streams.grant(2, 1, 100);
    assert.throws(() => session.streams.grant(3, 1, 100), exhausted);
    assert.throws(() => session.call("s", {}, {}, true), exhausted);
    session.reply(2, { result: null });
    const id = session.call("s", {}, {}, true);
    assert.throws(() => session.streams.grant(3, 1, 100), exhausted);
    session.giveUp(id);
    assert.throws(() => session.streams.grant(3, 1, 100), exhausted, "the host counts it until it has answered");
    session.receive(`{"jsonrpc":"2.0","id":${id},"result":null}`);
    session.streams.grant(3, 1, 100);
    assert.deepEqual(
      sent.map(({ method }) => method),
      ["$/credit", "$/credit", undefined, "s", "$/cancel", "$/credit"],
    );
  });
});

test("calls beyond the host's cap are refused, and nothing is sent", () => {
  const { session, sent } = open({ ...DEFAULT_LIMITS, pendingCalls: 1 });
  session.call("s", {}, {}, false);
  assert.throws(() => session.call("s", {}, {}, false), exhausted);
  assert.equal(sent.length, 1);
});

describe("names of events", () => {
  const long = "é".repeat(513);

  test("that are too long are not sent", () => {
    const { session, sent } = open();
    assert.throws(() => session.events.emit(long, undefined, 1), { code: "invalidParams" });
    assert.throws(() => session.events.emit("e", long, 1), { code: "invalidParams" });
    session.events.emit("e", undefined, 1);
    assert.deepEqual(
      sent.map(({ params }) => (params as JsonObject).seq),
      [1],
    );
  });

  test("that are too long are a violation, and use up no number", () => {
    const { session } = open();
    const event = (params: object) =>
      session.receive(JSON.stringify({ jsonrpc: "2.0", method: "$/event", params: { payload: 1, ...params } }))?.kind;
    assert.equal(event({ name: long, seq: 1 }), "violation");
    assert.equal(event({ name: "e", stream: long, seq: 1 }), "violation");
    assert.equal(event({ name: "e", seq: 1 }), "event");
  });
});

describe("numbers of events", () => {
  test("go on in a stream that 2,000 others have followed", () => {
    const numbers = new Sequences();
    numbers.note("first", 7);
    for (let other = 0; other < 2000; other++) numbers.note(`other:${other}`, 1);
    assert.equal(numbers.next("first"), 8);
    assert.ok(numbers.mayFollow("first", 8) && !numbers.mayFollow("first", 9));
  });

  test("are not kept for ever: a stream that is long unused begins again, one in use does not", () => {
    const numbers = new Sequences();
    numbers.note("old", 7);
    for (let other = 1; other <= 10_000; other++) {
      numbers.note(`other:${other}`, 1);
      numbers.note("used", other);
    }
    assert.equal(numbers.next("old"), 1);
    assert.equal(numbers.next("used"), 10_001);
    assert.ok(numbers.mayFollow("old", 8), "the peer may remember what we have forgotten");
  });

  test("may begin anew at 1 in a named stream only", () => {
    const numbers = new Sequences();
    numbers.note("s", 3);
    numbers.note(undefined, 3);
    assert.deepEqual(
      [1, 2, 3, 4, 5].map((seq) => numbers.mayFollow("s", seq)),
      [true, false, false, true, false],
    );
    assert.ok(!numbers.mayFollow(undefined, 1) && numbers.mayFollow(undefined, 4));
  });
});

describe("what no message may say", () => {
  test("is left out of progress: a fraction that is no number, half of a surrogate pair", () => {
    const { session, sent } = open();
    session.receive('{"jsonrpc":"2.0","id":2,"method":"m"}');
    session.progress(2, 0 / 0, "half a \ud800");
    session.progress(2, 1 / 0, undefined);
    assert.deepEqual(
      sent.map(({ params }) => params),
      [{ id: 2, message: "half a \ufffd" }, { id: 2 }],
    );
  });

  test("is not sent where somebody can be told, and uses up no number", () => {
    const { session, sent } = open();
    const half = { code: "invalidParams", message: /half of a surrogate pair/ };
    assert.throws(() => session.emit("e", undefined, "\ud800"), half);
    assert.throws(() => session.emit("e", "s\udfff", 1), half);
    assert.throws(() => session.call("s", { text: "\\\ud800" }, {}, false), half);
    assert.equal(sent.length, 0);
    session.emit("e", undefined, "whole \u{1f600}, and the text \\ud800");
    assert.equal(session.call("s", { text: "\\\\ud800" }, {}, false), -1);
    const [event] = sent.map(({ params }) => params as JsonObject);
    assert.equal(event?.seq, 1);
  });
});
