"""The host over sockets, with the subject of each SDK: it listens or connects, and is found again as it was left."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from crossplug.host import DeniedError, DiedError, Encoding, Host, StartError
from host.conftest import SUBJECTS, _there

TOKEN = "a-secret-of-the-tests"
COMMANDS: dict[str, list[str]] = {
    "python": [sys.executable, str(SUBJECTS["python"] / "plugin.py")],
    "typescript": ["node", str(SUBJECTS["typescript"] / "dist/plugin.js")],
    "rust": [str(SUBJECTS["rust"])],
}
Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Whose name is short enough for a socket in it."""
    made = Path(tempfile.mkdtemp(prefix="cp", dir="/tmp"))
    yield made
    shutil.rmtree(made)


@pytest.fixture(params=list(COMMANDS))
def start(request: pytest.FixtureRequest, folder: Path) -> Iterator[Start]:
    """Starts the subject of a language with these arguments."""
    if not _there(request.param):
        assert not os.environ.get("CI"), f"the subject in {request.param} is not built"
        pytest.skip(f"the subject in {request.param} is not built")
    started: list[subprocess.Popen[bytes]] = []

    def run(*arguments: str) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "CROSSPLUG_TOKEN": TOKEN, "CROSSPLUG_MANIFEST": str(folder / "plugin.json")}
        command = [*COMMANDS[request.param], *arguments]
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def _manifest(folder: Path, door: dict[str, Any]) -> Path:
    manifest = json.loads((SUBJECTS["python"] / "plugin.json").read_text())
    (folder / "plugin.json").write_text(json.dumps({**manifest, "doors": {"socket": door}}))
    return folder


def _address(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None
    said: str = json.loads(process.stdout.readline())["listening"]
    return said


def test_a_plugin_that_listens_outlives_its_hosts(start: Start, folder: Path) -> None:
    _manifest(folder, {"unix": "run/p.sock"})
    process = start("--listen", f"unix:{folder}/run/p.sock")
    _address(process)
    encodings: list[Encoding] = ["json", "msgpack", "json"]
    for turn, encoding in enumerate(encodings):
        with Host(encoding=encoding) as host:
            plugin = host.load_blocking(folder, token=TOKEN, config={"turn": turn})
            assert plugin.encoding == encoding
            assert plugin.call_blocking("test.echo", {"text": "é"}) == {"text": "é"}
            assert plugin.call_blocking("test.context")["config"] == {"turn": turn}
            with pytest.raises(StartError, match="another host"):
                host.load_blocking(folder, token=TOKEN)
    with Host() as host:
        for wrong in (None, "another"):
            with pytest.raises(DeniedError):
                host.load_blocking(folder, token=wrong)
    assert process.poll() is None


def test_the_same_over_tcp_and_its_death(start: Start, folder: Path) -> None:
    _manifest(folder, {"tcp": "127.0.0.1:1"})
    process = start("--listen", "tcp:127.0.0.1:0")
    _manifest(folder, {"tcp": _address(process).removeprefix("tcp:")})

    async def talk() -> None:
        async with Host() as host:
            plugin = await host.load(folder, token=TOKEN)
            hanging = asyncio.ensure_future(plugin.call("test.hang"))
            assert await plugin.call("test.echo", {"text": "x"}) == {"text": "x"}
            process.kill()
            with pytest.raises(DiedError):
                await hanging

    asyncio.run(talk())


def test_a_host_that_listens(start: Start, folder: Path) -> None:
    _manifest(folder, {"unix": "run/h.sock", "listen": "host"})
    socket = folder / "run/h.sock"
    with Host() as host:
        loaded: list[Any] = []
        loading = threading.Thread(target=lambda: loaded.append(host.load_blocking(folder, token=TOKEN)))
        loading.start()
        while not socket.exists():
            pass
        process = start("--connect", f"unix:{socket}")
        loading.join()
        assert loaded[0].call_blocking("test.echo", {"text": "x"}) == {"text": "x"}
    assert process.wait() == 0
