// A plugin that uses nothing of this project: a stock JSON-RPC library, a socket, and lines. `node stock-peer.js PATH` listens on
// a Unix socket. What it does not know of the protocol is what a stranger need not know.

import { createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { JSONRPCClient, JSONRPCErrorException, JSONRPCServer, JSONRPCServerAndClient } from "json-rpc-2.0";

/** What is between two hosts is the plugin's own. */
let calls = 0;

function serve(socket: Socket): void {
  const write = (message: unknown): void => void socket.write(`${JSON.stringify(message)}\n`);
  let next = 0;
  // Ids of its own requests count down.
  const client = new JSONRPCClient(write, () => {
    next -= 1;
    return next;
  });
  const peer = new JSONRPCServerAndClient(new JSONRPCServer(), client);
  peer.addMethod("initialize", ({ token = "" }: { token?: string }) => {
    if (token !== (process.env.CROSSPLUG_TOKEN ?? ""))
      throw new JSONRPCErrorException("another token", -32001, { code: "permissionDenied" });
    return {
      protocol: { version: "1.0" },
      manifest: { name: "stock-peer", version: "1.0.0" },
      interfaces: { conformance: { version: "1.0.0" } },
    };
  });
  peer.addMethod("ping", () => null);
  peer.addMethod("shutdown", () => null);
  peer.addMethod("test.nothing", () => {
    calls += 1;
    return null;
  });
  peer.addMethod("test.echo", (params) => params);
  peer.addMethod("test.fail", ({ code, message, details = { calls } }: { [name: string]: unknown }) => {
    throw new JSONRPCErrorException(String(message), -32100, { code, details });
  });
  peer.addMethod("test.ask", ({ question }: { question: string }) => peer.request("test.answer", { question }));
  socket.on("error", () => undefined);
  const lines = createInterface({ input: socket });
  lines.on("line", (line) => void peer.receiveAndSend(JSON.parse(line)));
  lines.on("close", () => socket.end());
}

const [, , path] = process.argv;
// The runner of tests runs every file of the folder.
if (path?.endsWith(".sock")) {
  createServer({ allowHalfOpen: true }, serve).listen(path, () => console.log("listening"));
}
