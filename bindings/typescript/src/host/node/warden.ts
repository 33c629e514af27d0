// Sees to it that plugins do not outlive their host, however that ends.
//
// A host that ends by itself kills the groups of its plugins in its last moment. For one that is killed there is a tiny process
// that outlives it just long enough: it reads a pipe whose other end only the host holds, each plugin's group is written to
// it, and when the pipe ends, groups that are still on the list are killed. There is one while there are plugins.

import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";

/** POSIX shell. A terminal's signals are for the host, which takes its plugins with it. */
const SCRIPT = `trap '' HUP INT QUIT TERM
groups=
while read -r what group; do
    case $what in
        +) groups="$groups $group" ;;
        -) left=
           for one in $groups; do [ "$one" = "$group" ] || left="$left $one"; done
           groups=$left ;;
    esac
done
for one in $groups; do kill -s KILL -- "-$one" 2>/dev/null; done
`;

const groups: Set<number> = new Set();
let warden: ChildProcess | undefined;

/** Puts a group on the list. `missing` is told where there can be no warden. */
export function watch(group: number, missing: (why: string) => void): void {
  if (groups.size === 0) process.on("exit", killAll);
  groups.add(group);
  if (warden === undefined) start(missing);
  else tell("+", group);
}

/** Takes a group off the list. */
export function forget(group: number): void {
  if (!groups.delete(group)) return;
  tell("-", group);
  if (groups.size > 0) return;
  process.removeListener("exit", killAll);
  // The end of its input ends it; nobody is left on its list.
  const done = warden;
  warden = undefined;
  done?.stdin?.end();
}

/** Sends a signal to a whole group, as long as anything of it is there. */
export function signalGroup(group: number, signal: "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(-group, signal);
  } catch {
    // Nothing of it is left.
  }
}

function start(missing: (why: string) => void): void {
  const started = spawn("/bin/sh", ["-c", SCRIPT, "crossplug-warden"], {
    cwd: "/",
    env: {},
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  warden = started;
  // It keeps no program running.
  started.unref();
  (started.stdin as Socket).unref();
  started.stdin.on("error", () => undefined);
  const gone = (): void => {
    if (warden === started) warden = undefined;
  };
  started.on("error", ({ message }) => {
    gone();
    missing(`no warden (${message}): what the plugin starts may outlive a host that is killed`);
  });
  started.on("exit", gone);
  for (const group of groups) tell("+", group);
}

function tell(what: "+" | "-", group: number): void {
  // An error means that the warden is gone: without it the plugin still sees the end of its input.
  warden?.stdin?.write(`${what} ${group}\n`);
}

function killAll(): void {
  for (const group of groups) signalGroup(group, "SIGKILL");
}
