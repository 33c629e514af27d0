// The conformance subject in AssemblyScript, as far as one goes without types: what it is told comes back as it came. `wire` and
// `json` are those of examples/agent/assemblyscript, and lie beside it where it is built.

import { member } from "./json";
import { Answer, serve } from "./wire";

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

serve(
  "conformance-subject",
  "conformance",
  ["test.echo", "test.nothing", "test.fail"],
  (method: i32, params: string): Answer => {
    if (method == 0) return new Answer(params);
    if (method == 1) return new Answer("null");
    const details = member(params, "details");
    const data = `{"code":${member(params, "code")},"details":${details.length > 0 ? details : "null"}}`;
    return new Answer(`{"code":-32100,"message":${member(params, "message")},"data":${data}}`, true);
  },
);
