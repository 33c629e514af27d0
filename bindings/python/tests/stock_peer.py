"""A plugin that uses nothing of this project: a stock JSON-RPC library, a socket, and lines.

``python stock_peer.py PATH`` listens on a Unix socket. What it does not know of the protocol, a stranger need not know.
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
        methods = {
            "initialize": self._initialize,
            "ping": lambda: None,
            "shutdown": lambda: None,
            "test.nothing": self._nothing,
            "test.echo": lambda **params: params,
            "test.fail": self._fail,
            "test.ask": self._ask,
        }
        self._methods = Dispatcher(methods)

    def run(self) -> None:
        """Answers until the host says nothing more."""
        for line in self._stream:
            message = json.loads(line)
            # The library refuses members that JSON-RPC does not name; a deadline is the caller's affair.
            message.pop("meta", None)
            answer = JSONRPCResponseManager.handle(json.dumps(message), self._methods)
            if answer is not None:
                self._write(answer.json.encode() + b"\n")

    def _initialize(self, **params: Any) -> dict[str, Any]:
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
        request = JSONRPC20Request("test.answer", {"question": question}, _id=self._next)
        self._write(request.json.encode() + b"\n")
        for line in self._stream:
            message = json.loads(line)
            if message.get("id") == self._next and "result" in message:
                return message["result"]
        raise EOFError


def main() -> None:
    """Serves one host after another."""
    counter: dict[str, int] = {}
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
