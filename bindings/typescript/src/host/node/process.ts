// The process door: a plugin as a child process that speaks a dialect over its standard streams.

import { HostError } from "../../errors.js";
import type { Abilities, Door, Opening, Passage } from "../door.js";
import type { Home } from "../home.js";
import { checkSignal } from "../host.js";
import { Child } from "./child.js";
import { type Command, commandOf } from "./command.js";

/** Starts plugins as processes. */
export class ProcessDoor implements Door {
  readonly name = "process";
  readonly abilities: Abilities = { process: ["crossplug/1", "elizaos-bridge/1"] };

  async open(opening: Opening, home: Home): Promise<Passage> {
    const command = await commandOf(opening, (variable) => home.allowed.check("env", variable) === undefined);
    return startProcess(command, opening, home);
  }
}

/** Starts a process and has it initialised. @throws HostError, when nothing is left of it */
export async function startProcess(command: Command, opening: Opening, home: Home): Promise<Passage> {
  const { signal } = opening;
  checkSignal(signal);
  const child = await Child.start(command, opening, home);
  const giveUp = (): void => child.stop();
  signal?.addEventListener("abort", giveUp, { once: true });
  try {
    if (signal?.aborted) child.stop();
    return await child.open(opening);
  } catch (thrown) {
    // Nothing of it is left when the caller learns of it.
    await home.ending;
    throw thrown instanceof HostError ? thrown.in("load") : thrown;
  } finally {
    signal?.removeEventListener("abort", giveUp);
  }
}
