// Makes lines of what an author prints, as schema/README.md section 5 says. Knows no file and no log.

import { utf8Length } from "./session/limits.js";

/** Bytes of a line that is passed on in one piece: a line without end must not be kept for ever. */
const LONGEST_LINE = 16 * 1024;

const encoder = new TextEncoder();

/** Lines that are printed. */
export class PrintedLines {
  readonly #say: (line: string, end: "\n" | "") => void;
  readonly #piece: Uint8Array<ArrayBuffer> = new Uint8Array(LONGEST_LINE);
  readonly #decoder = new TextDecoder();
  #rest = "";

  /** `say` is told each line, or piece of one; `end` is what ended it. */
  constructor(say: (line: string, end: "\n" | "") => void) {
    this.#say = say;
  }

  /** Something was printed. */
  push(chunk: string | Uint8Array): void {
    const text = typeof chunk === "string" ? chunk : this.#decoder.decode(chunk, { stream: true });
    const lines = `${this.#rest}${text}`.split("\n");
    const rest = lines.pop() ?? "";
    this.#rest = "";
    for (const line of lines) this.#say(this.#shorten(line.endsWith("\r") ? line.slice(0, -1) : line), "\n");
    this.#rest = this.#shorten(rest);
  }

  /** Nothing more is printed: what has no line feed is a line, too. */
  end(): void {
    const rest = `${this.#rest}${this.#decoder.decode()}`;
    this.#rest = "";
    if (rest !== "") this.#say(rest, "\n");
  }

  /** Says a long line in pieces that break no character; gives the last one, which may be the whole line. */
  #shorten(line: string): string {
    let left = line;
    while (left.length * 3 > LONGEST_LINE && utf8Length(left) > LONGEST_LINE) {
      const { read } = encoder.encodeInto(left, this.#piece);
      this.#say(left.slice(0, read), "");
      left = left.slice(read);
    }
    return left;
  }
}
