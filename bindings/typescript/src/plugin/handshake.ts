// What the plugin chooses from the host's offer. Knows versions, features, encodings and framings only.

import { PluginError } from "../errors.js";
import type { ProtocolOffer } from "../interfaces/protocol.js";
import type { JsonObject } from "../json/value.js";

/** How messages are told apart. */
export type Framing = "ndjson" | "length";

/** How a message becomes bytes. */
export type Encoding = "json" | "msgpack";

/** The version of the protocol that we speak. */
const VERSION = "1.0";

/** What we choose, and how it is said. */
export interface Choice {
  readonly framing: Framing;
  readonly encoding: Encoding;
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
  const how = howToSpeak(offer, framings);
  return { ...how, answer: { version: VERSION, features: [], ...how } };
}

/** The first encoding that both sides know, in the first framing that both know and that it goes with. */
function howToSpeak(
  { encodings = [], framings = [] }: ProtocolOffer,
  own: readonly Framing[],
): { readonly encoding: Encoding; readonly framing: Framing } {
  const shared = framings.filter((one): one is Framing => one === "ndjson" || own.includes(one as Framing));
  for (const encoding of encodings) {
    if (encoding === "json") break;
    if (encoding === "msgpack" && shared.includes("length")) return { encoding: "msgpack", framing: "length" };
  }
  return { encoding: "json", framing: shared[0] ?? "ndjson" };
}
