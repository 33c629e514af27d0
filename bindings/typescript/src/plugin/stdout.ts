// Keeps standard output for the protocol and gives everybody else standard error instead. Knows file descriptors only.
//
// Node has no dup2, but the system has two things that come to the same: opening /dev/fd/1 gives the same pipe under a new
// number, and a file that is opened right after 1 was closed gets the number 1. So the protocol moves to a new number, and
// 1 becomes standard error for everything in this process and its children: console.log, fs.writeSync(1), native code.
// Where the system does not let us (standard output is a socket, as under a host that is itself a Node program; Windows),
// the protocol stays on 1, and only `process.stdout.write`, and with it `console`, is diverted. A file is left alone too:
// opened again it would have a position of its own, and writers would overwrite each other.

import { closeSync, constants, fstatSync, openSync, writeSync } from "node:fs";
import { PrintedLines } from "./printed-lines.js";

/** Where the protocol is written, and whether 1 is safe from everybody else. */
export interface Stdout {
  readonly fd: number;
  /** True: whatever is written to 1, from wherever, goes to standard error. False: only what goes through process.stdout. */
  readonly isGuarded: boolean;
  /** Gives out what has no line end yet: nothing more comes. */
  flush(): void;
}

/**
 * Takes standard output away from the process. To be called once, before anything is written.
 *
 * @param takeLine - whether the host's log takes a line; what it does not take goes to standard error
 */
export function takeStdout(takeLine: (line: string) => boolean): Stdout {
  const lines = new PrintedLines((line, end) => {
    if (!takeLine(line)) process.stderr.write(`${line}${end}`);
  });
  divertWrites(lines);
  return { ...moveStdout(), flush: () => lines.end() };
}

/**
 * Gives standard output up, having written one line to it: what is printed from now on is dealt with as by {@link takeStdout}.
 * Gives what {@link Stdout.flush} is.
 */
export function giveUpStdout(line: string, takeLine: (line: string) => boolean): () => void {
  const lines = new PrintedLines((printed, end) => {
    if (!takeLine(printed)) process.stderr.write(`${printed}${end}`);
  });
  divertWrites(lines);
  if (line !== "") writeSync(1, `${line}\n`);
  try {
    closeSync(1);
  } catch {
    // It was closed already.
  }
  openInsteadOfStdout();
  return () => lines.end();
}

function moveStdout(): Omit<Stdout, "flush"> {
  let fd: number;
  try {
    if (!fstatSync(1).isFIFO()) return { fd: 1, isGuarded: false };
    // A description of our own: that it does not block is nobody else's business.
    fd = openSync("/dev/fd/1", constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK);
  } catch {
    return { fd: 1, isGuarded: false };
  }
  closeSync(1);
  return { fd, isGuarded: openInsteadOfStdout() === 1 };
}

/** Opens what 1 is from now on: standard error, or nothing where that is a socket, which cannot be opened again. */
function openInsteadOfStdout(): number {
  try {
    return openSync("/dev/fd/2", constants.O_WRONLY | constants.O_APPEND);
  } catch {
    return openSync("/dev/null", constants.O_WRONLY);
  }
}

/** What an author prints goes by lines to the host's log, or where that does not listen to standard error. */
function divertWrites(lines: PrintedLines): void {
  const write = (
    chunk: string | Uint8Array,
    encoding?: BufferEncoding | ((error?: Error | null) => void),
    done?: (error?: Error | null) => void,
  ): boolean => {
    lines.push(chunk);
    const written = typeof encoding === "function" ? encoding : done;
    if (written !== undefined) process.nextTick(written);
    return true;
  };
  process.stdout.write = write as typeof process.stdout.write;
}
