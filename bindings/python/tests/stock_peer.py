"""A plugin that uses nothing of this project: a stock JSON-RPC library, and lines.

``python stock_peer.py`` talks over stdin and stdout, ``python stock_peer.py PATH`` listens on a Unix socket. What it
does not know of the protocol, a stranger need not know: it has no types, no streams, and does one thing after another.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from typing import IO, Any

from jsonrpc import Dispatcher, JSONRPCResponseManager  # type: ignore[import-untyped]
from jsonrpc.exceptions import JSONRPCDispatchException  # type: ignore[import-untyped]
from jsonrpc.jsonrpc2 import JSONRPC20Request  # type: ignore[import-untyped]


class Session:
    """One host."""

    def __init__(self, stream: IO[bytes], write: Any, counter: dict[str, int]) -> None:
        self._stream = stream
        self._write = write
        self._counter = counter
        self._next = 0
        self._config: Any = {}
        self._has_deadline = False
        self._emitted = 0
        self._replies: dict[int, dict[str, Any]] = {}
        methods = {
            "initialize": self._initialize,
            "ping": lambda: None,
            "shutdown": lambda: None,
            "test.nothing": self._nothing,
            "test.echo": lambda **params: params,
            "test.fail": self._fail,
            "test.ask": self._ask,
            "test.context": self._context,
            "test.crash": self._crash,
            "test.emit": self._emit,
            "test.log": self._log,
            "$/event": self._happened,
        }
        self._methods = Dispatcher(methods)

    def run(self) -> None:
        """Answers until the host says nothing more."""
        for line in self._stream:
            self._take(json.loads(line))

    def _take(self, message: dict[str, Any]) -> None:
        if "method" not in message:
            self._replies[message["id"]] = message
            return
        # The library refuses members that JSON-RPC does not name.
        self._has_deadline = "timeoutMs" in message.pop("meta", {})
        answer = JSONRPCResponseManager.handle(json.dumps(message), self._methods)
        if answer is not None:
            self._write(answer.json.encode() + b"\n")

    def _initialize(self, **params: Any) -> dict[str, Any]:
        self._config = params.get("config", {})
        if params.get("token", "") != os.environ.get("CROSSPLUG_TOKEN", ""):
            raise JSONRPCDispatchException(code=-32001, message="another token", data={"code": "permissionDenied"})
        return {
            "protocol": {"version": "1.0"},
            "manifest": {"name": "stock-peer", "version": "1.0.0"},
            "interfaces": {"conformance": {"version": "1.0.0"}},
        }

    def _nothing(self) -> None:
        self._counter["calls"] = self._counter.get("calls", 0) + 1

    def _fail(self, code: str, message: str, details: Any = None) -> None:
        data = {"code": code, "details": {"calls": self._counter.get("calls", 0)} if details is None else details}
        raise JSONRPCDispatchException(code=-32100, message=message, data=data)

    def _ask(self, question: str) -> Any:
        self._next -= 1
        own = self._next
        request = JSONRPC20Request("test.answer", {"question": question}, _id=own)
        self._write(request.json.encode() + b"\n")
        # What comes meanwhile is answered meanwhile.
        while own not in self._replies:
            self._take(json.loads(next(self._stream)))
        reply = self._replies.pop(own)
        if "error" in reply:
            raise JSONRPCDispatchException(**reply["error"])
        return reply["result"]

    def _context(self) -> dict[str, Any]:
        return {
            "instanceId": "",
            "config": self._config,
            "hasDeadline": self._has_deadline,
            "cancelled": False,
            "debug": False,
        }

    def _crash(self) -> None:
        raise RuntimeError("on purpose")

    def _notify(self, method: str, params: dict[str, Any]) -> None:
        request = JSONRPC20Request(method, params, is_notification=True)
        self._write(request.json.encode() + b"\n")

    def _emit(self, times: int) -> None:
        for number in range(1, times + 1):
            self._emitted += 1
            event = {"name": "test.happened", "stream": "test:stream", "seq": self._emitted}
            self._notify("$/event", event | {"payload": {"number": number}})

    def _log(self, text: str) -> None:
        self._notify("$/log", {"level": "info", "message": text, "fields": {"from": "subject"}})

    def _happened(self, name: str, seq: int, payload: dict[str, Any], stream: str = "-") -> None:
        self._ask(f"{name} {stream} {seq} {payload['number']}")


def main() -> None:
    """Serves one host, or one after another."""
    counter: dict[str, int] = {}
    if len(sys.argv) < 2:

        def say(line: bytes) -> None:
            sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()

        Session(sys.stdin.buffer, say, counter).run()
        return
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(sys.argv[1])
    listener.listen()
    print("listening", flush=True)
    while True:
        connection = listener.accept()[0]
        with connection, connection.makefile("rb") as stream:
            Session(stream, connection.sendall, counter).run()


if __name__ == "__main__":
    main()
