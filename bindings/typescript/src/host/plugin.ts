// A plugin that is loaded, as the program holds it: calls, events, its end. Knows a passage as a seam only.

import { writeAny } from "../codec/any.js";
import type { CallOptions, StreamingCall, UploadOptions } from "../context.js";
import { type Caller, writeAs } from "../descriptor.js";
import { HostError } from "../errors.js";
import { Clients } from "../interfaces/clients.js";
import type { Manifest } from "../interfaces/manifest.js";
import { checkDepth, MAX_DEPTH } from "../json/strict.js";
import type { JsonObject, JsonValue } from "../json/value.js";
import type { Ending, Introduction, Passage, Patience } from "./door.js";
import type { Encoding } from "./encoding.js";
import { Flight } from "./flight.js";
import type { Home } from "./home.js";
import type { HostEvent } from "./reports.js";

/** How a call of a host is made. */
export interface HostCallOptions extends UploadOptions {
  /** W3C Trace Context to pass on. */
  readonly traceparent?: string;
}

interface Facts {
  readonly instanceId: string;
  readonly manifest: Manifest | undefined;
  /** Of calls that name none themselves. */
  readonly timeoutMs: number;
}

/**
 * A loaded plugin. The interfaces that ship are its members, such as `plugin.agent`; the client of an interface of one's own
 * takes it: `plugin.as(NotesClient)`.
 *
 * @example
 * await using plugin = await host.load("plugins/notes");
 * const { text } = await plugin.agent.actionInvoke({ action: "GREET", memory: { content: { text: "world" } } });
 */
export class Plugin extends Clients implements Caller {
  protected readonly caller: Caller;
  readonly #passage: Passage;
  readonly #home: Home;
  readonly #facts: Facts;

  /** @internal Programs have plugins of {@link Host.load}. */
  constructor(passage: Passage, home: Home, facts: Facts) {
    super();
    // What generated clients write is checked already.
    this.caller = {
      native: passage.introduction.encoding === "msgpack",
      call: async (method, params, options) => this.#begin(method, params, options).result,
      start: (method, params, options) => this.#begin(method, params, options, true).stream(),
    };
    this.#passage = passage;
    this.#home = home;
    this.#facts = facts;
  }

  /** Its name. */
  get name(): string {
    return this.#home.name;
  }

  /** Names this running instance; unique across hosts. */
  get instanceId(): string {
    return this.#facts.instanceId;
  }

  /** The manifest as it was read from its file; undefined where it has none. */
  get manifest(): Manifest | undefined {
    return this.#facts.manifest;
  }

  /** All that it said about itself. */
  get introduction(): Introduction {
    return this.#passage.introduction;
  }

  /** What is spoken with it: what {@link HostOptions.encoding} wishes for where plugin and door can, else JSON. */
  get encoding(): Encoding {
    return this.introduction.encoding;
  }

  /** Whether generated clients may write for MessagePack: it is spoken. */
  get native(): boolean {
    return this.encoding === "msgpack";
  }

  /** Whether it can be called. A plugin that looks alive may still die before the call. */
  get isAlive(): boolean {
    return this.#passage.isAlive;
  }

  /** A generated client of this plugin. */
  as<Client>(client: new (peer: Caller) => Client): Client {
    return new client(this.caller);
  }

  /**
   * Calls a method without types. Params and result are JSON values whatever is spoken: of what MessagePack carries, bytes come
   * as base64 and integers beyond 2^53 - 1 as their decimal strings. A typed client gets them as they are.
   *
   * @throws PluginError as the plugin answered
   * @throws HostError of the kind `Deadline`, `Cancelled`, `Died`, `Protocol`, `Limit` or `Denied`
   * @example
   * const count = await plugin.call("note.count", { in: "inbox" }, { timeoutMs: 2000, signal });
   */
  async call(method: string, params: JsonObject = {}, options: HostCallOptions = {}): Promise<JsonValue> {
    return this.#begin(method, checked(method, params, options), options).result;
  }

  /**
   * Calls an export of a plugin that knows bytes alone, such as one of Extism's ABI.
   *
   * @throws HostError besides those of {@link Plugin.call}: `Incompatible` where the plugin's methods take and give JSON
   * @example
   * const shouted = await plugin.callRaw("shout", new TextEncoder().encode("hello"));
   */
  async callRaw(name: string, input: Uint8Array = new Uint8Array(0), options: CallOptions = {}): Promise<Uint8Array> {
    if (this.#passage.carriesBytes !== true) {
      const context = "the plugin's methods take and give JSON; use `Plugin.call`";
      throw new HostError("Incompatible", `call \`${name}\``, { context });
    }
    const timeoutMs = options.timeoutMs ?? this.#facts.timeoutMs;
    const flight = new Flight(this.#passage, this.#home.unread, name, {}, { ...options, timeoutMs, input });
    return (await flight.result) as unknown as Uint8Array;
  }

  /**
   * The same for a method that streams items. Reading grants credit; not reading holds the plugin back.
   *
   * @example
   * const call = plugin.start("note.search", { text: "milk" });
   * for await (const note of call) console.log(note);
   * const summary = await call.result();
   */
  start(method: string, params: JsonObject = {}, options: HostCallOptions = {}): StreamingCall<JsonValue, JsonValue> {
    return this.#begin(method, checked(method, params, options), options, true).stream();
  }

  /**
   * Sends an event to the plugin. `stream` names the ordered sequence that it belongs to.
   *
   * @throws HostError of the kind `Incompatible` where the plugin's dialect has no events, `Limit`, `Died`
   */
  emit(name: string, payload: JsonValue, stream?: string): void {
    this.#passage.emit(name, stream, writeAs(`the payload of ${name}`, writeAny, payload));
  }

  /** Hears the plugin's events, in order; the function that is given back ends it. */
  onEvent(listener: (event: HostEvent) => void): () => void {
    return this.#home.reports.listen(listener);
  }

  /** Asks whether the plugin still answers; gives how long that took, in milliseconds. */
  async ping(): Promise<number> {
    const begin = performance.now();
    await this.#begin("ping", {}, {}).result;
    return performance.now() - begin;
  }

  /**
   * Stops the plugin: it finishes what is in flight, then its input is closed, then it is told to end, then it is ended, each
   * with its time. Gives how it ended, when nothing of it is left. A patience that is given counts from where a stop stands.
   */
  stop(patience?: Partial<Patience>): Promise<Ending> {
    this.#passage.stop(patience);
    return this.#home.ending;
  }

  /** Waits until the plugin has ended, for whatever reason. */
  wait(): Promise<Ending> {
    return this.#home.ending;
  }

  /** For `await using plugin = await host.load(path)`: {@link Plugin.stop}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #begin(method: string, params: JsonObject = {}, options: HostCallOptions = {}, streams = false): Flight {
    reserved(method);
    const timeoutMs = options.timeoutMs ?? options.usualTimeoutMs ?? this.#facts.timeoutMs;
    return new Flight(this.#passage, this.#home.unread, method, params, { ...options, timeoutMs, streams });
  }
}

/** What somebody without types says: only what JSON can. A client's own words are checked already. @throws EncodeError */
function checked(method: string, params: JsonObject, { native }: HostCallOptions): JsonObject {
  if (native === true) return params;
  return writeAs(
    `the parameters of ${method}`,
    (value: JsonObject) => {
      checkDepth(value, MAX_DEPTH - 1);
      return writeAny(value);
    },
    params,
  ) as JsonObject;
}

/** Words of the protocol itself are not for callers: they would tear the session's own state apart. */
function reserved(method: string): void {
  const instead =
    method === "initialize"
      ? "a plugin is initialised when it is loaded"
      : method === "shutdown"
        ? "use `Plugin.stop`"
        : method.startsWith("$/")
          ? "notifications have methods of their own"
          : undefined;
  if (instead === undefined) return;
  const context = `the protocol keeps this name to itself: ${instead}`;
  throw new HostError("Denied", `call \`${method}\``, { context });
}
