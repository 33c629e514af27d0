// A plugin and its host in one process: frames go over as text, nothing else is left out. Knows no message.

import type { JsonObject } from "../json/value.js";
import type { Plugin } from "../plugin/define.js";
import { dialectByName } from "../plugin/dialects.js";
import { FrameReader } from "../plugin/frames.js";
import { manifestForTest } from "../plugin/manifest.js";
import { Runtime } from "../plugin/runtime.js";
import { DEFAULT_LIMITS } from "../plugin/session/limits.js";

/** A conversation with a plugin, frame by frame. */
export interface Connection {
  /** What the plugin says it is. */
  readonly manifest: JsonObject;
  /** Sends text to the plugin, as one line. */
  send(line: string): void;
  /** Hears every frame of the plugin from now on, and those that came before. */
  onFrame(listener: (frame: string) => void): void;
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
  const waiting: string[] = [];
  let listener: ((frame: string) => void) | undefined;
  let frameBytes = DEFAULT_LIMITS.frameBytes;
  const manifest = manifestForTest(plugin);
  const runtime = new Runtime(plugin, manifest, dialectByName(dialect), {
    // As over a pipe: the host hears of a frame in a turn of its own.
    send: (frame) => queueMicrotask(() => (listener === undefined ? waiting.push(frame) : listener(frame))),
    agreed: (framing, most) => {
      frameBytes = most;
      reader.agreed(framing, most);
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
    send: (line) => reader.push(Buffer.from(`${line}\n`)),
    onFrame: (heard) => {
      listener = heard;
      for (const frame of waiting.splice(0)) heard(frame);
    },
    eventsHandled: () => runtime.eventsHandled(),
    end: () => runtime.end(),
  };
}
