// What a session hands out for what came in. Types only.

import type { JsonValue } from "../../json/value.js";
import type { Meta, Outcome, RequestId } from "../message.js";

/** What the host wants, or answers. */
export type Incoming =
  | { readonly kind: "initialize"; readonly id: RequestId; readonly params: JsonValue | undefined }
  | {
      readonly kind: "request";
      readonly id: RequestId;
      readonly method: string;
      readonly params: JsonValue | undefined;
      readonly meta: Meta;
    }
  | { readonly kind: "shutdown"; readonly id: RequestId }
  | { readonly kind: "cancel"; readonly id: RequestId }
  | { readonly kind: "item"; readonly id: RequestId; readonly item: JsonValue; readonly bytes: number }
  | { readonly kind: "end"; readonly id: RequestId }
  | { readonly kind: "credit"; readonly id: RequestId }
  | {
      readonly kind: "progress";
      readonly id: RequestId;
      readonly fraction: number | undefined;
      readonly message: string | undefined;
    }
  | {
      readonly kind: "event";
      readonly name: string;
      readonly stream: string | undefined;
      readonly seq: number;
      readonly payload: JsonValue;
    }
  | {
      readonly kind: "answer";
      readonly id: RequestId;
      readonly outcome: Outcome;
      /** What was wrong with the reply, where it could not be read. */
      readonly problem?: string;
    }
  /** The host could not read something that we sent. */
  | { readonly kind: "complaint"; readonly message: string }
  | { readonly kind: "violation"; readonly problem: string };
