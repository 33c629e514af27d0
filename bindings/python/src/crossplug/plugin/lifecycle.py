"""The beginning and the end of a conversation: the answer to ``initialize``, the last answers, the hooks."""

from __future__ import annotations

from time import monotonic, sleep

from crossplug.codec.record import UNSET
from crossplug.errors import DecodeError
from crossplug.interfaces.protocol_errors import FailedPreconditionError, PermissionDeniedError
from crossplug.plugin.context import Context
from crossplug.plugin.handler import error_for, unfit
from crossplug.plugin.waiting import run_now
from crossplug.protocol.exchange import Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from crossplug.interfaces.protocol import InitializeParams, ProtocolOffer
    from crossplug.plugin.serving import Serving
    from crossplug.protocol.exchange import Initialize

VERSION = "1.0"
"""Of the protocol that this package speaks."""
FRAMINGS = ("ndjson", "length")
ENCODINGS = ("json", "msgpack")
"""What this package can speak."""
GRACE = 5.0
"""Seconds that handlers in flight get after the end of input before they are cancelled; the host is gone by then."""
LAST_GRACE = 1.0
"""Seconds that they get after they were cancelled, before the process ends without them."""
FEATURES: frozenset[str] = frozenset()
"""Optional parts of the protocol that this package knows."""


class Starting(Request):
    """The beginning, in the shape of a request: start hooks may take long, and meanwhile the host must not wait for
    whoever reads.
    """

    __slots__ = ("_incoming", "_serving")

    def __init__(self, serving: Serving, incoming: Initialize) -> None:
        super().__init__(incoming.request.id, "initialize", None, None, None)
        self._serving, self._incoming = serving, incoming

    def run(self) -> None:
        """Runs the hooks and answers."""
        run_now(self.work())

    async def work(self) -> None:
        """The same for whoever can await it."""
        await begin(self._serving, self._incoming)


def initialize(serving: Serving, incoming: Initialize) -> None:
    """Answers the first request."""
    run_now(begin(serving, incoming))


async def begin(serving: Serving, incoming: Initialize) -> None:
    """Answers the first request: chooses from the offer, runs the start hooks, says what the plugin is."""
    request = incoming.request
    try:
        from crossplug.interfaces.protocol import InitializeParams

        try:
            params = InitializeParams.from_value(incoming.params)
        except DecodeError as error:
            raise unfit(error) from None
        guard = serving.guard
        if guard is not None and not guard.admits(params.token):
            what = "the token is missing or another one than the plugin's in `CROSSPLUG_TOKEN`"
            serving.fail(request, PermissionDeniedError(what))
            guard.turn_away()
            return
        choice = choose(params.protocol)
        _settle(serving, params)
        ctx = Context(serving, None)
        for hook in serving.plugin.start_hooks:
            started = hook(ctx)
            if hasattr(started, "__await__"):
                await serving.settle(started)
    except Exception as error:
        serving.fail(request, error_for(error, False, serving.instance.debug))
        return
    result: dict[str, Any] = {
        "protocol": choice,
        "manifest": serving.manifest,
        "interfaces": {
            name: {"version": found.version, "hash": found.hash} for name, found in serving.plugin.interfaces.items()
        },
    }
    if guard is not None and guard.shown:
        result["token"] = guard.shown
    caps = ("frame_bytes", "pending_calls", "open_streams")
    limits = {name: cap for name in caps if (cap := getattr(params.limits, name, UNSET)) is not UNSET}
    with serving.lock:
        serving.session.open(result, request, choice["framing"], choice["encoding"], **limits)
        serving.started = True
    serving.flush()


def choose(offer: ProtocolOffer) -> dict[str, Any]:
    """The plugin's choice from an offer. Raises ``failedPrecondition`` for another major version or an unknown required
    feature.
    """
    if offer.version.split(".")[0] != VERSION.split(".")[0]:
        message = f"the host speaks version {offer.version} of the protocol; this plugin speaks {VERSION}"
        raise FailedPreconditionError(message, details={"supported": [VERSION]})
    offered = offer.features or []
    for feature in offered:
        if feature.endswith("!") and feature[:-1] not in FEATURES:
            message = f"the host requires the feature {feature[:-1]!r}, which this plugin does not have"
            raise FailedPreconditionError(message, details={"feature": feature[:-1]})
    encoding, framing = _how(offer.encodings or [], offer.framings or [])
    return {
        "version": VERSION,
        "features": [feature for feature in offered if feature in FEATURES],
        "encoding": encoding,
        "framing": framing,
    }


def _how(encodings: Iterable[str], framings: Iterable[str]) -> tuple[str, str]:
    """The first encoding that both sides know, in the first framing that both know and that it goes with."""
    known = [str(framing) for framing in framings if framing in FRAMINGS] + ["ndjson"]
    for encoding in encodings:
        if encoding == "json":
            break
        if encoding in ENCODINGS and "length" in known:
            return str(encoding), "length"
    return "json", known[0]


def _settle(serving: Serving, params: InitializeParams) -> None:
    instance = serving.instance
    instance.config = params.config
    instance.instance_id = params.instance_id
    instance.data_dir = params.data_dir or None
    instance.debug = bool(params.debug)
    instance.granted = params.granted
    instance.host = params.host


def drain(serving: Serving, grace: float = GRACE) -> bool:
    """Waits until what is in flight is answered; cancels it after ``grace`` seconds and waits a bit more. Gives whether
    nothing is left.
    """
    for seconds, may_hurry in ((grace, True), (LAST_GRACE, False)):
        end = monotonic() + seconds
        while serving.in_flight():
            if monotonic() >= end or (may_hurry and serving.hurried):
                break
            sleep(0.002)
        else:
            return True
        serving.cancel_all()
    return not serving.in_flight()


def stop(serving: Serving) -> None:
    """Runs the stop hooks."""
    run_now(farewell(serving))


async def farewell(serving: Serving) -> None:
    """Runs the stop hooks, if the plugin was started; what they raise is logged."""
    if not serving.started:
        return
    ctx = Context(serving, None)
    for hook in serving.plugin.stop_hooks:
        try:
            stopped = hook(ctx)
            if hasattr(stopped, "__await__"):
                await serving.settle(stopped)
        except Exception as error:
            serving.log.error(f"a stop hook raised {type(error).__name__}: {error}")
