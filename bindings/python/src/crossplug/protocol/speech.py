"""What a plugin says in a conversation: replies, items, credit, progress, logs, events, calls of services.

Half of the session; the other half, in ``session.py``, takes what the host says. Sans-IO, as all of it.
"""

from __future__ import annotations

from math import isfinite

from crossplug.errors import EncodeError, PluginError, error_of
from crossplug.protocol.envelope import clean, write_error
from crossplug.protocol.exchange import WINDOW_BYTES, WINDOW_ITEMS, Asked, Exchange, Request
from crossplug.protocol.frame import FRAME_BYTES, framed
from crossplug.protocol.sequences import Sequences, is_too_long

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from crossplug.codec import Codec
    from crossplug.codec.generic import T
    from crossplug.protocol.dialect.dialect import Dialect

PENDING_CALLS = 1000
"""Requests in flight in each direction; a host may allow fewer."""
OPEN_STREAMS = 256
"""Requests in flight that the plugin has given credit for; a host may allow fewer."""
LONGEST_WARNING = 2000
"""Characters of a line about what a host did wrong, which may be as large as its message was."""
EARLY_LOGS = 1000
"""Log messages kept until ``initialize`` is answered; before that reply nothing may be sent."""


class Speech:
    """The state of a conversation, and what is said in it. Frames to write collect in :attr:`out`."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.out: list[bytes] = []
        """Frames for the transport, ready to be written in this order."""
        self.queued = 0
        """Bytes in them."""
        self.framing = "ndjson"
        self.state = "new"
        """``new`` until ``initialize`` is answered, then ``open``; ``closing`` once ``shutdown`` or the end of input
        came."""
        self.deaf = False
        """The input is over: whatever is asked, no answer comes."""
        self.frame_bytes = dialect.frame_bytes
        """Largest frame that the host takes."""
        self.most_bytes = FRAME_BYTES
        """Largest frame that the plugin takes."""
        self.pending_calls = PENDING_CALLS
        self.open_streams = OPEN_STREAMS
        self.streams = 0
        """Requests in flight, of either side, that the plugin has given credit for."""
        self.requests: dict[int | str, Request] = {}
        """Requests of the host in flight."""
        self.asked: dict[int, Asked] = {}
        """Requests of the plugin in flight."""
        self.abandoned: dict[int, Asked] = {}
        """Requests of the plugin that nobody waits for; the host still has to answer them."""
        self.handling = 0
        """Events whose handlers run or wait for their turn: in flight, too, when the host shuts the plugin down."""
        self.emitted = Sequences()
        """Of the plugin's events."""
        self.seen = Sequences()
        """Of the host's events."""
        self._last_id = 0
        self._early: list[dict[str, Any]] = []
        self._shutdown: int | str | None = None
        self._received = 0  # bytes of the frame in hand: the size of an item is that of its message

    def writer(self, codec: Codec[T]) -> Callable[[T], Any]:
        """How values of a type are written into messages of this conversation."""
        return codec.to_native if self.dialect.native else codec.to_value

    def greet(self, manifest: dict[str, Any]) -> None:
        """Says what the dialect says before it is asked."""
        for payload in self.dialect.open(manifest):
            self._put(payload)

    def open(
        self,
        result: dict[str, Any],
        request: Request,
        framing: str,
        encoding: str = "json",
        *,
        frame_bytes: int = FRAME_BYTES,
        pending_calls: int = PENDING_CALLS,
        open_streams: int = OPEN_STREAMS,
    ) -> None:
        """Answers ``initialize``; the chosen framing, encoding and the stricter of both sides' caps hold from the next
        message on.
        """
        self.reply(request, result)
        self.framing = framing
        self.dialect.settle(encoding)
        if self.state != "closing":  # the input may have ended while the plugin started
            self.state = "open"
        self.frame_bytes = min(frame_bytes, self.frame_bytes)
        self.most_bytes = min(frame_bytes, self.most_bytes)
        self.pending_calls = min(pending_calls, PENDING_CALLS)
        self.open_streams = min(open_streams, OPEN_STREAMS)
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
            for told in (stripped, PluginError("internal", "the error cannot be written")):
                try:
                    self._send({"jsonrpc": "2.0", "id": request.id, "error": write_error(told)})
                    break
                except EncodeError:
                    pass  # a code that is no text; or the host takes so little that it cannot be told even this
        self._forget(request)

    def _forget(self, request: Request) -> None:
        self._close_stream(request)
        request.over = request.ended = True
        self.requests.pop(request.id, None)
        request.wake()
        self._finish_shutdown()

    def _finish_shutdown(self) -> None:
        if self._shutdown is not None and not self.requests and not self.handling:
            id, self._shutdown = self._shutdown, None
            self._send({"jsonrpc": "2.0", "id": id, "result": None})

    def handled(self) -> None:
        """An event's handlers are done."""
        self.handling -= 1
        self._finish_shutdown()

    def item(self, exchange: Exchange, item: Any) -> None:
        """Sends an item; :meth:`Exchange.may_send` must hold."""
        size = self._send({"jsonrpc": "2.0", "method": "$/item", "params": {"id": exchange.id, "item": item}})
        exchange.send_items -= 1
        exchange.send_bytes -= size

    def grant(self, exchange: Exchange, items: int, count: int) -> None:
        """Lets the host send so many more items and bytes. Raises ``resourceExhausted``, and nothing was said then,
        where as many streams are open as the host allows; a call that was asked for its stream has its place already.
        """
        if exchange.over or exchange.ended or exchange.cut:
            return
        if not exchange.streaming:
            self._room_for_stream(exchange.method)
            exchange.streaming = True
            self.streams += 1
        exchange.owed_items += items
        exchange.owed_bytes += count
        self._notify("$/credit", {"id": exchange.id, "items": items, "bytes": count})

    def _room_for_stream(self, method: str) -> None:
        if self.streams >= self.open_streams:
            what = f"{method} cannot be streamed: {self.open_streams} streams are open"
            raise error_of("resourceExhausted", what, retryable=True)

    def _close_stream(self, exchange: Exchange) -> None:
        if exchange.streaming:
            exchange.streaming = False
            self.streams -= 1

    def drain(self, exchange: Exchange) -> None:
        """Drops what was sent and not taken, and whatever still comes; the host gets credit for all of it."""
        if not (exchange.over or exchange.cancelled):
            exchange.draining = True
            exchange.inbox.clear()
            self.top_up(exchange)

    def top_up(self, exchange: Exchange) -> None:
        """Fills up the credit of a stream that is drained, when half of it is used."""
        items, count = WINDOW_ITEMS - exchange.owed_items, WINDOW_BYTES - exchange.owed_bytes
        if items * 2 >= WINDOW_ITEMS or count * 2 >= WINDOW_BYTES:
            self.grant(exchange, max(0, items), max(0, count))

    def end(self, asked: Asked) -> None:
        """Says that no more items of an upload come."""
        if not asked.over:
            self._notify("$/end", {"id": asked.id})

    def progress(self, request: Request, fraction: float | None, message: str | None) -> None:
        """Reports how far a request is; a fraction that is no number is left out."""
        if request.over or request.cancelled:
            return
        params: dict[str, Any] = {"id": request.id}
        if fraction is not None and isfinite(fraction):
            params["fraction"] = fraction
        if message is not None:
            params["message"] = clean(message)
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

    def logs(self) -> bool:
        """Whether a line for the log would be sent at once."""
        return self.state != "new" and self.dialect.has_log

    def event(self, name: str, stream: str | None, payload: Any) -> None:
        """Emits an event; its number counts up within the stream. Raises :class:`EncodeError` for a name that is too
        long, :class:`PluginError` where the host cannot be told; no number is used up then.
        """
        self._may_reach(f"the event {name}")
        if is_too_long(name) or is_too_long(stream):
            raise EncodeError("badLength", "the name of an event and its stream have at most 1,024 bytes each")
        seq = self.emitted.next(stream)
        params: dict[str, Any] = {"name": name}
        if stream is not None:
            params["stream"] = stream
        self._notify("$/event", {**params, "seq": seq, "payload": payload})
        self.emitted.note(stream, seq)

    def ask(
        self,
        method: str,
        params: Any,
        timeout_ms: int | None = None,
        traceparent: str | None = None,
        request: Request | None = None,
        *,
        streams: bool = False,
    ) -> Asked:
        """Calls a service of the host, for a request of it that is being answered; ``streams`` where its items are
        wanted.

        Raises :class:`PluginError`, and nothing was said then, where it cannot be sent.
        """
        self._may_reach(f"the service {method}")
        if self.deaf:
            raise error_of("unavailable", "the host has closed the connection")
        if len(self.asked) + len(self.abandoned) >= self.pending_calls:
            what = f"{method} cannot be called: {self.pending_calls} calls of services are in flight"
            raise error_of("resourceExhausted", what, retryable=True)
        if streams:
            self._room_for_stream(method)
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
        self._send(message)
        asked = self.asked[self._last_id] = Asked(self._last_id, method, request)
        asked.streaming = streams
        self.streams += streams
        if request is not None:
            request.asked.add(asked)
        return asked

    def _may_reach(self, what: str) -> None:
        """Raises where the host cannot be asked or told anything: for good, or not yet."""
        if not self.dialect.reaches_host:
            raise error_of(
                "failedPrecondition", f"{what} cannot go to the host: {self.dialect.name} has no word for it"
            )
        if self.state == "new":
            raise error_of("unavailable", f"{what} cannot go to the host before `initialize` is answered")

    def cancel(self, request: Request) -> None:
        """Nobody waits for a request any more, nor for what it asked of the host; what it asks later cleans up."""
        request.cancelled = True
        for asked in tuple(request.asked):
            self.abandon(asked, error_of("cancelled", "the call was cancelled"))
        request.wake()

    def abandon(self, asked: Asked, error: PluginError | None = None) -> None:
        """Cancels a call of a service whose caller waits no longer; its reply will be dropped.

        ``error`` is what whoever still waits for it is told. Does nothing once there is a reply.
        """
        if self.asked.pop(int(asked.id), None) is not None:
            self.abandoned[int(asked.id)] = asked
            asked.inbox.clear()
            asked.cancelled = True
            asked.error = error
            asked.close()
            self._notify("$/cancel", {"id": asked.id})

    # --- bytes ---

    def _notify(self, method: str, params: dict[str, Any]) -> None:
        if self.state != "new":
            self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def _refuse(self, id: int | str | None, code: str, message: str, *, retryable: bool = False) -> None:
        refusal = PluginError(code, message, retryable=retryable)
        self._send({"jsonrpc": "2.0", "id": id, "error": write_error(refusal)})

    def too_large(self) -> None:
        """A frame is beyond the cap: what follows it cannot be told apart, so it is the last one."""
        what = f"a message of more than {self.most_bytes} bytes; the plugin reads no further"
        self._refuse(None, "resourceExhausted", what)

    def _complain(self, what: str) -> None:
        self._warn(f"the host broke the protocol: {what}")

    def _warn(self, line: str) -> None:
        self.log("warn", line[:LONGEST_WARNING], None)

    def _send(self, message: dict[str, Any]) -> int:
        payload = self.dialect.write(message)
        return 0 if payload is None else self._put(payload)

    def _put(self, payload: bytes) -> int:
        size = len(payload)
        if size > self.frame_bytes:
            raise EncodeError(
                "tooLarge", f"a message of {size} bytes is too large: the peer takes at most {self.frame_bytes}"
            )
        self.out.append(framed(payload, self.framing))
        self.queued += size
        return size
