// placeholder until written
import type { Dialect } from "../dialect.js";
import type { Message } from "../message.js";
/** */
export class ElizaosDialect implements Dialect {
  readonly name = "elizaos-bridge/1";
  readonly talksBack = false;
  open(): undefined { return undefined; }
  read(): Message | undefined { return undefined; }
  write(): undefined { return undefined; }
}
