"""The plugin's side of one conversation: ids, states, streams, shutdown. Sans-IO: a frame in, frames to write out.

Knows nothing of handlers, threads and time, and never looks into params, results, items and payloads. Not safe for use
by two threads at once: its owner holds a lock around each call.
"""

from __future__ import annotations

from crossplug.errors import DecodeError, EncodeError, PluginError
from crossplug.protocol.envelope import read_count, read_error, read_id, read_meta, write_error
from crossplug.protocol.exchange import Asked, Cancel, Event, Exchange, Initialize, Request
from crossplug.protocol.frame import framed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from crossplug.protocol.dialect import Dialect

PENDING_CALLS = 1000
"""Requests in flight in each direction, unless the host says otherwise."""
EARLY_LOGS = 1000
"""Log messages kept until ``initialize`` is answered; before that reply nothing may be sent."""
_UINT32 = 2**32 - 1
_UNSENT: Any = object()


class Session:
    """Bytes of a frame go into :meth:`receive`; bytes to write collect in :attr:`out`.

    >>> from crossplug.protocol.dialect import by_name
    >>> session = Session(by_name("crossplug/1"))
    >>> session.receive(b"[]")
    >>> b"invalidRequest" in session.out[0]
    True
    """

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.out: list[bytes] = []
        """Frames for the transport, ready to be written in this order."""
        self.framing = "ndjson"
        self.state = "new"
        """``new`` until ``initialize`` is answered, then ``open``; ``closing`` once ``shutdown`` or the end of input
        came."""
        self.frame_bytes = dialect.frame_bytes
        """Largest frame that the host takes."""
        self.pending_calls = PENDING_CALLS
        self.requests: dict[int | str, Request] = {}
        """Requests of the host in flight."""
        self.asked: dict[int, Asked] = {}
        """Requests of the plugin in flight."""
        self._abandoned: set[int] = set()
        self._last_id = 0
        self._sequences: dict[str | None, int] = {}
        self._early: list[dict[str, Any]] = []
        self._shutdown: int | str | None = None
        self._received = 0  # bytes of the frame in hand: the size of an item is that of its message

    # --- what the host says ---

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
        asked.over = asked.ended = True
        asked.wake()

    def end_of_input(self) -> list[Request]:
        """The host closed its side: nothing new comes. Gives what is still in flight; calls of services fail."""
        self.state = "closing"
        for asked in self.asked.values():
            asked.error = PluginError("unavailable", "the host has closed the connection")
            asked.over = asked.ended = True
            asked.wake()
        self.asked.clear()
        for request in self.requests.values():
            request.ended = True
            request.wake()
        return list(self.requests.values())

    # --- what the plugin says ---

    def greet(self, manifest: dict[str, Any]) -> None:
        """Says what the dialect says before it is asked."""
        for payload in self.dialect.open(manifest):
            self._put(payload)

    def open(
        self,
        result: dict[str, Any],
        request: Request,
        framing: str,
        frame_bytes: int | None = None,
        pending_calls: int | None = None,
    ) -> None:
        """Answers ``initialize``; the chosen framing and the host's caps hold from the next message on."""
        self.reply(request, result)
        self.framing = framing
        self.state = "open"
        self.frame_bytes = frame_bytes or self.frame_bytes
        self.pending_calls = pending_calls or self.pending_calls
        for message in self._early:
            self._send(message)
        self._early.clear()

    def reply(self, request: Request, result: Any) -> None:
        """Answers a request. Raises :class:`EncodeError`, and nothing was said then, for what cannot be written."""
        if request.over:
            return
        self._send({"jsonrpc": "2.0", "id": request.id, "result": result})
        self._forget(request)

    def fail(self, request: Request, error: PluginError) -> None:
        """Answers a request with an error."""
        if request.over:
            return
        try:
            self._send({"jsonrpc": "2.0", "id": request.id, "error": write_error(error)})
        except EncodeError as wrong:
            stripped = PluginError(error.code, f"{error.message} (details left out: {wrong.message})"[:2000])
            self._send({"jsonrpc": "2.0", "id": request.id, "error": write_error(stripped)})
        self._forget(request)

    def _forget(self, request: Request) -> None:
        request.over = request.ended = True
        self.requests.pop(request.id, None)
        request.wake()
        self._finish_shutdown()

    def _finish_shutdown(self) -> None:
        if self._shutdown is not None and not self.requests:
            id, self._shutdown = self._shutdown, None
            self._send({"jsonrpc": "2.0", "id": id, "result": None})

    def item(self, exchange: Exchange, item: Any) -> None:
        """Sends an item; :meth:`Exchange.may_send` must hold."""
        size = self._send({"jsonrpc": "2.0", "method": "$/item", "params": {"id": exchange.id, "item": item}})
        exchange.send_items -= 1
        exchange.send_bytes -= size

    def grant(self, exchange: Exchange, items: int, count: int) -> None:
        """Lets the host send so many more items and bytes."""
        if exchange.over or exchange.ended:
            return
        exchange.owed_items += items
        exchange.owed_bytes += count
        self._notify("$/credit", {"id": exchange.id, "items": items, "bytes": count})

    def end(self, asked: Asked) -> None:
        """Says that no more items of an upload come."""
        if not asked.over:
            self._notify("$/end", {"id": asked.id})

    def progress(self, request: Request, fraction: float | None, message: str | None) -> None:
        """Reports how far a request is."""
        if request.over:
            return
        params: dict[str, Any] = {"id": request.id}
        if fraction is not None:
            params["fraction"] = fraction
        if message is not None:
            params["message"] = message
        self._notify("$/progress", params)

    def log(self, level: str, message: str, fields: dict[str, Any] | None) -> None:
        """Logs a line; it waits until ``initialize`` is answered."""
        params: dict[str, Any] = {"level": level, "message": message}
        if fields:
            params["fields"] = fields
        line = {"jsonrpc": "2.0", "method": "$/log", "params": params}
        if self.state != "new":
            self._send(line)
        elif len(self._early) < EARLY_LOGS:
            self._early.append(line)

    def event(self, name: str, stream: str | None, payload: Any) -> None:
        """Emits an event; its number counts up within the stream."""
        seq = self._sequences.get(stream, 0) + 1
        params: dict[str, Any] = {"name": name}
        if stream is not None:
            params["stream"] = stream
        self._notify("$/event", {**params, "seq": seq, "payload": payload})
        self._sequences[stream] = seq

    def ask(self, method: str, params: Any, timeout_ms: int | None = None, traceparent: str | None = None) -> Asked:
        """Calls a service of the host. Raises :class:`PluginError` where it cannot be sent."""
        if self.state == "new":
            raise PluginError("failedPrecondition", "no service can be called before `initialize` is answered")
        if len(self.asked) >= self.pending_calls:
            raise PluginError("resourceExhausted", f"{self.pending_calls} calls of services are in flight")
        self._last_id -= 1
        message: dict[str, Any] = {"jsonrpc": "2.0", "id": self._last_id, "method": method}
        if params is not None:
            message["params"] = params
        meta: dict[str, Any] = {}
        if timeout_ms is not None:
            meta["timeoutMs"] = timeout_ms
        if traceparent is not None:
            meta["traceparent"] = traceparent
        if meta:
            message["meta"] = meta
        if self._send(message) is _UNSENT:
            raise PluginError("unavailable", f"{self.dialect.name} has no services of the host")
        asked = self.asked[self._last_id] = Asked(self._last_id, method)
        return asked

    def abandon(self, asked: Asked) -> None:
        """Cancels a call of a service whose caller waits no longer; its reply will be dropped."""
        if self.asked.pop(int(asked.id), None) is not None:
            self._abandoned.add(int(asked.id))
            asked.over = asked.cancelled = True
            self._notify("$/cancel", {"id": asked.id})

    # --- bytes ---

    def _notify(self, method: str, params: dict[str, Any]) -> None:
        if self.state != "new":
            self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def _refuse(self, id: int | str | None, code: str, message: str) -> None:
        self._send({"jsonrpc": "2.0", "id": id, "error": write_error(PluginError(code, message))})

    def too_large(self, limit: int) -> None:
        """The transport passed over a frame beyond the cap."""
        self._refuse(None, "resourceExhausted", f"a message beyond {limit} bytes was passed over")

    def _complain(self, what: str) -> None:
        self.log("warn", f"the host broke the protocol: {what}", None)

    def _send(self, message: dict[str, Any]) -> Any:
        payload = self.dialect.write(message)
        return _UNSENT if payload is None else self._put(payload)

    def _put(self, payload: bytes) -> int:
        size = len(payload)
        if size > self.frame_bytes:
            raise EncodeError("tooLarge", f"a message of {size} bytes; the peer takes at most {self.frame_bytes}")
        self.out.append(framed(payload, self.framing))
        return size
