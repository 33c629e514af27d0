// What the plugin chooses from the host's offer. Knows versions, features and framings only.

import { PluginError } from "../errors.js";
import type { ProtocolOffer } from "../interfaces/protocol.js";
import type { JsonObject } from "../json/value.js";

/** How messages are told apart. */
export type Framing = "ndjson" | "length";

/** The version of the protocol that we speak. */
const VERSION = "1.0";

/** What we choose, and how it is said. */
export interface Choice {
  readonly framing: Framing;
  readonly answer: JsonObject;
}

/**
 * Chooses from an offer.
 *
 * @throws PluginError `failedPrecondition` where the major version or a required feature is not ours
 */
export function choose(offer: ProtocolOffer, framings: readonly Framing[]): Choice {
  if (offer.version.split(".")[0] !== VERSION.split(".")[0]) {
    throw new PluginError(
      "failedPrecondition",
      `the host speaks version ${offer.version} of the protocol, this plugin ${VERSION}`,
      {
        details: { supported: [VERSION] },
      },
    );
  }
  // We have no optional features yet, so a required one cannot be met.
  const required = offer.features?.find((feature) => feature.endsWith("!"));
  if (required !== undefined) {
    const feature = required.slice(0, -1);
    throw new PluginError(
      "failedPrecondition",
      `the host requires the feature ${feature}, which this plugin does not have`,
      {
        details: { feature },
      },
    );
  }
  const framing =
    offer.framings?.find((one): one is Framing => one === "ndjson" || framings.includes(one as Framing)) ?? "ndjson";
  return { framing, answer: { version: VERSION, features: [], encoding: "json", framing } };
}
