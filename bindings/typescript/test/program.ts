// Programs under test as child processes: the subject, and plugins written for one test. Knows no test.

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "node:test";
import type { JsonObject } from "crossplug";
import { SUBJECT } from "./peers.js";

/** The first message of a host. */
export const INITIALIZE = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: {
    protocol: { version: "1.0" },
    host: { name: "test", version: "1" },
    instanceId: "i",
    config: {},
    granted: {},
  },
};

/** A program under test. Its standard output goes through `sh`, so that it is a pipe and no socket, as under our hosts. */
export class Program {
  readonly child: ChildProcess;
  readonly messages: JsonObject[] = [];
  stderr = "";
  readonly exit: Promise<number | null>;
  readonly #heard: (() => void)[] = [];

  constructor(program: string, { pipe = true, args = [] as string[] } = {}) {
    // `cat` makes both outputs pipes; the exit code is the program's.
    const command = pipe
      ? ["bash", "-c", 'set -o pipefail; "$@" 2> >(cat >&2) | cat', "bash", process.execPath, program, ...args]
      : [process.execPath, program, ...args];
    this.child = spawn(command[0] as string, command.slice(1), { stdio: ["pipe", "pipe", "pipe"] });
    let partial = "";
    this.child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
      const lines = `${partial}${chunk}`.split("\n");
      partial = lines.pop() ?? "";
      for (const line of lines) this.messages.push(JSON.parse(line) as JsonObject);
      for (const wake of this.#heard.splice(0)) wake();
    });
    this.child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
      this.stderr += chunk;
    });
    this.exit = new Promise((resolve) => this.child.on("close", resolve));
  }

  send(...messages: readonly object[]): void {
    this.child.stdin?.write(messages.map((message) => `${JSON.stringify(message)}\n`).join(""));
  }

  /** Waits for a message. */
  async until(wanted: (message: JsonObject) => boolean, withinMs = 5000): Promise<JsonObject> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      const found = this.messages.find(wanted);
      if (found !== undefined) return found;
      const left = deadline - Date.now();
      assert.ok(left > 0, `nothing came; stderr: ${this.stderr}`);
      await new Promise<void>((resolve) => {
        this.#heard.push(resolve);
        setTimeout(resolve, left);
      });
    }
  }

  reply(id: number): Promise<JsonObject> {
    return this.until((message) => message.id === id && message.method === undefined);
  }

  /** Params of the log lines that came. */
  get logs(): JsonObject[] {
    return this.messages.filter(({ method }) => method === "$/log").map(({ params }) => params as JsonObject);
  }

  end(): Promise<number | null> {
    this.child.stdin?.end();
    return this.exit;
  }
}

const running: Program[] = [];
const folders: string[] = [];

/** Starts a program; it is stopped behind the test. */
export function start(program = SUBJECT, options: { pipe?: boolean; args?: string[] } = {}): Program {
  const started = new Program(program, options);
  running.push(started);
  return started;
}

/** A program written for one test. */
export function written(body: string): string {
  const folder = mkdtempSync(join(tmpdir(), "crossplug-test-"));
  folders.push(folder);
  const program = join(folder, "plugin.mjs");
  const conformance = import.meta.resolve("crossplug/interfaces/conformance");
  const sdk = import.meta.resolve("crossplug/plugin");
  writeFileSync(
    program,
    `import { conformance } from ${JSON.stringify(conformance)};
     import { definePlugin, implement, run } from ${JSON.stringify(sdk)};
     const manifest = { name: "written", version: "1.0.0", description: "For one test." };
     ${body}`,
  );
  return program;
}

afterEach(async () => {
  for (const program of running.splice(0)) {
    program.child.kill("SIGKILL");
    program.child.stdin?.destroy();
    await program.exit;
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});
