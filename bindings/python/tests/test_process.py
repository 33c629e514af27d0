"""A plugin as a process: what stdout, signals, threads and the end of input do to it. Talks to it by raw lines."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

SOURCES = Path(__file__).parents[1] / "src"
INITIALIZE = {
    "protocol": {"version": "1.0"},
    "host": {"name": "t", "version": "1"},
    "instanceId": "i",
    "config": {},
    "granted": {"services": ["kv.get"]},
}


class Process:
    """A plugin's process and its lines."""

    def __init__(self, program: Path, *arguments: str, env: dict[str, str] | None = None) -> None:
        self.popen = subprocess.Popen(
            [sys.executable, str(program), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(SOURCES), **(env or {})},
        )
        self.folder = program.parent
        self.lines: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.stderr = b""
        self.threads = [threading.Thread(target=read, daemon=True) for read in (self._read, self._drain)]
        for thread in self.threads:
            thread.start()

    def _read(self) -> None:
        assert self.popen.stdout is not None
        for line in self.popen.stdout:
            self.lines.put(json.loads(line) if line.startswith(b"{") else line)
        self.lines.put(None)

    def _drain(self) -> None:
        assert self.popen.stderr is not None
        while data := os.read(self.popen.stderr.fileno(), 65536):
            self.stderr += data

    def raw(self, data: bytes) -> None:
        assert self.popen.stdin is not None
        self.popen.stdin.write(data)
        self.popen.stdin.flush()

    def send(self, **message: Any) -> None:
        self.raw(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")

    def next(self, logs: bool = False) -> Any:
        while True:
            message = self.lines.get(timeout=10)
            if logs or not isinstance(message, dict) or message.get("method") != "$/log":
                return message

    def call(self, id: int, method: str, params: Any = None) -> Any:
        self.send(id=id, method=method, params=params)
        reply = self.next()
        assert reply["id"] == id, reply
        return reply.get("result", reply.get("error"))

    def initialize(self, **more: Any) -> Any:
        return self.call(1, "initialize", {**INITIALIZE, **more})

    def end(self, timeout: float = 10) -> int:
        assert self.popen.stdin is not None
        self.popen.stdin.close()
        code = self.popen.wait(timeout)
        for thread in self.threads:
            thread.join(10)
        return code


Start = Callable[..., Process]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Process] = []

    def begin(source: str, *arguments: str, env: dict[str, str] | None = None) -> Process:
        program = tmp_path / "plugin.py"
        head = "import time, sys, os, asyncio\nfrom crossplug import *\nplugin = Plugin('p', version='1.0.0')\n"
        program.write_text(head + textwrap.dedent(source) + "\nrun(plugin)\n")
        started.append(Process(program, *arguments, env=env))
        return started[-1]

    yield begin
    for process in started:
        process.popen.kill()
        process.popen.wait()
        for thread in process.threads:
            thread.join(10)
        for pipe in (process.popen.stdin, process.popen.stdout, process.popen.stderr):
            assert pipe is not None
            pipe.close()


PRINTS = """
    @plugin.method("print")
    def prints(ctx, params):
        print(params)
        sys.stdout.buffer.write(b"bytes\\n")
        sys.stdout.flush()
        os.write(1, b"from below\\n")
        os.system("echo from a child")
        return sys.stdin.read()
"""


def test_prints_before_run_and_pipes_that_do_not_block(start: Start) -> None:
    process = start(
        """
        print("early")
        os.set_blocking(0, False)
        os.set_blocking(1, False)
        plugin.method("big")(lambda ctx, params: "x" * 1_000_000)
        """,
        env={"PYTHONUNBUFFERED": ""},
    )
    process.initialize()
    process.send(id=2, method="big")
    time.sleep(0.2)
    assert len(process.next()["result"]) == 1_000_000
    assert process.end() == 0
    assert process.stderr == b"early\n"


def test_prints_of_every_kind_stay_out_of_the_protocol(start: Start) -> None:
    process = start(PRINTS)
    process.initialize()
    process.send(id=2, method="print", params="hé")
    logs = [process.next(logs=True), process.next(logs=True)]
    assert [log["params"] for log in logs] == [
        {"level": "info", "message": "hé", "fields": {"stream": "stdout"}},
        {"level": "info", "message": "bytes", "fields": {"stream": "stdout"}},
    ]
    assert process.next(logs=True) == {"jsonrpc": "2.0", "id": 2, "result": ""}
    assert process.end() == 0
    assert process.stderr.splitlines() == [b"from below", b"from a child"]


def test_a_plugin_that_starts_answers_whoever_is_too_early(start: Start) -> None:
    process = start(
        """
        @plugin.on_start
        def begin(ctx):
            for act in (lambda: ctx.call_blocking("early"), lambda: ctx.emit("early")):
                try:
                    act()
                except PluginError as error:
                    print(error.code, file=sys.stderr)
            while not os.path.exists(ctx.config["go"]):
                time.sleep(0.001)

        plugin.method("nothing")(lambda ctx, params: None)
        """
    )
    go = process.folder / "go"
    process.send(id=1, method="initialize", params={**INITIALIZE, "config": {"go": str(go)}})
    for id, method in ((2, "nothing"), (3, "ping"), (4, "initialize")):
        assert process.call(id, method)["data"]["code"] == "failedPrecondition"
    go.touch()
    assert process.next()["result"]["protocol"]["version"] == "1.0"
    assert process.call(5, "nothing") is None
    assert process.end() == 0
    assert process.stderr.split() == [b"unavailable", b"unavailable"]


def test_the_log_goes_to_stderr_where_the_dialect_has_none(start: Start) -> None:
    process = start("plugin.on_start(lambda ctx: ctx.log.warn('careful', at=1))", "--dialect", "elizaos-bridge/1")
    assert process.next()["type"] == "ready"
    process.raw(b'{"type":"plugin.init","id":"1","config":{}}\n')
    assert process.next()["type"] == "plugin.init.result"
    assert process.end() == 0
    assert process.stderr == b"warn: careful {'at': 1}\n"


def test_an_event_that_is_being_handled_delays_the_end(start: Start) -> None:
    process = start(
        """
        @plugin.event("slow")
        async def slow(ctx, event):
            await asyncio.sleep(0.2)
            ctx.log.info("handled")

        plugin.on_stop(lambda ctx: ctx.log.info("stopped"))
        """
    )
    process.initialize()
    process.send(method="$/event", params={"name": "slow", "seq": 1, "payload": None})
    assert process.end() == 0
    assert [process.next(logs=True)["params"]["message"] for _ in range(2)] == ["handled", "stopped"]


def test_prints_go_to_stderr_before_the_session_is_open_and_then_to_the_log_only(start: Start) -> None:
    process = start(
        """
        plugin.on_start(lambda ctx: print("start"))
        plugin.on_stop(lambda ctx: print("without an end", end=""))
        plugin.method("print")(lambda ctx, params: print("call"))
        """
    )
    process.initialize()
    process.send(id=2, method="print")
    assert process.end() == 0
    lines = [process.next(logs=True) for _ in range(3)]
    assert [line["params"]["message"] for line in lines if "method" in line] == ["call", "without an end"]
    assert process.stderr == b"start\n"


@pytest.mark.parametrize("dialect", ["crossplug/1", "elizaos-bridge/1"])
def test_a_megabyte_of_prints_disturbs_nothing(start: Start, dialect: str) -> None:
    process = start(
        """
        @plugin.method("action.invoke")
        def prints(ctx, params):
            print("x" * 1_000_000)
            for number in range(1000):
                print(number)
            return {"success": True}
        """,
        "--dialect",
        dialect,
    )
    if dialect == "crossplug/1":
        process.initialize()
        assert process.call(2, "action.invoke", {}) == {"success": True}
    else:
        assert process.next()["type"] == "ready"
        process.raw(b'{"type":"plugin.init","id":"req_1","config":{}}\n')
        assert process.next() == {"type": "plugin.init.result", "id": "req_1", "success": True}
        process.raw(b'{"type":"action.invoke","id":"req_2","action":"A","memory":{},"state":null,"options":{}}\n')
        assert process.next() == {"type": "action.result", "id": "req_2", "result": {"success": True}}
    assert process.end() == 0
    assert (len(process.stderr) > 1_000_000) == (dialect != "crossplug/1")


def test_a_character_split_across_two_reads_arrives_whole(start: Start) -> None:
    process = start("plugin.method('echo')(lambda ctx, params: params)")
    process.initialize()
    line = (
        json.dumps({"jsonrpc": "2.0", "id": 2, "method": "echo", "params": "😀"}, ensure_ascii=False).encode() + b"\n"
    )
    at = line.index("😀".encode()) + 2
    process.raw(line[:at])
    time.sleep(0.1)
    process.raw(line[at:])
    assert process.next()["result"] == "😀"


BUSY = {
    "plain sleep": ("def", "time.sleep(1.5)"),
    "plain computation": ("def", "end = time.monotonic() + 1.5\n        while time.monotonic() < end: pass"),
    "coroutine that blocks": ("async def", "time.sleep(1.5)"),
    "coroutine": ("async def", "await asyncio.sleep(1.5)"),
}


@pytest.mark.parametrize("kind", BUSY)
def test_a_busy_handler_delays_neither_ping_nor_calls(start: Start, kind: str) -> None:
    define, body = BUSY[kind]
    process = start(
        f"""
    @plugin.method("busy")
    {define} busy(ctx, params):
        if params: return "quick"
        {body}
        return ctx.cancelled
    plugin.method("echo")(lambda ctx, params: params)
    """
    )
    process.initialize()
    for number in range(20):  # so that the handler counts as a quick one
        assert process.call(100 + number, "busy", 1) == "quick"
    process.send(id=2, method="busy")
    began = time.monotonic()
    for number in range(3, 13):
        assert process.call(number, "ping") is None
        assert process.call(100 + number, "echo", number) == number
    assert time.monotonic() - began < 0.7
    process.send(method="$/cancel", params={"id": 2})
    process.send(id=50, method="ping")
    replies: dict[int, Any] = {}
    while len(replies) < 2:
        reply = process.next()
        replies[reply["id"]] = reply
        if reply["id"] == 50:
            assert time.monotonic() - began < 1.2
    assert replies[2].get("result") is True or replies[2]["error"]["data"]["code"] == "cancelled"
    if kind == "coroutine":
        assert time.monotonic() - began < 1.2


@pytest.mark.parametrize("define", ["def", "async def"])
def test_calls_run_side_by_side(start: Start, define: str) -> None:
    pause = "time.sleep(0.3)" if define == "def" else "await asyncio.sleep(0.3)"
    process = start(f"@plugin.method('wait')\n{define} wait(ctx, params):\n    {pause}\n    return params")
    process.initialize()
    began = time.monotonic()
    for number in range(10):
        process.send(id=10 + number, method="wait", params=number)
    assert sorted(process.next()["result"] for _ in range(10)) == list(range(10))
    assert time.monotonic() - began < 1.2


def test_more_plain_calls_than_threads(start: Start) -> None:
    process = start("@plugin.method('wait')\ndef wait(ctx, params):\n    time.sleep(0.05)\n    return params")
    process.initialize()
    for number in range(100):
        process.send(id=10 + number, method="wait", params=number)
    process.send(id=5, method="ping")
    replies = [process.next() for _ in range(101)]
    assert [reply["id"] for reply in replies].index(5) < 50, "the ping waited for the calls"
    assert sorted(reply["result"] for reply in replies if reply["id"] != 5) == list(range(100))


def test_services_from_many_threads(start: Start) -> None:
    process = start(
        """
    @plugin.method("ask")
    def ask(ctx, params):
        return [ctx.call_blocking("kv.get", params), ctx.call_blocking("kv.get", params, timeout=5)]
    """
    )
    process.initialize()

    def answer(expected: int) -> list[Any]:
        results: list[Any] = []
        while len(results) < expected:
            message = process.next()
            if message.get("method") == "kv.get":
                process.send(id=message["id"], result=message["params"] + 1)
            else:
                results.append(message["result"])
        return results

    for number in range(50):
        process.send(id=10 + number, method="ask", params=number)
        assert answer(1) == [[number + 1, number + 1]]
    for number in range(50):
        process.send(id=1000 + number, method="ask", params=number)
    assert sorted(answer(50)) == [[number + 1, number + 1] for number in range(50)]


def test_a_call_that_waits_for_its_host_delays_nothing(start: Start) -> None:
    process = start(
        """
    plugin.method("ask")(lambda ctx, params: ctx.call_blocking("kv.get", params))
    plugin.method("echo")(lambda ctx, params: params)
    """
    )
    process.initialize()
    for _ in range(3):  # the first one hands reading over, the later ones read on themselves
        process.send(id=2, method="ask", params="k")
        asked = process.next()
        assert process.call(3, "ping") is None
        assert process.call(4, "echo", "x") == "x"
        process.send(id=asked["id"], result="v")
        assert process.next() == {"jsonrpc": "2.0", "id": 2, "result": "v"}


def test_an_unserialisable_result_fails_alone(start: Start) -> None:
    process = start(
        """
    plugin.method("bad")(lambda ctx, params: object())
    plugin.method("good")(lambda ctx, params: time.sleep(0.1) or params)
    """
    )
    process.initialize()
    process.send(id=2, method="good", params="fine")
    process.send(id=3, method="bad")
    replies = {reply["id"]: reply for reply in (process.next(), process.next())}
    assert replies[2]["result"] == "fine"
    assert replies[3]["error"]["data"]["code"] == "internal"


def test_the_end_of_input_waits_for_what_is_in_flight(start: Start) -> None:
    process = start("@plugin.method('wait')\ndef wait(ctx, params):\n    time.sleep(0.3)\n    return 1")
    process.initialize()
    process.send(id=2, method="wait")
    process.call(3, "ping")
    assert process.end() == 0
    assert process.next() == {"jsonrpc": "2.0", "id": 2, "result": 1}


def test_half_a_message_at_the_end_of_the_input_is_said_and_is_an_end_as_any(start: Start) -> None:
    process = start("plugin.method('nothing')(lambda ctx, params: None)")
    process.initialize()
    process.raw(b'{"jsonrpc":"2.0","id":2,"method":"noth')
    assert process.end() == 0
    assert process.next() is None
    assert b"the input ended within a message" in process.stderr


@pytest.mark.parametrize("first", [True, False], ids=["in the main thread", "in another thread"])
def test_a_handler_that_heeds_nothing_does_not_keep_the_process(start: Start, first: bool) -> None:
    process = start(
        """
    from crossplug.plugin import lifecycle
    lifecycle.GRACE = lifecycle.LAST_GRACE = 0.2
    lifecycle.drain.__defaults__ = (0.2,)
    @plugin.method("hang")
    def hang(ctx, params):
        while True: time.sleep(1)
    """
    )
    process.initialize()
    if not first:
        process.send(id=9, method="nope")
        process.send(id=2, method="hang")
    process.send(id=3, method="hang")
    time.sleep(0.1)
    began = time.monotonic()
    assert process.end() == 0
    assert time.monotonic() - began < 3


def test_sigterm_is_the_end_of_the_input(start: Start) -> None:
    process = start(
        """
    @plugin.method("wait")
    def wait(ctx, params):
        time.sleep(0.3)
        return 1
    plugin.on_stop(lambda ctx: print("stopped"))
    """
    )
    process.initialize()
    process.send(id=2, method="wait")
    process.call(3, "ping")
    process.popen.send_signal(signal.SIGTERM)
    assert process.popen.wait(5) == 0
    assert process.next(logs=True)["result"] == 1
    assert process.next(logs=True)["params"]["message"] == "stopped"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("busy", [False, True])
def test_signals_end_it_quietly(start: Start, number: signal.Signals, busy: bool) -> None:
    """The second SIGTERM ends the grace."""
    process = start(
        """
    plugin.method("hang")(lambda ctx, params: ctx.wait_cancelled_blocking())
    plugin.on_stop(lambda ctx: print("stopped"))
    """
    )
    process.initialize()
    if busy:
        process.send(id=2, method="hang")
        process.call(3, "ping")
    process.popen.send_signal(number)
    if number == signal.SIGTERM and busy:
        time.sleep(0.1)  # two signals that come at once may be one
        process.popen.send_signal(number)
    assert process.popen.wait(5) == (0 if number == signal.SIGTERM else 130)
    for thread in process.threads:
        thread.join(10)
    assert process.stderr == b""
    said: list[Any] = []
    while (message := process.next(logs=True)) is not None:
        said.append(message.get("params", {}).get("message"))
    assert "stopped" in said


def test_shutdown(start: Start) -> None:
    process = start("@plugin.method('wait')\ndef wait(ctx, params):\n    time.sleep(0.2)\n    return 1")
    process.initialize()
    process.send(id=2, method="wait")
    process.send(id=3, method="shutdown")
    process.send(id=4, method="wait")
    assert process.next()["error"]["data"]["code"] == "unavailable"
    assert process.next() == {"jsonrpc": "2.0", "id": 2, "result": 1}
    assert process.next() == {"jsonrpc": "2.0", "id": 3, "result": None}
    assert process.end() == 0


def test_length_framing_holds_from_the_message_after_initialize(start: Start) -> None:
    process = start("plugin.method('echo')(lambda ctx, params: params)")
    offer = {"version": "1.0", "framings": ["pigeon", "length", "ndjson"]}
    chosen = process.initialize(protocol=offer)["protocol"]
    assert chosen["framing"] == "length"
    body = json.dumps({"jsonrpc": "2.0", "id": 2, "method": "echo", "params": "\n"}).encode()
    process.raw(len(body).to_bytes(4, "big") + body)
    assert process.end() == 0
    reply = b'{"jsonrpc":"2.0","id":2,"result":"\\n"}'
    assert process.next() == len(reply).to_bytes(4, "big") + reply


@pytest.mark.parametrize("debug", [False, True])
def test_traces_only_where_the_host_debugs(start: Start, debug: bool) -> None:
    process = start("@plugin.method('fail')\ndef fail(ctx, params):\n    raise ValueError('on purpose')")
    process.initialize(debug=debug)
    error = process.call(2, "fail")
    assert error["message"] == "ValueError: on purpose"
    assert ("trace" in error["data"].get("details", {})) == debug


def test_elizaos_traces_only_where_debugging_is_on(start: Start) -> None:
    source = "@plugin.method('action.invoke')\ndef fail(ctx, params):\n    raise ValueError('on purpose')"
    switched = ({"ELIZA_INTEROP_DEBUG": "1"}, {"LOG_DIAGNOSTIC": "yes"})
    for env, expected in ((None, False), ({"ELIZA_INTEROP_DEBUG": "False"}, False), *((env, True) for env in switched)):
        process = start(source, "--dialect", "elizaos-bridge/1", env=env)
        process.next()
        process.raw(b'{"type":"plugin.init","id":"a","config":{}}\n{"type":"action.invoke","id":"b","action":"X"}\n')
        assert process.next()["success"] is True
        reply = process.next()
        assert (reply["type"], reply["id"], reply["error"]) == ("error", "b", "ValueError: on purpose")
        assert ("details" in reply) == expected


def test_the_manifest_beside_the_program_goes_before_the_code(start: Start, tmp_path: Path) -> None:
    (tmp_path / "plugin.json").write_text('{"name": "beside"}')
    assert start("").initialize()["manifest"] == {"name": "beside"}
    other = tmp_path / "other.json"
    other.write_text('{"name": "named"}')
    assert start("", env={"CROSSPLUG_MANIFEST": str(other)}).initialize()["manifest"] == {"name": "named"}
    for broken in ("{", "[]"):
        other.write_text(broken)
        refused = start("", env={"CROSSPLUG_MANIFEST": str(other)})
        assert refused.popen.wait(10) == 2


def test_a_plain_plugin_imports_nothing_heavy(start: Start) -> None:
    process = start(
        """
    sys.modules.pop("asyncio", None)
    for name in ("asyncio", "typing", "dataclasses", "inspect", "threading", "logging"):
        sys.modules.pop(name, None)
    plugin.method("modules")(lambda ctx, params: sorted(sys.modules))
    """
    )
    process.initialize()
    assert not {"asyncio", "typing", "dataclasses", "inspect", "threading"} & set(process.call(2, "modules"))


@pytest.mark.parametrize("arguments", [("--verbose",), ("--dialect",), ("--dialect", "crossplug/1", "x")])
def test_arguments_that_make_no_sense_are_refused(start: Start, arguments: tuple[str, ...]) -> None:
    process = start("", *arguments)
    assert process.popen.wait(10) == 2
    process.threads[1].join(10)
    assert process.next() is None
    assert b"--dialect" in process.stderr


def test_an_unknown_dialect_is_named(start: Start) -> None:
    process = start("", "--dialect", "telepathy/1")
    assert process.popen.wait(10) == 2
    process.threads[1].join(10)
    assert b"no dialect is named 'telepathy/1'" in process.stderr
