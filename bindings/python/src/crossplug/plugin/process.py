"""``run``: a plugin as a process of its own, which speaks with its host over stdin and stdout.

Knows file descriptors, signals and the end of the process; nothing of what is said.
"""

from __future__ import annotations

import os
import sys
from _thread import allocate_lock, get_ident

from crossplug.errors import UsageError
from crossplug.plugin.input import Input
from crossplug.plugin.lifecycle import drain, stop
from crossplug.plugin.manifest import manifest_of
from crossplug.plugin.output import Pipe
from crossplug.plugin.plugin import Plugin
from crossplug.plugin.readers import Readers
from crossplug.plugin.serving import Serving
from crossplug.protocol.dialect import by_name
from crossplug.protocol.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

READ_BYTES = 1 << 16
"""Bytes asked for in one read: what a pipe holds."""
WRONG_USAGE = 2
"""Exit code for arguments that make no sense, and for a manifest that cannot be read."""


def run(plugin: Plugin | object, arguments: Sequence[str] | None = None) -> None:
    """Serves a plugin over stdin and stdout until the host closes stdin; then returns.

    ``plugin`` is a :class:`Plugin`, or an object of a class that derives from a generated interface class. The
    program's argument ``--dialect NAME`` chooses the dialect (``crossplug/1``). From here on stdout belongs to the
    protocol: what the program prints goes to the host's log, and to stderr before there is one.

    A message beyond the cap ends the program with code 1, after what is in flight.
    """
    if not isinstance(plugin, Plugin):
        plugin = Plugin(type(plugin).__name__, plugin)
    try:
        dialect = by_name(_dialect(sys.argv[1:] if arguments is None else arguments), _is_debugged())
        manifest = manifest_of(plugin)
    except UsageError as error:
        print(error, file=sys.stderr)
        raise SystemExit(WRONG_USAGE) from None
    incoming, outgoing = os.dup(0), os.dup(1)
    os.set_blocking(incoming, True)  # some hosts hand over an end that is not
    os.dup2(2, 1)
    sys.stdout.flush()  # what was printed before now goes to stderr, too
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    serving = Serving(plugin, Session(dialect), manifest, Pipe(outgoing))
    stdout = sys.stdout
    from crossplug.plugin.prints import Prints

    sys.stdout = prints = Prints(2, serving.log_print)
    frames = Input(serving, _reader(incoming))
    code = 0
    ending = allocate_lock()  # whoever takes it ends the process, and nobody else
    try:
        _on_sigterm()
        serving.open()
        readers = Readers(serving, frames.next)
        readers.on_end = _ending(serving, frames, ending)
        readers.run()
        drain(serving)
        code = int(frames.broken)
    except _Terminated:
        drain(serving, 0)
    except KeyboardInterrupt:
        code = 130
    finally:
        ending.acquire()
        stop(serving)
        prints.end()
        serving.output.finish()
        sys.stdout = stdout
    if code or serving.in_flight():
        # A handler that heeds nothing would keep the interpreter from ending.
        sys.stderr.flush()
        os._exit(code)


def _is_debugged() -> bool:
    """elizaOS's switches, for a dialect whose host cannot say it: on where one is set to anything that means yes."""
    switches = (os.environ.get(name, "").lower() for name in ("ELIZA_INTEROP_DEBUG", "LOG_DIAGNOSTIC"))
    return any(switch not in ("", "0", "false") for switch in switches)


def _dialect(arguments: Sequence[str]) -> str:
    name = "crossplug/1"
    for at, argument in enumerate(arguments):
        if argument == "--dialect":
            if at + 1 == len(arguments):
                raise UsageError("--dialect needs a name, such as crossplug/1")
            name = arguments[at + 1]
        elif argument.startswith("--dialect="):
            name = argument[len("--dialect=") :]
    return name


def _reader(fd: int) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            return os.read(fd, READ_BYTES)
        except OSError:  # the host went without closing its end properly
            return b""

    return read


def _ending(serving: Serving, frames: Input, ending: Any) -> Callable[[], None]:
    """Ends the process where the main thread cannot: it may be in a handler that heeds nothing."""
    main = get_ident()

    def end() -> None:
        if get_ident() != main and not drain(serving) and ending.acquire(False):
            stop(serving)
            serving.output.finish()
            sys.stderr.flush()
            os._exit(int(frames.broken))

    return end


class _Terminated(KeyboardInterrupt):
    """SIGTERM, on its way up the main thread."""


def _on_sigterm() -> None:
    import signal

    def terminate(number: int, frame: object) -> None:
        raise _Terminated

    try:
        signal.signal(signal.SIGTERM, terminate)
    except ValueError:
        pass  # not the main thread: whoever started us deals with signals
