// Plays the interop cases in a page, on the browser's host.

import { Host } from "crossplug/browser";
import { playAll, type Report } from "./cases.js";

/** Plays cases on the plugin at an address of the page's own server. */
export function playInPage(
  cases: [name: string, text: string][],
  address: string,
  door: { readonly door?: string },
  elsewhere: boolean,
): Promise<Report> {
  return playAll(cases, {
    open: (options) => Host.create(options),
    load: (host: Host, config) => host.load(address, { config, grants: ["*", "emit=*"], ...door }),
    elsewhere,
    // A page has no sight of its process; Chromium's own count of the JavaScript heap says nothing of modules.
    residentMib: () => undefined,
  });
}
