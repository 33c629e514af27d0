// What a platform calls `console`, on streams of printed lines. Knows no log.

import type { PrintedLines } from "../plugin/printed-lines.js";

/** The methods of `console` that people use. */
export function consoleOn(stdout: PrintedLines, stderr: PrintedLines): Record<string, (...values: unknown[]) => void> {
  const onto =
    (lines: PrintedLines) =>
    (...values: unknown[]): void => {
      lines.push(`${values.map(shown).join(" ")}\n`);
    };
  const [out, err] = [onto(stdout), onto(stderr)];
  return { log: out, info: out, debug: out, dir: out, error: err, warn: err, trace: err };
}

/** A value for a person. */
function shown(value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof Error) return value.stack ? `${value.name}: ${value.message}\n${value.stack}` : String(value);
  try {
    const text = JSON.stringify(value, (_name, inner) => (typeof inner === "bigint" ? `${inner}n` : inner));
    return text ?? String(value);
  } catch {
    return String(value);
  }
}
