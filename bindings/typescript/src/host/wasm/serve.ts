// The inside of a guest's thread: visits come in, what came of them goes out. The first one says which ABI is spoken.

import { AbiVisitor, type Visit } from "./abi/visitor.js";
import { ThreadOutside } from "./extism/outside.js";
import { type Visit as ExtismVisit, ExtismVisitor } from "./extism/visitor.js";
import type { Port, Visitor } from "./seat.js";

/** Serves visits until the thread is ended. */
export function serve(port: Port): void {
  let visitor: Visitor<unknown, object> | undefined;
  port.listen((message) => {
    visitor ??= visitorFor(message as Visit | ExtismVisit, port);
    const said = visitor.visit(message);
    if (said instanceof Promise) void said.then((said) => port.post(said));
    else port.post(said, buffers(said));
  });
}

function visitorFor({ kind }: Visit | ExtismVisit, port: Port): Visitor<unknown, object> {
  const visitor = kind === "make" ? new ExtismVisitor(new ThreadOutside(port)) : new AbiVisitor();
  return visitor as Visitor<unknown, object>;
}

/** What is handed over in place of being copied: the buffers of the larger parts, each of which is nobody else's. */
function buffers(said: object): ArrayBuffer[] {
  const parts = said as { outbox?: Uint8Array; output?: Uint8Array; answer?: { bytes: Uint8Array } };
  return [parts.outbox, parts.output, parts.answer?.bytes]
    .filter((part) => part !== undefined && part.length > 0)
    .map((part) => part?.buffer as ArrayBuffer);
}
