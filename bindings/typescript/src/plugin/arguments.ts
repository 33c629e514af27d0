// What a plugin's program is told when it is started. Text in, a decision out.

import { type Address, parseAddress } from "../address.js";
import { CrossplugError } from "../errors.js";

const OWN = "crossplug/1";

/** How the program is to talk with hosts: over a socket, or over standard input and output where both are absent. */
export interface Arguments {
  readonly dialect: string;
  readonly listen: Address | undefined;
  readonly connect: Address | undefined;
}

/**
 * Reads `--dialect NAME`, `--listen ADDRESS`, `--connect ADDRESS`, each with a `=` in place of the space, too.
 *
 * @throws CrossplugError `usage`
 */
export function readArguments(args: readonly string[]): Arguments {
  let dialect = OWN;
  let listen: Address | undefined;
  let connect: Address | undefined;
  for (const rest = [...args]; rest.length > 0; ) {
    const arg = rest.shift() ?? "";
    const [, name = arg, joined] = /^(--[a-z]+)=(.*)$/s.exec(arg) ?? [];
    if (name !== "--dialect" && name !== "--listen" && name !== "--connect")
      throw usage(
        `this plugin is started by a host; it takes --dialect NAME, --listen ADDRESS or --connect ADDRESS and not \`${arg}\``,
      );
    const value = joined ?? rest.shift();
    if (value === undefined)
      throw usage(
        `${name} needs a value, such as ${name === "--dialect" ? "elizaos-bridge/1" : "unix:run/plugin.sock"}`,
      );
    if (name === "--dialect") dialect = value;
    else if (listen !== undefined || connect !== undefined)
      throw usage("--listen and --connect are said once, and not both");
    else if (name === "--listen") listen = parseAddress(value);
    else connect = parseAddress(value);
  }
  if (dialect !== OWN && (listen !== undefined || connect !== undefined))
    throw usage(`over sockets only ${OWN} is spoken; ${dialect} has no word for a token`);
  return { dialect, listen, connect };
}

function usage(message: string): CrossplugError {
  return new CrossplugError("usage", message);
}
