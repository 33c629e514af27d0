// A plugin of the interface `agent` in AssemblyScript, built as elizaOS's README does:
//
//   asc src/index.ts -o dist/plugin.wasm
//
// This file is what the plugin does. `wire.ts` is crossplug-abi/1 (schema/README.md, section 8), `json.ts` as much of JSON as both
// need.

import { member, quoted, textOf } from "./json";
import { Answer, failed, serve } from "./wire";

export {
  crossplug_abi,
  crossplug_call,
  crossplug_close,
  crossplug_last_words,
  crossplug_methods,
  crossplug_next,
  crossplug_push,
  crossplug_reserve,
  crossplug_turn,
} from "./wire";

/** What the memory says that an action or a provider is about. */
function said(params: string): string {
  return textOf(member(member(member(params, "memory"), "content"), "text"));
}

function unknown(kind: string, name: string): Answer {
  return failed(-32100, `${kind}NotFound`, `there is no ${kind} \`${name}\``, `{"name":${quoted(name)}}`);
}

serve(
  "greeter-assemblyscript",
  "agent",
  ["action.validate", "action.invoke", "provider.get"],
  (method: i32, params: string): Answer => {
    const name = textOf(member(params, method == 2 ? "provider" : "action"));
    if (method == 2) {
      if (name != "LENGTH") return unknown("provider", name);
      const length = said(params).length.toString();
      return new Answer(`{"text":"${length} units of UTF-16","values":{"length":${length}}}`);
    }
    if (name != "GREET") return unknown("action", name);
    const whom = said(params);
    if (method == 0) return new Answer(`{"valid":${whom.length > 0 ? "true" : "false"}}`);
    return new Answer(`{"success":true,"text":${quoted(`Hello, ${whom}!`)}}`);
  },
);
