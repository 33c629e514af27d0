// Envelopes that only a peer without an SDK writes: odd replies to the plugin's own calls, and long ids. No session case.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject } from "crossplug";
import { connect } from "crossplug/testing";
import { SUBJECT } from "./peers.js";

const { plugin: subject } = (await import(SUBJECT)) as { plugin: Parameters<typeof connect>[0] };

const INITIALIZE = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: {
    protocol: { version: "1.0" },
    host: { name: "test", version: "1" },
    instanceId: "i",
    config: {},
    granted: { services: ["test.answer"] },
  },
};

/** A conversation with the subject. */
class Talk {
  readonly #connection = connect(subject);
  readonly #came: JsonObject[] = [];
  readonly #heard: (() => void)[] = [];

  constructor() {
    this.#connection.onFrame((frame) => {
      this.#came.push(JSON.parse(frame) as JsonObject);
      for (const wake of this.#heard.splice(0)) wake();
    });
    this.send(INITIALIZE);
  }

  send(message: object): void {
    this.#connection.send(JSON.stringify(message));
  }

  async until(wanted: (message: JsonObject) => boolean): Promise<JsonObject> {
    const deadline = Date.now() + 2000;
    for (;;) {
      const found = this.#came.find(wanted);
      if (found !== undefined) return found;
      const left = deadline - Date.now();
      assert.ok(left > 0, `nothing came but ${JSON.stringify(this.#came)}`);
      await new Promise<void>((resolve) => {
        this.#heard.push(resolve);
        setTimeout(resolve, left);
      });
    }
  }

  end(): Promise<void> {
    return this.#connection.end();
  }
}

/** The code that a handler's call of the host ends with where the host answers it so. */
async function codeBehind(answer: JsonObject): Promise<unknown> {
  const talk = new Talk();
  talk.send({ jsonrpc: "2.0", id: 2, method: "test.ask", params: { question: "?" } });
  const { id } = await talk.until(({ method }) => method === "test.answer");
  talk.send({ id, ...answer });
  const { error } = await talk.until((message) => message.id === 2);
  await talk.end();
  return ((error as JsonObject).data as JsonObject).code;
}

describe("a reply to a call of the plugin that cannot be read ends that call", () => {
  const right = { code: -32002, message: "no" };
  const wrong: Record<string, JsonObject> = {
    "a null error": { jsonrpc: "2.0", error: null },
    "an error that is a text": { jsonrpc: "2.0", error: "no" },
    "an error that is a list": { jsonrpc: "2.0", error: [right] },
    "an error without a code": { jsonrpc: "2.0", error: { message: "no" } },
    "an error with a code of half a number": { jsonrpc: "2.0", error: { code: 1.5, message: "no" } },
    "an error without a message": { jsonrpc: "2.0", error: { code: -32002 } },
    "a result and an error": { jsonrpc: "2.0", result: { text: "?" }, error: right },
    "a result and a null error": { jsonrpc: "2.0", result: { text: "?" }, error: null },
    "a result without a version": { result: { text: "?" } },
    "an error without a version": { error: right },
    "a result of another version": { jsonrpc: "1.0", result: { text: "?" } },
  };
  for (const [what, answer] of Object.entries(wrong))
    test(what, async () => assert.equal(await codeBehind(answer), "protocolViolation"));

  test("but one that can be read means what it says", async () => {
    assert.equal(await codeBehind({ jsonrpc: "2.0", error: right }), "notFound");
    assert.equal(await codeBehind({ jsonrpc: "2.0", error: { code: -32002, message: "no", data: 1 } }), "notFound");
  });
});

test("replies that belong to nothing do not disturb what is open", async () => {
  const talk = new Talk();
  talk.send({ jsonrpc: "2.0", id: 2, method: "test.ask", params: { question: "?" } });
  const { id } = await talk.until(({ method }) => method === "test.answer");
  for (const stray of [{ id: null }, {}, { id: 1.5 }, { id: -77 }]) {
    talk.send({ jsonrpc: "2.0", ...stray, result: 1 });
    talk.send({ jsonrpc: "2.0", ...stray, error: { code: -32600, message: "no" } });
    talk.send({ jsonrpc: "2.0", ...stray, error: null });
  }
  talk.send({ jsonrpc: "2.0", id, error: { code: -32005, message: "busy" } });
  const { error } = await talk.until((message) => message.id === 2);
  assert.equal(((error as JsonObject).data as JsonObject).code, "unavailable");
  await talk.end();
});

test("an id has at most 200 characters, whatever their plane", async () => {
  for (const character of ["x", "é", "😀"]) {
    const talk = new Talk();
    const id = character.repeat(200);
    talk.send({ jsonrpc: "2.0", id, method: "ping" });
    assert.deepEqual(await talk.until((message) => message.id === id), { jsonrpc: "2.0", id, result: null });
    talk.send({ jsonrpc: "2.0", id: `${id}x`, method: "ping" });
    const { error } = await talk.until((message) => message.id === null);
    assert.equal(((error as JsonObject).data as JsonObject).code, "invalidRequest");
    await talk.end();
  }
});
