// WASI preview 1 for guests that import it: clocks and random numbers, and what they print goes to the log. No files, no
// environment, no arguments, no input, no network: whatever asks for them is told that there are none.

import { Halt } from "../fault.js";
import { isMemory, type WasmMemory } from "../webassembly.js";

/** The module that guests import from. */
export const WASI = "wasi_snapshot_preview1";

const SUCCESS = 0;
const BAD_DESCRIPTOR = 8;
const INVALID = 28;
const NOT_SUPPORTED = 58;
const NO_SEEK = 70;
const [STDIN, STDOUT, STDERR] = [0, 1, 2];
const CHARACTER_DEVICE = 2;
/** A line that is longer is logged in pieces, in bytes. */
const LONGEST_LINE = 64 << 10;
/** Random bytes that the platform gives at once. */
const MOST_RANDOM = 65_536;
/** More than any guest waits for at once. */
const MOST_SUBSCRIPTIONS = 4096;
const [SUBSCRIPTION_BYTES, EVENT_BYTES] = [48, 32];
const [REALTIME, MONOTONIC] = [0, 1];
const NANOSECONDS = 1_000_000n;

/** Thrown to end a guest that ends its program. */
export class Exit extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`it ended itself with code ${code}`);
    this.code = code;
  }
}

/** What guests that import WASI see of the world. */
export interface World {
  /** A line that it printed. */
  readonly print: (stream: "stdout" | "stderr", line: string) => void;
  /** Waits so many milliseconds, however the thread can. */
  readonly sleep: (ms: number) => void;
}

/** The functions; `memory` is the guest's own, asked for when it calls them. */
export function wasiImports(memory: () => unknown, world: World): { readonly [name: string]: unknown } {
  const lines = [new Lines((line) => world.print("stdout", line)), new Lines((line) => world.print("stderr", line))];
  const own = (): WasmMemory => {
    const found = memory();
    if (isMemory(found)) return found;
    throw new Halt("Protocol", "it imports WASI and exports no memory");
  };
  const view = (): DataView => new DataView(own().buffer);
  const none = (...places: number[]): number => {
    for (const place of places) view().setUint32(place, 0, true);
    return SUCCESS;
  };
  const clock = (id: number): bigint | undefined => {
    if (id === REALTIME) return BigInt(Date.now()) * NANOSECONDS;
    return id === MONOTONIC ? BigInt(Math.round(performance.now() * 1e6)) : undefined;
  };
  const known: { readonly [name: string]: (...args: never[]) => unknown } = {
    args_get: () => SUCCESS,
    args_sizes_get: (count: number, bytes: number) => none(count, bytes),
    environ_get: () => SUCCESS,
    environ_sizes_get: (count: number, bytes: number) => none(count, bytes),
    clock_res_get: (id: number, at: number) => {
      if (clock(id) === undefined) return INVALID;
      view().setBigUint64(at, id === REALTIME ? NANOSECONDS : 1000n, true);
      return SUCCESS;
    },
    clock_time_get: (id: number, _precision: bigint, at: number) => {
      const now = clock(id);
      if (now === undefined) return INVALID;
      view().setBigUint64(at, now, true);
      return SUCCESS;
    },
    random_get: (at: number, length: number) => {
      const bytes = new Uint8Array(own().buffer, at, length);
      for (let from = 0; from < length; from += MOST_RANDOM) {
        crypto.getRandomValues(bytes.subarray(from, from + MOST_RANDOM));
      }
      return SUCCESS;
    },
    sched_yield: () => SUCCESS,
    proc_exit: (code: number) => {
      throw new Exit(code);
    },
    fd_write: (fd: number, vectors: number, count: number, written: number) => {
      const stream = fd === STDOUT ? lines[0] : fd === STDERR ? lines[1] : undefined;
      if (stream === undefined) return BAD_DESCRIPTOR;
      let sum = 0;
      for (let index = 0; index < count; index++) {
        const at = view().getUint32(vectors + 8 * index, true);
        const length = view().getUint32(vectors + 8 * index + 4, true);
        stream.push(new Uint8Array(own().buffer, at, length));
        sum += length;
      }
      view().setUint32(written, sum, true);
      return SUCCESS;
    },
    // There is nothing to read, which is its end.
    fd_read: (fd: number, _vectors: number, _count: number, read: number) =>
      fd === STDIN ? none(read) : BAD_DESCRIPTOR,
    fd_close: (fd: number) => (fd <= 2 ? SUCCESS : BAD_DESCRIPTOR),
    fd_seek: (fd: number) => (fd <= 2 ? NO_SEEK : BAD_DESCRIPTOR),
    fd_tell: (fd: number) => (fd <= 2 ? NO_SEEK : BAD_DESCRIPTOR),
    fd_fdstat_get: (fd: number, at: number) => {
      if (fd > 2) return BAD_DESCRIPTOR;
      new Uint8Array(own().buffer, at, 24).fill(0);
      view().setUint8(at, CHARACTER_DEVICE);
      view().setBigUint64(at + 8, fd === STDIN ? 2n : 64n, true);
      return SUCCESS;
    },
    poll_oneoff: (subscriptions: number, events: number, count: number, told: number) => {
      if (count === 0 || count > MOST_SUBSCRIPTIONS) return INVALID;
      const waits = Array.from({ length: count }, (_, index) =>
        subscription(view(), subscriptions + index * SUBSCRIPTION_BYTES, clock),
      );
      const first = waits.reduce((least, { after }) => (after < least ? after : least), waits[0]?.after ?? 0n);
      if (first > 0n) world.sleep(Number(first) / 1e6);
      const there = waits.filter(({ after }) => after <= first);
      for (const [index, { userdata, error, kind }] of there.entries()) {
        const at = events + index * EVENT_BYTES;
        new Uint8Array(own().buffer, at, EVENT_BYTES).fill(0);
        view().setBigUint64(at, userdata, true);
        view().setUint16(at + 8, error, true);
        view().setUint8(at + 10, kind);
      }
      view().setUint32(told, there.length, true);
      return SUCCESS;
    },
  };
  const imports: { [name: string]: unknown } = { ...known };
  for (const name of ABOUT_DESCRIPTORS) imports[name] = () => BAD_DESCRIPTOR;
  return imports;
}

/** Everything else is about files, folders and sockets, of which there are none. */
const ABOUT_DESCRIPTORS: readonly string[] = [
  ...["fd_advise", "fd_allocate", "fd_datasync", "fd_fdstat_set_flags", "fd_fdstat_set_rights", "fd_filestat_get"],
  ...[
    "fd_filestat_set_size",
    "fd_filestat_set_times",
    "fd_pread",
    "fd_prestat_get",
    "fd_prestat_dir_name",
    "fd_pwrite",
  ],
  ...["fd_readdir", "fd_renumber", "fd_sync", "path_create_directory", "path_filestat_get", "path_filestat_set_times"],
  ...["path_link", "path_open", "path_readlink", "path_remove_directory", "path_rename", "path_symlink"],
  ...["path_unlink_file", "proc_raise", "sock_accept", "sock_recv", "sock_send", "sock_shutdown"],
];

/** One thing that a guest waits for: when it comes, in nanoseconds from now. */
function subscription(
  view: DataView,
  at: number,
  clock: (id: number) => bigint | undefined,
): { userdata: bigint; error: number; kind: number; after: bigint } {
  const userdata = view.getBigUint64(at, true);
  const kind = view.getUint8(at + 8);
  if (kind !== 0) return { userdata, error: SUCCESS, kind, after: 0n };
  const now = clock(view.getUint32(at + 16, true));
  if (now === undefined) return { userdata, error: NOT_SUPPORTED, kind, after: 0n };
  const time = view.getBigUint64(at + 24, true);
  const isAbsolute = (view.getUint16(at + 40, true) & 1) === 1;
  const after = isAbsolute ? time - now : time;
  return { userdata, error: SUCCESS, kind, after: after > 0n ? after : 0n };
}

/** What a guest prints, line by line. */
class Lines {
  readonly #line: (line: string) => void;
  #begun: number[] = [];

  constructor(line: (line: string) => void) {
    this.#line = line;
  }

  push(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (byte !== 0x0a) this.#begun.push(byte);
      if (byte === 0x0a || this.#begun.length >= LONGEST_LINE) this.#give();
    }
  }

  #give(): void {
    const line = new TextDecoder().decode(Uint8Array.from(this.#begun)).replace(/\r$/, "");
    this.#begun = [];
    if (line !== "") this.#line(line);
  }
}
