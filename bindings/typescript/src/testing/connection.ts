// A plugin and its host in one process: frames go over as text, nothing else is left out. Knows no message.

import type { JsonObject } from "../json/value.js";
import type { Plugin } from "../plugin/define.js";
import type { Frame } from "../plugin/dialect.js";
import { dialectByName } from "../plugin/dialects.js";
import { FrameReader, framed } from "../plugin/frames.js";
import type { Framing } from "../plugin/handshake.js";
import { manifestForTest } from "../plugin/manifest.js";
import { Runtime } from "../plugin/runtime.js";
import { DEFAULT_LIMITS } from "../plugin/session/limits.js";

/** A conversation with a plugin, frame by frame. */
export interface Connection {
  /** What the plugin says it is. */
  readonly manifest: JsonObject;
  /** Sends a message to the plugin, as one frame: a line, or what the handshake chose. */
  send(frame: Frame): void;
  /** Hears every frame of the plugin from now on, and those that came before. */
  onFrame(listener: (frame: Frame) => void): void;
  /** Resolves when the plugin has handled every event that was sent so far. */
  eventsHandled(): Promise<void>;
  /** Closes the plugin's input; resolves when it has finished, as its program would exit then. */
  end(): Promise<void>;
}

/**
 * Connects to a plugin in this process, by a dialect. Most tests want a {@link testHost}, which speaks for the host.
 *
 * Where `definePlugin` was given no manifest, the plugin has the `plugin.json` of the package that the test belongs to, or none
 * of its own.
 */
export function connect(plugin: Plugin, dialect = "crossplug/1"): Connection {
  const waiting: Frame[] = [];
  let listener: ((frame: Frame) => void) | undefined;
  let framing: Framing = "ndjson";
  let frameBytes = DEFAULT_LIMITS.frameBytes;
  // As over a pipe: the host hears of a frame in a turn of its own.
  const told = (frame: Frame): void =>
    queueMicrotask(() => (listener === undefined ? waiting.push(frame) : listener(frame)));
  const manifest = manifestForTest(plugin);
  const runtime = new Runtime(plugin, manifest, dialectByName(dialect), {
    send: told,
    sendBytes: told,
    framings: ["length"],
    agreed: (chosen, most) => {
      frameBytes = most;
      framing = chosen;
      reader.agreed(chosen, most);
    },
    complain: () => undefined,
  });
  const reader = new FrameReader(
    (frame) => runtime.receive(frame),
    () => {
      // A line is always whole here: it can only be too long, and ends the input as it would in a program.
      runtime.tooLong(frameBytes);
      void runtime.end();
    },
  );
  return {
    manifest,
    send: (frame) => reader.push(framed(frame, framing)),
    onFrame: (heard) => {
      listener = heard;
      for (const frame of waiting.splice(0)) heard(frame);
    },
    eventsHandled: () => runtime.eventsHandled(),
    end: () => runtime.end(),
  };
}
