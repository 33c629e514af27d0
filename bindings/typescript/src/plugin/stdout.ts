// Keeps standard output for the protocol and gives everybody else standard error instead. Knows file descriptors only.
//
// Node has no dup2, but the system has two things that come to the same: opening /dev/fd/1 gives the same pipe under a new
// number, and a file that is opened right after 1 was closed gets the number 1. So the protocol moves to a new number, and
// 1 becomes standard error for everything in this process and its children: console.log, fs.writeSync(1), native code.
// Where the system does not let us (standard output is a socket, as under a host that is itself a Node program; Windows),
// the protocol stays on 1, and only `process.stdout.write`, and with it `console`, is diverted. A file is left alone too:
// opened again it would have a position of its own, and writers would overwrite each other.

import { closeSync, constants, fstatSync, openSync } from "node:fs";

/** Where the protocol is written, and whether 1 is safe from everybody else. */
export interface Stdout {
  readonly fd: number;
  /** True: whatever is written to 1, from wherever, goes to standard error. False: only what goes through process.stdout. */
  readonly isGuarded: boolean;
}

/** Takes standard output away from the process. To be called once, before anything is written. */
export function takeStdout(onLine: (line: string) => void): Stdout {
  const stdout = moveStdout();
  divertWrites(onLine);
  return stdout;
}

function moveStdout(): Stdout {
  let fd: number;
  try {
    if (!fstatSync(1).isFIFO()) return { fd: 1, isGuarded: false };
    // A description of our own: that it does not block is nobody else's business.
    fd = openSync("/dev/fd/1", constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK);
  } catch {
    return { fd: 1, isGuarded: false };
  }
  let stderr: number;
  try {
    // To see whether it can be opened at all, before there is no way back.
    stderr = openSync("/dev/fd/2", "a");
  } catch {
    closeSync(fd);
    return { fd: 1, isGuarded: false };
  }
  closeSync(1);
  const taken = openSync("/dev/fd/2", "a");
  closeSync(stderr);
  return { fd, isGuarded: taken === 1 };
}

/** What an author prints goes to standard error at once, and by whole lines to the host's log. */
function divertWrites(onLine: (line: string) => void): void {
  let partial = "";
  const write = (
    chunk: string | Uint8Array,
    encoding?: BufferEncoding | ((error?: Error | null) => void),
    done?: (error?: Error | null) => void,
  ): boolean => {
    const text = typeof chunk === "string" ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString();
    const lines = `${partial}${text}`.split("\n");
    partial = lines.pop() ?? "";
    for (const line of lines) onLine(line);
    if (partial.length > LONGEST_LINE) {
      onLine(partial);
      partial = "";
    }
    return typeof encoding === "function" ? process.stderr.write(chunk, encoding) : process.stderr.write(chunk, encoding, done);
  };
  process.stdout.write = write as typeof process.stdout.write;
}

/** Text without a line end is logged when it is so long, in UTF-16 units. */
const LONGEST_LINE = 64 * 1024;
