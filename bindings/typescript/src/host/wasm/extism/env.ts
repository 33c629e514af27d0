// The imports of extism:host/env that the host itself answers. The others are the kernel's.

import type { LogLevel } from "../../../context.js";
import { Halt } from "../fault.js";
import type { Kernel } from "./kernel.js";
import type { Variables } from "./variables.js";

/** The module that guests import from. */
export const ENV = "extism:host/env";
/** What a guest is told that may log: everything from `trace` on is passed to the program, which chooses. */
const LOG_LEVEL_TRACE = 0;

/** Levels by the import that logs at them. */
const LOGS: { readonly [name: string]: LogLevel } = {
  log_trace: "debug",
  log_debug: "debug",
  log_info: "info",
  log_warn: "warn",
  log_error: "error",
};

/** The answer to an HTTP request. Any status is one. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: { readonly [name: string]: string };
  readonly body: Uint8Array;
}

/** What the answers need of the guest's surroundings. */
export interface Surroundings {
  readonly config: { readonly [name: string]: string };
  readonly variables: Variables;
  readonly showsHeaders: boolean;
  readonly log: (level: LogLevel, text: string) => void;
  /** Does a request, and waits for its answer. */
  readonly http: (request: Uint8Array, body: Uint8Array) => HttpAnswer;
}

/** The imports; `kernel` is asked for when a guest calls them. */
export function envImports(kernel: () => Kernel, around: Surroundings): { [name: string]: unknown } {
  let answer: HttpAnswer | undefined;
  const given = (bytes: Uint8Array | undefined): bigint => (bytes === undefined ? 0n : kernel().give(bytes));
  const imports: { [name: string]: unknown } = {
    config_get: (key: bigint) => {
      const name = kernel().takeText(key, "the key of a setting");
      return given(Object.hasOwn(around.config, name) ? utf8.encode(around.config[name]) : undefined);
    },
    var_get: (key: bigint) => given(around.variables.get(kernel().takeText(key, "the key of a variable"))),
    var_set: (key: bigint, value: bigint) => {
      const name = kernel().takeText(key, "the key of a variable");
      around.variables.set(name, kernel().take(value));
    },
    http_request: (request: bigint, body: bigint) => {
      const asked = kernel().take(request) ?? new Uint8Array(0);
      const sent = kernel().take(body) ?? new Uint8Array(0);
      answer = undefined;
      answer = around.http(asked, sent);
      return given(answer.body);
    },
    http_status_code: () => answer?.status ?? 0,
    http_headers: () =>
      answer === undefined || !around.showsHeaders ? 0n : given(utf8.encode(JSON.stringify(answer.headers))),
    get_log_level: () => LOG_LEVEL_TRACE,
  };
  for (const [name, level] of Object.entries(LOGS)) {
    imports[name] = (text: bigint) => around.log(level, kernel().takeText(text, "a log line"));
  }
  return imports;
}

/** What a host without a way to the network answers. */
export function noHttp(): never {
  throw new Halt("Denied", "HTTP request is not allowed: no host was granted");
}

const utf8 = new TextEncoder();
