"""The plugin's side of one conversation: ids, states, streams, shutdown. Sans-IO: a frame in, frames to write out.

Knows nothing of handlers, threads and time, and never looks into params, results, items and payloads. Not safe for use
by two threads at once: its owner holds a lock around each call.
"""

from __future__ import annotations

from crossplug.errors import DecodeError, EncodeError, error_of
from crossplug.protocol.envelope import read_count, read_error, read_id, read_meta
from crossplug.protocol.exchange import Cancel, Event, Exchange, Initialize, Request
from crossplug.protocol.sequences import is_too_long
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

    def receive(self, frame: bytes) -> Request | Initialize | Cancel | Event[Any] | None:
        """Takes a frame and says what its owner has to do about it; None where nothing is left to do."""
        self._received = len(frame)
        try:
            return self._take(frame)
        except EncodeError:
            return None  # what there is to say about it is larger than the host takes

    def _take(self, frame: bytes) -> Request | Initialize | Cancel | Event[Any] | None:
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
        if "method" not in message and (id in self.asked or "result" in message or "error" in message):
            self._take_reply(message, id)
        elif message.get("jsonrpc") != "2.0":
            self._refuse(id, "invalidRequest", '`jsonrpc` must be "2.0"')
        elif type(method) is not str:
            self._refuse(id, "invalidRequest", "`method` must be a string")
        elif "id" in message:
            return self._take_request(message, method, id)
        else:
            return self._take_notification(method, _params(message))
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
                self._refuse(id, "failedPrecondition", "there was an `initialize` before")
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
            self._refuse(id, "resourceExhausted", f"{self.pending_calls} requests are in flight", retryable=True)
            return None
        request = Request(id, method, _params(message), meta.get("timeoutMs"), meta.get("traceparent"))
        self.requests[id] = request
        return Initialize(request, request.params) if method == "initialize" else request

    def _take_notification(self, method: str, params: Any) -> Cancel | Event[Any] | None:
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
            self.cancel(request)
            return Cancel(request)
        exchange: Exchange | None = self.requests.get(id)
        if exchange is None and type(id) is int:
            exchange = self.asked.get(id)
        if exchange is None or exchange.over:
            return None
        if method == "$/item":
            return self._take_item(exchange, params)
        if method == "$/credit":
            items, count = read_count(params.get("items"), _UINT32), read_count(params.get("bytes"), _UINT32)
            if items is None or count is None:
                self._complain("$/credit whose `items` or `bytes` is not a uint32")
            else:
                exchange.send_items += items
                exchange.send_bytes += count
                exchange.wake()
        elif method == "$/end" and isinstance(exchange, Request):
            exchange.ended = True
            exchange.wake()
        return None

    def _take_item(self, exchange: Exchange, params: dict[str, Any]) -> Cancel | None:
        if "item" not in params:
            self._complain("$/item without an item")
        elif exchange.cancelled:
            return None
        elif exchange.ended or exchange.owed_items <= 0 or exchange.owed_bytes <= 0:
            what = f"an item for {exchange.id!r} {'behind its end' if exchange.ended else 'without credit'}"
            self._complain(what)
            if isinstance(exchange, Request):
                self.cancel(exchange)
                self.fail(exchange, error_of("protocolViolation", what))
                return Cancel(exchange)
        else:
            size = self._received
            exchange.owed_items -= 1
            exchange.owed_bytes -= size
            if exchange.draining:
                self.top_up(exchange)
            else:
                exchange.inbox.append((params["item"], size))
                exchange.wake()
        return None

    def _take_event(self, params: dict[str, Any]) -> Event[Any] | None:
        name, stream, seq = params.get("name"), params.get("stream"), read_count(params.get("seq"), 2**53 - 1)
        if type(name) is not str or seq is None or "payload" not in params or type(stream) not in (str, type(None)):
            self._complain("$/event whose params are not of their type")
        elif self.state == "new":
            self._complain("$/event before `initialize`")
        elif is_too_long(name) or is_too_long(stream):
            self._complain("the name or the stream of an event has more than 1,024 bytes")
        elif not self.seen.may_follow(stream, seq):
            of = "without a stream" if stream is None else f"of the stream {stream!r}"
            self._complain(
                f"the event {name!r} {of} has the seq {seq}, expected {self.seen.next(stream)}; it is dropped"
            )
        else:
            self.seen.note(stream, seq)
            return Event(name, stream, seq, params["payload"])
        return None

    def _take_reply(self, message: dict[str, Any], id: int | str | None) -> None:
        asked = self.asked.pop(id, None) if type(id) is int else None
        given_up = self.abandoned.pop(id, None) if type(id) is int else None
        if given_up is not None:
            self._close_stream(given_up)
        wrong = error = None
        if message.get("jsonrpc") != "2.0":
            wrong = '`jsonrpc` is not "2.0"'
        elif "error" in message and "result" in message:
            wrong = "it has both `result` and `error`"
        elif "error" in message:
            error = read_error(message["error"])
            wrong = "its `error` is not of its type" if error is None else None
        elif "result" not in message:
            wrong = "it has neither `result` nor `error`"
        if asked is None and given_up is None and wrong is None:
            if message.get("id") is None and error is not None:
                self._warn(f"the host could not read a message: {error}")
                return
            wrong = "there is no such request"
        if wrong is not None:
            wrong = f"the reply to the request {message.get('id')!r}: {wrong}"
            self._complain(wrong)
            error = error_of("protocolViolation", f"the host broke the protocol: {wrong}")
        if asked is not None:
            self._close_stream(asked)
            asked.error, asked.result = error, message.get("result")
            asked.close()

    def end_of_input(self) -> list[Request]:
        """The host closed its side: nothing new comes. Gives what is still in flight; calls of services fail."""
        self.state = "closing"
        self.deaf = True
        for asked in self.asked.values():
            asked.error = error_of("unavailable", "the host has closed the connection")
            self._close_stream(asked)
            asked.close()
        self.asked.clear()
        for request in self.requests.values():
            request.cut = True
            request.wake()
        return list(self.requests.values())


def _params(message: dict[str, Any]) -> Any:
    """What a message says beside its method; null is absent, and absent is an empty object."""
    params = message.get("params")
    return {} if params is None else params
