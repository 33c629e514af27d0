// A plugin that talks over a Unix socket or TCP: it listens and serves one host after another, or connects to one. What is
// between two hosts is the author's to keep. `schema/README.md` section 10 is the law. Knows sockets and the end of the
// process; nothing of what is said.

import type { Socket } from "node:net";
import { type Address, needsToken, showAddress } from "../address.js";
import { CrossplugError } from "../errors.js";
import type { JsonObject } from "../json/value.js";
import { connectTo, listenAt } from "../sockets.js";
import { isSameToken } from "../token.js";
import type { Plugin } from "./define.js";
import { dialectByName } from "./dialects.js";
import { Output } from "./output.js";
import { Talk } from "./talk.js";
import type { Guard } from "./wire.js";

/** Where both sides find the secret. */
const TOKEN = "CROSSPLUG_TOKEN";
/** A connection that has said nothing after so many milliseconds says nothing worth waiting for. */
const FIRST_WORD_MS = 10_000;
/** Bytes of the largest first message: a configuration. */
const FIRST_FRAME = 8 << 20;
/** Connections that have said nothing yet. */
const MOST_MUTE = 16;
/** How long to wait whether the host that is there goes: its end may be in the queue behind the newcomer. */
const LOOK_MS = 50;
/** How long a host that is turned away has to hang up. */
const FAREWELL_MS = 1000;
const LINE_FEED = 0x0a;
/** What a host is told that finds another one. */
const BUSY = `${JSON.stringify({
  jsonrpc: "2.0",
  id: null,
  error: {
    code: -32005,
    message: "another host has the plugin at the moment",
    data: { code: "unavailable", retryable: true },
  },
})}\n`;

/** What the program lends to the conversations. */
export interface Program {
  readonly plugin: Plugin;
  readonly manifest: JsonObject;
  complain(problem: string): void;
  /** Gives out what was printed and has no line end yet. */
  flush(): void;
}

/** One host at a time. */
export class SocketServer {
  readonly #program: Program;
  readonly #asked: string;
  #mute = 0;
  #talk: Talk | undefined;
  #isShut = false;

  private constructor(program: Program, asked: string) {
    this.#program = program;
    this.#asked = asked;
  }

  /**
   * Listens, and tells where.
   *
   * @throws CrossplugError `usage`; another error where the system does not let it listen
   */
  static async listen(
    program: Program,
    address: Address,
  ): Promise<{ server: SocketServer; address: string; close(): void }> {
    const server = new SocketServer(program, tokenFor(address, true));
    const listening = await listenAt(address, (socket) => server.#welcome(socket));
    return { server, address: showAddress(listening.address), close: () => listening.close() };
  }

  /** The conversation that is under way. */
  get talk(): Talk | undefined {
    return this.#talk;
  }

  /** Ends the conversation that is under way, as if the host said nothing more. */
  async end(): Promise<void> {
    this.#isShut = true;
    this.#talk?.end();
    await this.#talk?.over;
  }

  /** Waits for the first word of a connection, and then for the seat. */
  #welcome(socket: Socket): void {
    socket.on("error", () => undefined);
    if (this.#mute >= MOST_MUTE) {
      socket.destroy();
      return;
    }
    this.#mute += 1;
    const came: Buffer[] = [];
    let length = 0;
    const late = setTimeout(() => socket.destroy(), FIRST_WORD_MS);
    const hear = (chunk: Buffer): void => {
      came.push(chunk);
      length += chunk.length;
      if (length > FIRST_FRAME) socket.destroy();
      else if (chunk.includes(LINE_FEED)) {
        heard();
        void this.#seat(socket, Buffer.concat(came));
      }
    };
    const gone = (): void => {
      heard();
      socket.destroy();
    };
    const heard = (): void => {
      this.#mute -= 1;
      clearTimeout(late);
      socket.pause();
      socket.off("data", hear);
      socket.off("end", gone);
      socket.off("close", gone);
    };
    socket.on("data", hear);
    socket.once("end", gone);
    socket.once("close", gone);
  }

  async #seat(socket: Socket, first: Buffer): Promise<void> {
    while (this.#talk !== undefined && !this.#isShut) {
      const there = this.#talk;
      if (!there.isEnding) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      if (!there.isEnding) break;
      there.runtime.hurry();
      await there.over;
    }
    if (this.#talk !== undefined || this.#isShut) {
      turnAway(socket);
      return;
    }
    const guard = {
      shown: undefined,
      admits: (token: string | undefined) => this.#asked === "" || isSameToken(this.#asked, token ?? ""),
    };
    const talk = converse(this.#program, socket, guard);
    this.#talk = talk;
    void talk.over.then(() => {
      // First, so that whoever sees the connection end finds the seat free.
      this.#talk = undefined;
      socket.destroySoon();
    });
    feed(talk, socket, first);
  }
}

/**
 * Serves one host that listens; gives the conversation.
 *
 * @throws CrossplugError `usage`; another error where nobody listens
 */
export async function serveHost(program: Program, address: Address): Promise<Talk> {
  const shown = tokenFor(address, false);
  const socket = await connectTo(address).catch((thrown: NodeJS.ErrnoException) => {
    const isMissing = thrown.code === "ENOENT" || thrown.code === "ECONNREFUSED";
    const what = isMissing
      ? `nobody listens at ${showAddress(address)}; start the host first`
      : `${showAddress(address)} cannot be reached: ${thrown.message}`;
    throw new Error(what, { cause: thrown });
  });
  const talk = converse(program, socket, { shown: shown === "" ? undefined : shown, admits: () => true });
  feed(talk, socket, Buffer.alloc(0));
  return talk;
}

/** What the environment says; empty for nothing, where that will do. */
function tokenFor(address: Address, listens: boolean): string {
  const token = process.env[TOKEN] ?? "";
  if (token !== "" || !needsToken(address, listens)) return token;
  throw new CrossplugError(
    "usage",
    `over ${showAddress(address)} nobody can see who is at the other end: put a secret that the host knows, too, into ${TOKEN}`,
  );
}

function converse(program: Program, socket: Socket, guard: Omit<Guard, "turnAway">): Talk {
  const { plugin, manifest, complain } = program;
  // Nobody listens any more, so nothing is worth waiting for; but the plugin stops as it always does.
  const output = Output.over(socket, () => talk.end(0));
  const talk: Talk = new Talk(plugin, manifest, dialectByName("crossplug/1"), {
    output,
    complain,
    stopped: () => program.flush(),
    guard: { ...guard, turnAway: () => queueMicrotask(() => talk.end(0)) },
  });
  return talk;
}

/** Lets a conversation have what comes. */
function feed(talk: Talk, socket: Socket, first: Buffer): void {
  const take = (chunk: Buffer): void => {
    const full = talk.receive(chunk);
    if (full === undefined) return;
    socket.pause();
    void full.then(() => socket.resume());
  };
  socket.on("data", take);
  socket.once("end", () => talk.inputEnded());
  socket.once("close", () => talk.inputEnded());
  if (first.length > 0) take(first);
  socket.resume();
}

/** Tells a host that another one is there. It has said something: hanging up at once would take our word back. */
function turnAway(socket: Socket): void {
  socket.end(BUSY);
  socket.once("end", () => socket.destroy());
  setTimeout(() => socket.destroy(), FAREWELL_MS).unref();
  socket.resume();
}
