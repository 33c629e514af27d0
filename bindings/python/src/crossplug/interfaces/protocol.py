"""The first part of the protocol's types by hand, until the generator writes this file."""

from __future__ import annotations

from crossplug.codec.scalars import missing, wrong

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class _Part:
    def __init__(self, value: Any, **names: str) -> None:
        if type(value) is not dict:
            raise wrong("an object", value)
        for name, wire in names.items():
            setattr(self, name, value.get(wire))


class ProtocolOffer(_Part):
    version: str
    features: list[str] | None
    framings: list[str] | None


class InitializeParams(_Part):
    protocol: Any
    config: Any
    instance_id: str
    data_dir: str | None
    debug: bool | None
    granted: Any
    limits: Any

    @classmethod
    def from_value(cls, value: Any) -> InitializeParams:
        made = cls(value, protocol="protocol", config="config", instance_id="instanceId", data_dir="dataDir", debug="debug", granted="granted", limits="limits")
        for name in ("protocol", "config", "instanceId", "granted"):
            if name not in value:
                raise missing(name)
        made.protocol = ProtocolOffer(made.protocol, version="version", features="features", framings="framings")
        made.granted = _Part(made.granted, services="services")
        if made.limits is not None:
            made.limits = _Part(made.limits, frame_bytes="frameBytes", pending_calls="pendingCalls")
        return made
