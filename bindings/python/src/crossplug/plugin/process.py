"""``run``: a plugin as a process of its own, which speaks with its host over stdin and stdout.

Knows file descriptors, signals and the end of the process; nothing of what is said.
"""

from __future__ import annotations

import os
import sys
from _thread import allocate_lock, get_ident, start_new_thread

from crossplug.errors import UsageError
from crossplug.plugin.arguments import Arguments
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

    from crossplug.plugin.prints import Prints

READ_BYTES = 1 << 16
"""Bytes asked for in one read: what a pipe holds."""
WRONG_USAGE = 2
"""Exit code for arguments that make no sense, and for a manifest that cannot be read."""
NOBODY = 5
"""Exit code where the system does not let us listen or connect."""


def run(plugin: Plugin | object, arguments: Sequence[str] | None = None) -> None:
    """Serves a plugin over stdin and stdout until the host closes stdin; then returns. Or over sockets: see below.

    ``plugin`` is a :class:`Plugin`, or an object of a class that derives from a generated interface class. The
    program's argument ``--dialect NAME`` chooses the dialect (``crossplug/1``). From here on stdout belongs to the
    protocol: what the program prints goes to the host's log, and to stderr before there is one.

    With the argument ``--listen ADDRESS`` it serves one host after another on a socket, until SIGTERM; with ``--connect
    ADDRESS`` it serves a host that listens. Addresses are ``unix:PATH`` and ``tcp:HOST:PORT``.

    A message beyond the cap ends the program with code 1, after what is in flight. SIGTERM ends it as the end of stdin
    does.
    """
    if not isinstance(plugin, Plugin):
        plugin = Plugin(type(plugin).__name__, plugin)
    try:
        told = Arguments(sys.argv[1:] if arguments is None else arguments)
        dialect = by_name(told.dialect, _is_debugged())
        manifest = manifest_of(plugin)
        if told.listen or told.connect:
            _run_on_a_socket(plugin, manifest, told)
            return
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
    main = get_ident()
    ending = allocate_lock()  # whoever takes it ends the process, and nobody else
    try:
        readers = Readers(serving, frames.next)
        end = _ending(serving, frames, prints, ending)
        readers.on_end = lambda: None if get_ident() == main else end(False)
        _on_sigterm(serving, readers, end)
        serving.open()
        readers.run()
        drain(serving)
        code = int(frames.broken)
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


def _run_on_a_socket(plugin: Plugin, manifest: dict[str, Any], told: Arguments) -> None:
    from crossplug.plugin import sockets

    try:
        if told.listen:
            sockets.listen(plugin, manifest, told.listen)
        elif told.connect:
            code = sockets.connect(plugin, manifest, told.connect)
            sys.stderr.flush()
            os._exit(code)  # a handler that heeds nothing would keep the interpreter from ending
    except OSError as error:
        print(error, file=sys.stderr)
        raise SystemExit(NOBODY) from None
    except KeyboardInterrupt:
        sys.stderr.flush()
        os._exit(130)


def _is_debugged() -> bool:
    """elizaOS's switches, for a dialect whose host cannot say it: on where one is set to anything that means yes."""
    switches = (os.environ.get(name, "").lower() for name in ("ELIZA_INTEROP_DEBUG", "LOG_DIAGNOSTIC"))
    return any(switch not in ("", "0", "false") for switch in switches)


def _reader(fd: int) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            return os.read(fd, READ_BYTES)
        except OSError:  # the host went without closing its end properly
            return b""

    return read


def _ending(serving: Serving, frames: Input, prints: Prints, ending: Any) -> Callable[[bool], None]:
    """Ends the process where the main thread cannot: it may be in a handler that heeds nothing, or wait for input."""

    def end(must: bool) -> None:
        if (must or not drain(serving)) and ending.acquire(False):
            stop(serving)
            prints.end()
            serving.output.finish()
            sys.stderr.flush()
            os._exit(int(frames.broken))

    return end


def _on_sigterm(serving: Serving, readers: Readers, end: Callable[[bool], None]) -> None:
    """SIGTERM is the end of the input; one behind it ends the grace."""
    import signal

    def wind_up() -> None:
        readers.end()
        drain(serving)
        end(True)

    def terminate(number: int, frame: object) -> None:
        if readers.ended:
            serving.hurried = True
        else:  # the main thread may be in a handler, which has its grace
            start_new_thread(wind_up, ())

    try:
        signal.signal(signal.SIGTERM, terminate)
    except ValueError:
        pass  # not the main thread: whoever started us deals with signals
