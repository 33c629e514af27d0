// A plugin as a program: standard input and output or a socket, arguments, the end. The only room that touches the process.

import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Address } from "../address.js";
import { CrossplugError } from "../errors.js";
import { failureOf } from "../failure.js";
import type { JsonObject } from "../json/value.js";
import { type Arguments, readArguments } from "./arguments.js";
import type { Plugin } from "./define.js";
import { dialectByName } from "./dialects.js";
import { manifestOfProgram } from "./manifest.js";
import { Output } from "./output.js";
import { giveUpStdout, takeStdout } from "./stdout.js";
import { Talk } from "./talk.js";

/** How long the last prints may wait for a reader, in milliseconds. */
const STDERR_MS = 2000;
/** Exit code for wrong usage. */
const WRONG_USAGE = 2;
/** Exit code where the system does not let us listen or connect. */
const NOBODY = 5;

/**
 * Runs a plugin as this process: speaks with the host over standard input and output until the host ends the conversation,
 * or somebody ends the process with SIGTERM, which comes to the same; then exits with 0.
 *
 * From here on standard output belongs to the protocol: what the author prints goes to the host's log, or to standard error
 * where the host does not listen yet or has no log. Started with `--dialect elizaos-bridge/1` it speaks that dialect. A promise that is rejected and that nobody
 * handles is logged; an exception that nobody catches ends the process, as everywhere in Node.
 *
 * @example
 * if (isMain(import.meta)) run(plugin);
 */
export function run(plugin: Plugin): void {
  try {
    start(plugin, readArguments(process.argv.slice(2)));
  } catch (thrown) {
    if (!(thrown instanceof CrossplugError)) throw thrown;
    process.stderr.write(`${thrown.message}\n`);
    process.exit(WRONG_USAGE);
  }
}

/**
 * Whether a module is the program that was started, and not imported by another, such as a test.
 *
 * @param meta - the module's `import.meta`
 */
export function isMain(meta: { readonly url: string }): boolean {
  const program = process.argv[1];
  if (program === undefined) return false;
  try {
    return realpathSync(program) === fileURLToPath(meta.url);
  } catch {
    return false;
  }
}

function start(plugin: Plugin, told: Arguments): void {
  const manifest = manifestOfProgram(plugin);
  const { listen, connect } = told;
  if (listen === undefined && connect === undefined) {
    startOverStdio(plugin, manifest, told.dialect);
    return;
  }
  const started =
    listen === undefined ? startAtHost(plugin, manifest, connect) : startListening(plugin, manifest, listen);
  started.catch((thrown: Error) => {
    process.stderr.write(`${thrown.message}\n`);
    process.exit(thrown instanceof CrossplugError ? WRONG_USAGE : NOBODY);
  });
}

function startOverStdio(plugin: Plugin, manifest: JsonObject, dialect: string): void {
  const stdout = takeStdout((line) => talk.print(line));
  // Nobody listens any more, so nothing is worth waiting for; but the plugin stops as it always does.
  const output = new Output(stdout.fd, stdout.fd !== 1, () => talk.end(0));
  const debug = isSet(process.env.ELIZA_INTEROP_DEBUG) || isSet(process.env.LOG_DIAGNOSTIC);
  const stopped = (): void => stdout.flush();
  const talk: Talk = new Talk(plugin, manifest, dialectByName(dialect, debug), { output, complain, stopped });
  reportRejections(() => talk);
  // An exception that nobody caught ends the process: what was printed before it must not be lost with it.
  process.on("exit", () => {
    stdout.flush();
    output.flush();
  });
  process.stdin.on("data", (chunk: Buffer) => {
    const full = talk.receive(chunk);
    if (full === undefined) return;
    process.stdin.pause();
    void full.then(() => process.stdin.resume());
  });
  process.stdin.on("end", () => talk.inputEnded());
  process.stdin.on("error", () => talk.end());
  endWith(talk);
}

async function startAtHost(plugin: Plugin, manifest: JsonObject, address: Address | undefined): Promise<void> {
  if (address === undefined) return;
  const program = { plugin, manifest, complain, flush: () => flush() };
  let flush = (): void => undefined;
  // Not before: most plugins are never started so.
  const { serveHost } = await import("./serve-sockets.js");
  const talk = await serveHost(program, address);
  flush = giveUpStdout("", (line) => talk.print(line));
  reportRejections(() => talk);
  process.on("exit", flush);
  endWith(talk);
}

async function startListening(plugin: Plugin, manifest: JsonObject, address: Address): Promise<void> {
  let flush = (): void => undefined;
  const program = { plugin, manifest, complain, flush: () => flush() };
  const { SocketServer } = await import("./serve-sockets.js");
  const { server, address: found, close } = await SocketServer.listen(program, address);
  flush = giveUpStdout(JSON.stringify({ listening: found }), (line) => server.talk?.print(line) ?? false);
  reportRejections(() => server.talk);
  process.on("exit", flush);
  let isEnding = false;
  process.on("SIGTERM", () => {
    if (isEnding) {
      server.talk?.runtime.hurry();
      return;
    }
    isEnding = true;
    close();
    const leave = (): void => process.exit();
    server.end().then(stderrFinished).then(leave, leave);
  });
}

/** The process is there for one conversation, and ends with it. SIGTERM is the end of its input; one behind it ends the grace. */
function endWith(talk: Talk): void {
  process.on("SIGTERM", () => (talk.isEnding ? talk.runtime.hurry() : talk.end()));
  void talk.over.then(async (code) => {
    process.exitCode = code;
    await stderrFinished();
    process.exit();
  });
}

function complain(problem: string): void {
  process.stderr.write(`crossplug: ${problem}\n`);
}

function reportRejections(talk: () => Talk | undefined): void {
  process.on("unhandledRejection", (reason) => {
    const { message } = failureOf(reason, false);
    complain(`a rejected promise that nobody handled: ${reason instanceof Error ? reason.stack : message}`);
    talk()?.runtime.log.error(`a rejected promise that nobody handled: ${message}`);
  });
}

/** What was printed is read by somebody, or has had its time: an exit drops what Node has not written yet. */
function stderrFinished(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, STDERR_MS).unref();
    process.stderr.write("", () => resolve());
  });
}

/** elizaOS's switches are on where they are set to anything that means yes. */
function isSet(value: string | undefined): boolean {
  return value !== undefined && !["", "0", "false"].includes(value.toLowerCase());
}
