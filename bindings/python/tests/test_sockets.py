"""What a plugin is told about sockets when it is started, and whom it lets in. The rest is tested from the hosts."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from crossplug.errors import UsageError
from crossplug.plugin import address
from crossplug.plugin.address import Address, Listener, judge, stranger
from crossplug.plugin.arguments import Arguments
from crossplug.plugin.guard import Guard, token_of


@pytest.mark.parametrize("line", ["--listen unix:run/a.sock", "--listen=unix:run/a.sock"])
def test_a_path_to_listen_at(line: str) -> None:
    told = Arguments(line.split())
    assert told.listen is not None
    assert (told.listen.path, told.connect, told.dialect) == ("run/a.sock", None, "crossplug/1")


def test_a_port_to_connect_to() -> None:
    told = Arguments(["--connect", "tcp:[::1]:4000"])
    assert told.connect is not None
    assert (told.connect.host, told.connect.port, str(told.connect)) == ("::1", 4000, "tcp:[::1]:4000")


@pytest.mark.parametrize(
    "line",
    [
        "--listen",
        "--listen run/a.sock",
        "--listen unix:",
        "--listen tcp:127.0.0.1",
        "--listen tcp:127.0.0.1:65536",
        "--listen unix:a --connect unix:b",
        "--listen unix:a --dialect elizaos-bridge/1",
        f"--listen unix:{'x' * 120}",
        "--serve",
    ],
)
def test_what_makes_no_sense(line: str) -> None:
    with pytest.raises(UsageError):
        Arguments(line.split())


def test_only_the_same_user_passes() -> None:
    assert judge(7, 7) is None
    assert "user 8" in (judge(7, 8) or "")
    assert judge(7, 0) is not None


def test_a_socket_of_ones_own_passes() -> None:
    one, other = socket.socketpair(socket.AF_UNIX)
    with one, other:
        assert stranger(one) is None


def test_a_token_that_was_told_is_asked_for() -> None:
    guard = Guard("secret", "", lambda: None)
    assert guard.admits("secret")
    assert not any(guard.admits(other) for other in ("", "Secret", "secret ", None))
    assert Guard("", "", lambda: None).admits(None)


def test_where_nobody_can_be_asked_a_token_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    unix, tcp = Address("unix:run/a.sock"), Address("tcp:127.0.0.1:0")
    monkeypatch.delenv("CROSSPLUG_TOKEN", raising=False)
    for listens in (True, False):
        with pytest.raises(UsageError, match="CROSSPLUG_TOKEN"):
            token_of(tcp, listens)
    monkeypatch.setattr(address, "CAN_ASK", False)
    with pytest.raises(UsageError):
        token_of(unix, True)
    assert token_of(unix, False) == ""
    monkeypatch.setenv("CROSSPLUG_TOKEN", "secret")
    assert token_of(tcp, True) == token_of(unix, False) == "secret"


def test_a_listener_takes_its_own_file_away_and_no_other(tmp_path: Path) -> None:
    os.chmod(tmp_path, 0o700)
    path = tmp_path / "a.sock"
    first = Listener(Address(f"unix:{path}"))
    assert path.stat().st_mode & 0o777 == 0o600
    path.unlink()
    path.write_text("another")
    first.take_away()
    assert path.read_text() == "another"
