// A plugin as a program: standard input and output, arguments, the end. The only room that touches the process.

import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { CrossplugError } from "../errors.js";
import { failureOf } from "../failure.js";
import type { Plugin } from "./define.js";
import type { Dialect } from "./dialect.js";
import { dialectByName } from "./dialects.js";
import { FrameReader } from "./frames.js";
import { manifestOfProgram } from "./manifest.js";
import { Output } from "./output.js";
import { Runtime } from "./runtime.js";
import { DEFAULT_LIMITS } from "./session/limits.js";
import { takeStdout } from "./stdout.js";

/** Bytes that may wait for the host before nothing more is read of it: the protocol's cap on what is buffered. */
const MOST_BACKLOG = 128 * 1024 * 1024;
/** How long the last prints may wait for a reader, in milliseconds. */
const STDERR_MS = 2000;
/** Exit code for wrong usage. */
const WRONG_USAGE = 2;
/** Exit code where the host sent what nobody can read. */
const BROKEN_INPUT = 1;

/**
 * Runs a plugin as this process: speaks with the host over standard input and output until the host ends the conversation,
 * then exits with 0.
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
    start(plugin, dialectOf(process.argv.slice(2)));
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

function start(plugin: Plugin, dialect: Dialect): void {
  const manifest = manifestOfProgram(plugin);
  const stdout = takeStdout((line) => {
    if (!runtime.isListening) return false;
    runtime.log.info(line, { stream: "stdout" });
    return true;
  });
  // Nobody listens any more, so nothing is worth waiting for; but the plugin stops as it always does.
  const output = new Output(stdout.fd, stdout.fd !== 1, () => end(0));
  const complain = (problem: string): void => {
    process.stderr.write(`crossplug: ${problem}\n`);
  };
  const runtime = new Runtime(plugin, manifest, dialect, {
    send: (frame) => output.send(frame),
    drained: () => output.drained(),
    backlog: () => output.backlog,
    agreed: (framing, most) => {
      frameBytes = most;
      reader.agreed(framing, most);
      output.reframe(framing);
    },
    framings: ["length"],
    complain,
  });
  let frameBytes = DEFAULT_LIMITS.frameBytes;
  const reader = new FrameReader(
    (frame) => runtime.receive(frame),
    (error) => {
      // Nothing more can be read: that is the end of the input.
      if (error === "tooLong") {
        runtime.tooLong(frameBytes);
        process.exitCode = BROKEN_INPUT;
      } else {
        complain("the input ended within a message");
      }
      end();
    },
  );
  process.on("unhandledRejection", (reason) => {
    const { message } = failureOf(reason, false);
    complain(`a rejected promise that nobody handled: ${reason instanceof Error ? reason.stack : message}`);
    runtime.log.error(`a rejected promise that nobody handled: ${message}`);
  });
  // An exception that nobody caught ends the process: what was printed before it must not be lost with it.
  process.on("exit", () => {
    stdout.flush();
    output.flush();
  });
  let ending = false;
  const end = (graceMs?: number): void => {
    if (ending) return;
    ending = true;
    const leave = (): void => process.exit();
    runtime
      .end(graceMs)
      .then(() => {
        stdout.flush();
        return output.finish();
      })
      .then(stderrFinished)
      .then(leave, leave);
  };
  process.stdin.on("data", (chunk: Buffer) => {
    reader.push(chunk);
    // A host that asks and never reads the answers is not listened to any more, until it reads.
    if (output.backlog < MOST_BACKLOG) return;
    const drained = output.drained();
    // Without a promise nothing would ever resume it.
    if (drained === undefined) return;
    process.stdin.pause();
    void drained.then(() => process.stdin.resume());
  });
  process.stdin.on("end", () => {
    reader.end();
    end();
  });
  process.stdin.on("error", () => end());
}

/** What was printed is read by somebody, or has had its time: an exit drops what Node has not written yet. */
function stderrFinished(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, STDERR_MS).unref();
    process.stderr.write("", () => resolve());
  });
}

/**
 * The dialect that the arguments ask for.
 *
 * @throws CrossplugError `usage`
 */
function dialectOf(args: readonly string[]): Dialect {
  const OPTION = "--dialect";
  const at = args.indexOf(OPTION);
  const joined = args.find((arg) => arg.startsWith(`${OPTION}=`))?.slice(OPTION.length + 1);
  const name = joined ?? (at === -1 ? "crossplug/1" : (args[at + 1] ?? ""));
  return dialectByName(name, isSet(process.env.ELIZA_INTEROP_DEBUG) || isSet(process.env.LOG_DIAGNOSTIC));
}

/** elizaOS's switches are on where they are set to anything that means yes. */
function isSet(value: string | undefined): boolean {
  return value !== undefined && !["", "0", "false"].includes(value.toLowerCase());
}
