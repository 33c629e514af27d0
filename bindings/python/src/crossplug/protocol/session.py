"""The plugin's side of one conversation: ids, states, streams, shutdown. Sans-IO: a frame in, frames to write out.

Knows nothing of handlers, threads and time, and never looks into params, results, items and payloads. Not safe for use
by two threads at once: its owner holds a lock around each call.
"""

from __future__ import annotations

from crossplug.errors import DecodeError, PluginError
from crossplug.protocol.envelope import read_count, read_error, read_id, read_meta
from crossplug.protocol.exchange import Cancel, Event, Exchange, Initialize, Request
from crossplug.protocol.speech import Speech

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_UINT32 = 2**32 - 1


class Session(Speech):
    """Bytes of a frame go into :meth:`receive`; bytes to write collect in :attr:`out`.

    >>> from crossplug.protocol.dialect import by_name
    >>> session = Session(by_name("crossplug/1"))
    >>> session.receive(b"[]")
    >>> b"invalidRequest" in session.out[0]
    True
    """

    def receive(self, frame: bytes) -> Request | Initialize | Cancel | Event | None:
        """Takes a frame and says what its owner has to do about it; None where nothing is left to do."""
        self._received = len(frame)
        try:
            message = self.dialect.read(frame)
        except DecodeError as error:
            self._put(self.dialect.unreadable(error.message))
            return None
        if type(message) is not dict:
            kind = "a batch, which crossplug/1 does not have" if type(message) is list else "a message is an object"
            self._refuse(None, "invalidRequest", kind)
            return None
        method = message.get("method")
        id = read_id(message.get("id"))
        if method is None and ("result" in message or "error" in message):
            if message.get("jsonrpc") == "2.0":
                self._take_reply(message, id)
            else:
                self._complain("a reply without `jsonrpc`")
            return None
        if message.get("jsonrpc") != "2.0":
            self._refuse(id, "invalidRequest", '`jsonrpc` must be "2.0"')
        elif type(method) is not str:
            self._refuse(id, "invalidRequest", "`method` must be a string")
        elif "id" in message:
            return self._take_request(message, method, id)
        else:
            return self._take_notification(method, message.get("params", {}))
        return None

    def _take_request(self, message: dict[str, Any], method: str, id: int | str | None) -> Request | Initialize | None:
        if id is None:
            what = "`id` must be an integer within ±(2^53 − 1) or a string of at most 200 characters"
            self._refuse(None, "invalidRequest", what)
            return None
        meta = message.get("meta")
        if meta is None and "meta" not in message:
            meta = {}
        elif (meta := read_meta(meta)) is None:
            self._refuse(id, "invalidRequest", "`meta` is not of its type")
            return None
        if id in self.requests or id == self._shutdown:
            self._refuse(id, "invalidRequest", f"a request with the id {id!r} is in flight")
            return None
        if method == "initialize":
            if self.state != "new" or self.requests:
                self._refuse(id, "failedPrecondition", "`initialize` was answered before")
                return None
        elif self.state == "new":
            self._refuse(id, "failedPrecondition", "the first request is `initialize`")
            return None
        elif method == "ping":
            self._send({"jsonrpc": "2.0", "id": id, "result": None})
            return None
        elif self.state == "closing":
            self._refuse(id, "unavailable", "the plugin is shutting down")
            return None
        elif method == "shutdown":
            self.state = "closing"
            self._shutdown = id
            self._finish_shutdown()
            return None
        elif len(self.requests) >= self.pending_calls:
            self._refuse(id, "resourceExhausted", f"{self.pending_calls} requests are in flight")
            return None
        request = Request(id, method, message.get("params"), meta.get("timeoutMs"), meta.get("traceparent"))
        self.requests[id] = request
        return Initialize(request, request.params) if method == "initialize" else request

    def _take_notification(self, method: str, params: Any) -> Cancel | Event | None:
        if method[:2] != "$/":
            return None
        if type(params) is not dict:
            self._complain(f"the params of {method} are not an object")
            return None
        if method == "$/event":
            return self._take_event(params)
        id = read_id(params.get("id"))
        if id is None:
            self._complain(f"{method} without an id")
            return None
        if method == "$/cancel":
            request = self.requests.get(id)
            if request is None or request.cancelled:
                return None
            request.cancelled = True
            request.wake()
            return Cancel(request)
        exchange: Exchange | None = self.requests.get(id)
        if exchange is None and type(id) is int:
            exchange = self.asked.get(id)
        if exchange is None or exchange.over:
            return None
        if method == "$/item":
            self._take_item(exchange, params)
        elif method == "$/credit":
            items, count = read_count(params.get("items"), _UINT32), read_count(params.get("bytes"), _UINT32)
            if items is None or count is None:
                self._complain("$/credit whose `items` or `bytes` is not a uint32")
            else:
                exchange.send_items += items
                exchange.send_bytes += count
                exchange.wake()
        elif method == "$/end":
            exchange.ended = True
            exchange.wake()
        return None

    def _take_item(self, exchange: Exchange, params: dict[str, Any]) -> None:
        if "item" not in params:
            self._complain("$/item without an item")
        elif exchange.ended:
            self._complain(f"an item for {exchange.id!r} after its end")
        elif exchange.cancelled:
            return
        elif exchange.owed_items <= 0 or exchange.owed_bytes <= 0:
            what = f"an item for {exchange.id!r} without credit"
            self._complain(what)
            if isinstance(exchange, Request):
                exchange.cancelled = True
                self.fail(exchange, PluginError("protocolViolation", what))
        else:
            size = self._received
            exchange.owed_items -= 1
            exchange.owed_bytes -= size
            exchange.inbox.append((params["item"], size))
            exchange.wake()

    def _take_event(self, params: dict[str, Any]) -> Event | None:
        name, stream, seq = params.get("name"), params.get("stream"), read_count(params.get("seq"), 2**53 - 1)
        if type(name) is not str or seq is None or "payload" not in params or type(stream) not in (str, type(None)):
            self._complain("$/event whose params are not of their type")
            return None
        return Event(name, stream, seq, params["payload"])

    def _take_reply(self, message: dict[str, Any], id: int | str | None) -> None:
        if type(id) is not int or id not in self.asked:
            if type(id) is int and id in self._abandoned:
                self._abandoned.discard(id)
            else:
                self._complain(f"a reply to the unknown request {message.get('id')!r}")
            return
        asked = self.asked.pop(id)
        if "error" in message and "result" not in message:
            error = read_error(message["error"])
            asked.error = error or PluginError("protocolViolation", "the host's error is not of its type")
        elif "error" in message:
            asked.error = PluginError("protocolViolation", "the host's reply has both `result` and `error`")
        else:
            asked.result = message["result"]
        asked.close()

    def end_of_input(self) -> list[Request]:
        """The host closed its side: nothing new comes. Gives what is still in flight; calls of services fail."""
        self.state = "closing"
        for asked in self.asked.values():
            asked.error = PluginError("unavailable", "the host has closed the connection")
            asked.close()
        self.asked.clear()
        for request in self.requests.values():
            request.ended = True
            request.wake()
        return list(self.requests.values())
