// Envelopes that only a peer without an SDK writes: stray replies, and long ids. No session case.

import assert from "node:assert/strict";
import { test } from "node:test";
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
      this.#came.push(JSON.parse(frame.toString()) as JsonObject);
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
