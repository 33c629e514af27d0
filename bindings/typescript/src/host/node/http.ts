// Sends the HTTP requests of guests: to the very address that was judged, so that a name that leads elsewhere a moment later
// changes nothing; no redirect, no proxy, a bound for the body.

import { lookup } from "node:dns";
import { request as plain } from "node:http";
import { request as secure } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { PluginError } from "../../errors.js";
import type { Hosts, Send, Step } from "../wasm/extism/http.js";
import { Halt } from "../wasm/fault.js";

/** Sends, and takes bodies of at most so many bytes. */
export function sender(mostBytes: number): Send {
  return ({ url, method, headers, body }, hosts) =>
    new Promise((resolve, reject) => {
      const failed = (thrown: Error): void => {
        const told =
          thrown instanceof Halt ? thrown : new PluginError("unavailable", `HTTP request to ${url}: ${thrown.message}`);
        reject(told);
      };
      const literal = url.hostname.replace(/^\[|\]$/g, "");
      if (isIP(literal) !== 0 && !hosts.reaches(literal)) {
        failed(unreachable(url));
        return;
      }
      const send = url.protocol === "https:" ? secure : plain;
      const length = body.length > 0 ? { "content-length": body.length } : {};
      const request = send(
        url,
        { method, headers: { ...headers, ...length }, agent: false, lookup: guarded(url, hosts) },
        (response) => {
          const parts: Buffer[] = [];
          let bytes = 0;
          response.on("data", (part: Buffer) => {
            bytes += part.length;
            parts.push(part);
            if (bytes <= mostBytes) return;
            const what = `the HTTP response from ${url} is larger than ${mostBytes} bytes; allow more with \`httpBytes\``;
            failed(new Halt("Limit", what));
            request.destroy();
          });
          response.on("error", failed);
          response.on("end", () => {
            const named = Object.entries(response.headers).map(([name, value]) => [name, [value].flat().join(", ")]);
            const all = Object.fromEntries(named) as { [name: string]: string };
            resolve({ status: response.statusCode ?? 0, headers: all, body: new Uint8Array(Buffer.concat(parts)) });
          });
        },
      );
      request.on("error", failed);
      request.end(body);
    });
}

/** Looks names up and lets through what may be reached. */
function guarded(url: URL, hosts: Hosts): LookupFunction {
  return (name, options, done) => {
    lookup(name, { ...options, all: true }, (error, found) => {
      const reachable = error === null ? found.filter(({ address }) => hosts.reaches(address)) : [];
      const [one] = reachable;
      if (error !== null) done(error, []);
      else if (one === undefined) done(unreachable(url), []);
      else if (options.all === true) done(null, reachable);
      else done(null, one.address, one.family);
    });
  };
}

function unreachable(url: Step["url"]): Halt {
  const what = "its address is not on the public internet; grant those too if that is meant";
  return new Halt("Denied", `HTTP request to ${url} is not allowed: ${what}`);
}
