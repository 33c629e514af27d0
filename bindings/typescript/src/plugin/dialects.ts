// The dialects that the SDK speaks, by name. Knows nothing else of them.

import { CrossplugError } from "../errors.js";
import { CrossplugDialect } from "./dialect/crossplug.js";
import { ElizaosDialect } from "./dialect/elizaos.js";
import type { Dialect } from "./dialect.js";

/**
 * A dialect for one conversation.
 *
 * @param debug - whether errors may carry a trace, where the host cannot say so itself
 * @throws CrossplugError `usage`
 */
export function dialectByName(name: string, debug = false): Dialect {
  switch (name) {
    case "crossplug/1":
      return new CrossplugDialect();
    case "elizaos-bridge/1":
      return new ElizaosDialect(debug);
    default:
      throw new CrossplugError(
        "usage",
        `the dialect ${JSON.stringify(name)} is not known: this SDK speaks crossplug/1 and elizaos-bridge/1`,
      );
  }
}
