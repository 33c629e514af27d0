// The seam between a host and a way into a plugin: what every door is asked for. A door knows its way in and nothing of who
// calls.

import type { CallProgress } from "../context.js";
import type { CrossplugError, HostError } from "../errors.js";
import type { InitializeResult, Limits } from "../interfaces/protocol.js";
import type { JsonObject, JsonValue } from "../json/value.js";
import type { Encoding } from "./encoding.js";
import type { Home } from "./home.js";
import type { DoorRecord, Loaded } from "./manifest.js";

/** What a host's doors can enter: names of dialects, ABIs or languages. */
export interface Abilities {
  readonly process?: readonly string[];
  readonly socket?: readonly string[];
  readonly wasm?: readonly string[];
  readonly native?: readonly string[];
  readonly module?: readonly string[];
  readonly bridge?: readonly string[];
}

/** A way into plugins: what functions such as `wasmDoor` give to `Host.create`. */
export interface Door {
  /** What manifests call it. */
  readonly name: string;
  /** @internal What it can enter. */
  readonly abilities: Abilities;
  /** @internal Starts the plugin and has it initialised. Rejects with nothing of it left. */
  open(opening: Opening, home: Home): Promise<Passage>;
}

/** What a door needs to know about the plugin that it opens. */
export interface Opening {
  /** Name of the plugin. */
  readonly name: string;
  /** The manifest as policy read it, and where it lies; undefined where the plugin has none. */
  readonly loaded: Loaded | undefined;
  /** The folder that paths are relative to. */
  readonly folder: string;
  /** Which of the manifest's doors to take; undefined where the door was given with the plugin. */
  readonly way: DoorRecord | undefined;
  /** The params of `initialize` that are the host's to say, as the session takes them. */
  readonly hello: JsonObject;
  /** What proves to each other that plugin and host belong together, where one of them listens. */
  readonly token?: string | undefined;
  /** What to speak, where door and plugin can. */
  readonly encoding: Encoding;
  /** The caps; what is absent keeps its default. */
  readonly limits: Limits;
  readonly startTimeoutMs: number;
  readonly patience: Patience;
  /** Gives the load up. */
  readonly signal: AbortSignal | undefined;
}

/** How long a plugin gets at each step of being stopped before the next, ruder one, in milliseconds. */
export interface Patience {
  /** To answer `shutdown`, having finished what is in flight. Default 2,000. */
  readonly shutdownMs: number;
  /** To end after the end of its input. Default 1,000. */
  readonly endOfInputMs: number;
  /** To end after SIGTERM; then comes SIGKILL. Default 5,000. */
  readonly terminateMs: number;
}

/** How patient a host is by itself. */
export const PATIENCE: Patience = { shutdownMs: 2000, endOfInputMs: 1000, terminateMs: 5000 };

/** What a plugin said about itself when it was initialised. */
export interface Introduction {
  /** Its own manifest, as it sent it. */
  readonly manifest: JsonObject;
  /** Name to version and hash of what it implements. */
  readonly interfaces: InitializeResult["interfaces"];
  /** The dialect or ABI that is spoken: `crossplug/1`. */
  readonly dialect: string;
  /** What payloads are in: what the host wished for, where door and plugin can, else JSON. */
  readonly encoding: Encoding;
  /** The id of its process, where it is one. */
  readonly process: number | undefined;
}

/** What a plugin came to. */
export interface Ending {
  /** Why it ended, where nobody had asked it to. */
  readonly error: HostError | undefined;
  /** How its process ended, where it was one: `exit status 0`, `signal SIGKILL`. */
  readonly status: string | undefined;
}

/** One call. */
export interface Request {
  readonly method: string;
  readonly params: JsonObject;
  /** What is given in place of params, to a passage that carries bytes. */
  readonly input?: Uint8Array | undefined;
  /** When the caller stops waiting, on the clock of `performance.now()`. */
  readonly deadline: number | undefined;
  readonly traceparent: string | undefined;
  /** Whether its caller takes a stream, or gives one. */
  readonly streams: boolean;
}

/** What a call ends with. */
export type Outcome = { readonly result: JsonValue } | { readonly error: CrossplugError };

/** Where a door puts what comes back of a call. */
export interface Answer {
  /** The end, exactly once. */
  finish(outcome: Outcome): void;
  progress(progress: CallProgress): void;
  /** An item that took so many bytes of the credit. False: more waits to be read than may; the call has failed. */
  item(item: JsonValue, bytes: number): boolean;
  /** The plugin takes more of an upload. */
  room(): void;
}

/** Names a call that a passage has in hand; undefined where it has ended already. */
export type CallKey = number | undefined;

/** A plugin that was opened. */
export interface Passage {
  readonly introduction: Introduction;
  /** Whether a call's input and result may be bytes: {@link Request.input}. */
  readonly carriesBytes?: boolean;
  /** Whether calls can still succeed. */
  readonly isAlive: boolean;
  /** Takes a call in and tells `answer` what comes of it: whatever goes wrong goes there too. */
  call(request: Request, answer: Answer): CallKey;
  /** The caller gave the call up: nothing more of it is told. */
  cancel(call: CallKey): void;
  /**
   * The caller takes so much more of the stream.
   *
   * @throws HostError `Limit` where no further stream may be opened
   */
  credit(call: CallKey, items: number, bytes: number): void;
  /**
   * The caller streams an item. False: not now, {@link Answer.room} tells when. Undefined: the call is over.
   *
   * @throws HostError
   */
  upload(call: CallKey, item: JsonValue): boolean | undefined;
  /** The caller streams no more. */
  endUpload(call: CallKey): void;
  /**
   * Sends an event to the plugin.
   *
   * @throws HostError
   */
  emit(name: string, stream: string | undefined, payload: JsonValue): void;
  /** Begins to stop the plugin; a second time only lets a hastier patience count. The home is told of the end. */
  stop(patience?: Partial<Patience>): void;
}
