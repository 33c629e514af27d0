// The conformance subject as peers: in this process, as a child process, and as a WebAssembly module. Knows no case.

import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Manifest } from "crossplug/interfaces/manifest";
import { connect } from "crossplug/testing";
import type { GuestCode } from "../dist/host/wasm/abi/visitor.js";
import { AbiVisitor, fullLimits, isComponent, outlined, readyForComponents, wasm } from "./inside.js";
import type { Peer } from "./session-player.js";

type Frame = string | Uint8Array;

/** The compiled subject. */
export const SUBJECT = fileURLToPath(new URL("../../subject/dist/plugin.js", import.meta.url));

/** Frames that came and those who wait for one. */
class Mailbox {
  readonly #lines: Frame[] = [];
  readonly #waiting: ((line: Frame) => void)[] = [];

  put(line: Frame): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#lines.push(line);
    else waiting(line);
  }

  take(withinMs: number): Promise<Frame | undefined> {
    const first = this.#lines.shift();
    if (first !== undefined) return Promise.resolve(first);
    return new Promise((resolve) => {
      const heard = (line: Frame): void => {
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
  // A program finds the file beside it.
  const file = readFileSync(new URL("../../subject/plugin.json", import.meta.url));
  const connection = connect({ ...plugin, manifest: Manifest.decode(file) }, dialect);
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
  let rest: Buffer = Buffer.alloc(0);
  child.stdout.on("data", (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    for (let cut = firstFrame(rest); cut !== undefined; cut = firstFrame(rest)) {
      rest = rest.subarray(cut.bytes);
      mailbox.put(cut.frame);
    }
  });
  child.stdin.on("error", () => undefined);
  return Promise.resolve({
    send: (frame) => void child.stdin.write(typeof frame === "string" ? `${frame}\n` : counted(frame)),
    sendWire: (bytes) => void child.stdin.write(bytes),
    eof: () => void child.stdin.end(),
    next: (withinMs) => mailbox.take(withinMs),
    exit: (withinMs) => within(exited, withinMs),
    dispose: async () => {
      child.kill("SIGKILL");
      await exited;
    },
  });
}

/** The first whole frame of what came. A length begins with a zero byte, as no line does. */
function firstFrame(came: Buffer): { readonly frame: Frame; readonly bytes: number } | undefined {
  if (came[0] === 0) {
    const bytes = came.length < 4 ? Infinity : 4 + came.readUInt32BE();
    return came.length < bytes ? undefined : { frame: came.subarray(4, bytes), bytes };
  }
  const end = came.indexOf("\n");
  return end === -1 ? undefined : { frame: came.toString("utf8", 0, end), bytes: end + 1 };
}

function counted(frame: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(frame.length);
  return Buffer.concat([length, frame]);
}

function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => child.on("close", (code) => resolve(code ?? -1)));
}

/** As a module or component of crossplug-abi/1, which the door's own visitor visits; nothing else of a host is there. */
export function asGuest(file: string): () => Promise<Peer> {
  const code = codeOf(readFileSync(file));
  return async () => {
    const visitor = new AbiVisitor();
    const mailbox = new Mailbox();
    const begin = async (): Promise<void> => {
      await visitor.visit({ kind: "begin", code: await code, limits: fullLimits() });
    };
    let hello: Uint8Array | undefined;
    let timer: NodeJS.Timeout | undefined;
    let closed = false;
    let ended: (code: number) => void = () => undefined;
    const exit = new Promise<number>((resolve) => {
      ended = resolve;
    });
    // One after the other: a guest that is lost is replaced before anybody goes on.
    let last = begin();
    const visit = (what: Parameters<typeof visitor.visit>[0]): void => {
      last = last.then(async () => {
        const { outbox, wait, isOver, fault } = await visitor.visit(what);
        const words = fault?.words ?? new Uint8Array(0);
        for (const line of Buffer.concat([outbox, words]).toString().split("\n")) if (line !== "") mailbox.put(line);
        if (fault !== undefined) {
          await begin();
          if (hello !== undefined) await visitor.visit({ kind: "push", messages: [hello] });
        }
        if (isOver) ended(closed ? 0 : 1);
        clearTimeout(timer);
        if (typeof wait === "number" && !isOver) timer = setTimeout(() => visit({ kind: "turn" }), Math.ceil(wait));
      });
    };
    return {
      send: (frame) => {
        const line = frame.toString();
        // White space around a line belongs to the lines, which end here.
        const message = Buffer.from(line.replace(/^[ \t\r]+|[ \t\r]+$/g, ""));
        if (line.includes('"initialize"')) hello ??= message;
        if (message.length > 0) visit({ kind: "push", messages: [message] });
      },
      eof: () => {
        closed = true;
        visit({ kind: "close" });
      },
      next: (withinMs) => mailbox.take(withinMs),
      exit: (withinMs) => within(exit, withinMs),
      dispose: async () => {
        await last;
        clearTimeout(timer);
      },
    };
  };
}

async function codeOf(bytes: Uint8Array): Promise<GuestCode> {
  if (!isComponent(bytes)) return { module: await wasm.compile(bytes) };
  readyForComponents();
  const { outline, modules } = outlined(bytes);
  return { component: { outline, modules: await Promise.all(modules.map((core) => wasm.compile(core))) } };
}
