// Texts and bytes for modules that make a coder of theirs as they load: before any of them.

import { Utf8Decoder, Utf8Encoder } from "./text.js";

Object.assign(globalThis, { TextEncoder: Utf8Encoder, TextDecoder: Utf8Decoder });
