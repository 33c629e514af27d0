// What was made of components, on disk, so that one is transpiled once a machine. Knows files, and nothing of WebAssembly.
//
// What lies here is code that runs in the program, so the folder must belong to this user and be closed to everybody else; another
// one is not used. A checksum at the head of each file catches what a crash or a bad disk leaves behind. Files are written beside and
// renamed, so two hosts at once see whole files only, and both of them write the same.

import { createHash, randomUUID } from "node:crypto";
import { chmod, lstat, mkdir, open, readdir, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";

/** What each file begins with; the number changes with its layout. */
const MAGIC = Buffer.from("cpcomp 1");
const DIGEST = 32;
const ENDING = ".component";
const PART = ".part";
/** A file that is being written and is older than this was left behind by a crash. */
const LEFT_BEHIND_MS = 3_600_000;
/** What all files may take: some thirty components of Python. What was not used for longest goes first. */
const MOST_BYTES = 1 << 30;

/** Where they are kept: in the user's folder for caches. */
export function usualFolder(): string {
  const { XDG_CACHE_HOME: caches } = process.env;
  const above = caches !== undefined && isAbsolute(caches) ? caches : join(homedir(), ".cache");
  return join(above, "crossplug", "components");
}

/** A folder of them. */
export class Cache {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** The folder, made where it is not there; undefined where it cannot be made, or others could write into it. */
  static async open(folder: string): Promise<Cache | undefined> {
    // Who else may write there cannot be asked elsewhere.
    if (process.getuid === undefined) return undefined;
    try {
      await mkdir(dirname(folder), { recursive: true });
      await mkdir(folder, { mode: 0o700 }).catch((thrown: NodeJS.ErrnoException) => {
        if (thrown.code !== "EEXIST") throw thrown;
      });
      const found = await lstat(folder);
      const isOurs = found.isDirectory() && found.uid === process.getuid() && (found.mode & 0o077) === 0;
      return isOurs ? new Cache(folder) : undefined;
    } catch {
      return undefined;
    }
  }

  /** What was kept under the key. A file that is not whole is removed. */
  async get(key: string): Promise<Buffer | undefined> {
    const path = this.#path(key);
    const bytes = await readFile(path).catch(() => undefined);
    if (bytes === undefined) return undefined;
    const head = MAGIC.length + DIGEST;
    const body = bytes.subarray(head);
    if (bytes.length < head || !bytes.subarray(0, head).equals(Buffer.concat([MAGIC, digestOf(body)]))) {
      await this.forget(key);
      return undefined;
    }
    const now = new Date();
    // What is used is not what is thrown out first. That it cannot be said does no harm.
    await utimes(path, now, now).catch(() => undefined);
    return body;
  }

  /** Removes what was kept under the key. */
  async forget(key: string): Promise<void> {
    // Another host may have been faster.
    await rm(this.#path(key), { force: true }).catch(() => undefined);
  }

  /** Keeps something. Where the disk is full or the folder gone, nothing is kept. */
  async put(key: string, body: Uint8Array): Promise<void> {
    const beside = join(this.#folder, `${key}.${randomUUID()}${PART}`);
    try {
      const file = await open(beside, "wx", 0o600);
      try {
        await file.writeFile(Buffer.concat([MAGIC, digestOf(body), body]));
      } finally {
        await file.close();
      }
      await chmod(beside, 0o400);
      await rename(beside, this.#path(key));
      await this.#shrink(this.#path(key));
    } catch {
      await rm(beside, { force: true }).catch(() => undefined);
    }
  }

  #path(key: string): string {
    return join(this.#folder, `${key}${ENDING}`);
  }

  /** Throws out the oldest until the folder is within its bound. */
  async #shrink(newest: string): Promise<void> {
    const kept: { path: string; bytes: number; used: number }[] = [];
    for (const name of await readdir(this.#folder)) {
      const path = join(this.#folder, name);
      const found = await stat(path).catch(() => undefined);
      if (found === undefined) continue;
      if (name.endsWith(ENDING)) kept.push({ path, bytes: found.size, used: found.mtimeMs });
      else if (name.endsWith(PART) && Date.now() - found.mtimeMs > LEFT_BEHIND_MS) await rm(path, { force: true });
    }
    kept.sort((one, other) => one.used - other.used);
    let total = kept.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const { path, bytes } of kept) {
      if (total <= MOST_BYTES) return;
      if (path === newest) continue;
      await rm(path, { force: true });
      total -= bytes;
    }
  }
}

function digestOf(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}
