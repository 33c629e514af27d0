// Bytes of stderr as lines for the log, and the last of them for the error of a dead plugin. Bounded in both.

import { StringDecoder } from "node:string_decoder";

/** Longest line that is logged whole, in characters; a longer one goes to the log in parts. */
const LONGEST_LINE = 8 << 10;
/** Enough for a traceback. */
const TAIL_LINES = 20;
/** Enough for a person to read, in characters. */
const TAIL_LENGTH = 4 << 10;

/** Cuts bytes into lines. */
export class Lines {
  readonly #line: (line: string) => void;
  readonly #decoder: StringDecoder = new StringDecoder();
  readonly #tail: string[] = [];
  #tailLength = 0;
  #open = "";

  constructor(line: (line: string) => void) {
    this.#line = line;
  }

  /** Takes in bytes and gives out the lines that they end. */
  push(bytes: Buffer): void {
    this.#take(this.#decoder.write(bytes));
  }

  /** Nothing more comes: what is left is a line too. */
  finish(): void {
    this.#take(this.#decoder.end());
    this.#end(this.#open);
    this.#open = "";
  }

  /** The last lines, as an error says them; empty where there were none. */
  get tail(): string {
    return this.#tail.length === 0 ? "" : `; the last of its stderr:\n  ${this.#tail.join("\n  ")}`;
  }

  #take(text: string): void {
    const lines = `${this.#open}${text}`.split("\n");
    this.#open = this.#parts(lines.pop() ?? "");
    for (const line of lines) this.#end(this.#parts(line));
  }

  /** Gives out whole parts of what is too long, and back what is left. */
  #parts(line: string): string {
    let at = 0;
    for (; line.length - at > LONGEST_LINE; at += LONGEST_LINE) this.#end(line.slice(at, at + LONGEST_LINE));
    return at === 0 ? line : line.slice(at);
  }

  #end(line: string): void {
    const text = line.trimEnd();
    if (text === "") return;
    this.#line(text);
    this.#tail.push(text);
    this.#tailLength += text.length;
    while (this.#tail.length > TAIL_LINES || (this.#tailLength > TAIL_LENGTH && this.#tail.length > 1)) {
      this.#tailLength -= this.#tail.shift()?.length ?? 0;
    }
  }
}
