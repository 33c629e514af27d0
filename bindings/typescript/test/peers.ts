// The conformance subject as peers: in this process, and as a child process. Knows no case.

import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { connect } from "crossplug/testing";
import type { Peer } from "./session-player.js";

/** The compiled subject. */
export const SUBJECT = fileURLToPath(new URL("../../subject/dist/plugin.js", import.meta.url));

/** Lines that came and those who wait for one. */
class Mailbox {
  readonly #lines: string[] = [];
  readonly #waiting: ((line: string) => void)[] = [];

  put(line: string): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#lines.push(line);
    else waiting(line);
  }

  take(withinMs: number): Promise<string | undefined> {
    const first = this.#lines.shift();
    if (first !== undefined) return Promise.resolve(first);
    return new Promise((resolve) => {
      const heard = (line: string): void => {
        clearTimeout(timer);
        resolve(line);
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(heard), 1);
        resolve(undefined);
      }, withinMs);
      this.#waiting.push(heard);
    });
  }
}

function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** In this process. */
export async function inMemory(dialect: string): Promise<Peer> {
  const { plugin } = (await import(SUBJECT)) as { plugin: Parameters<typeof connect>[0] };
  const mailbox = new Mailbox();
  const connection = connect(plugin, dialect);
  connection.onFrame((frame) => mailbox.put(frame));
  let ending: Promise<number> | undefined;
  const end = (): Promise<number> => {
    ending ??= connection.end().then(() => 0);
    return ending;
  };
  return {
    send: (line) => connection.send(line),
    eof: () => void end(),
    next: (withinMs) => mailbox.take(withinMs),
    exit: (withinMs) => within(ending ?? new Promise<never>(() => undefined), withinMs),
    dispose: () => Promise.resolve(),
  };
}

/** As a child process, as a host starts it. */
export function asProcess(dialect: string): Promise<Peer> {
  const args = dialect === "crossplug/1" ? [] : ["--dialect", dialect];
  const child = spawn(process.execPath, [SUBJECT, ...args], { stdio: ["pipe", "pipe", "ignore"] });
  const exited = exitOf(child);
  const mailbox = new Mailbox();
  let partial = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    const lines = `${partial}${chunk}`.split("\n");
    partial = lines.pop() ?? "";
    for (const line of lines) mailbox.put(line);
  });
  child.stdin.on("error", () => undefined);
  return Promise.resolve({
    send: (line) => void child.stdin.write(`${line}\n`),
    eof: () => void child.stdin.end(),
    next: (withinMs) => mailbox.take(withinMs),
    exit: (withinMs) => within(exited, withinMs),
    dispose: async () => {
      child.kill("SIGKILL");
      await exited;
    },
  });
}

function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => child.on("close", (code) => resolve(code ?? -1)));
}
