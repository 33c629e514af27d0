"""What all tests stand on."""

from __future__ import annotations

import signal


def pytest_configure() -> None:
    """Whoever starts the tests in the background of a shell without job control has Ctrl-C ignored, by Python and by
    whatever the tests start; here it is what it is for somebody at a terminal.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
