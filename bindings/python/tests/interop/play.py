"""Plays one case: does what a program does that uses a host."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import crossplug
from crossplug import CrossplugError
from interop.heard import Heard
from interop.judge import Mismatch, as_expected, fill, same, same_error

if TYPE_CHECKING:
    from pathlib import Path

    from crossplug.host import Encoding, LoadedPlugin, Progress

TOKEN = os.environ.get("CROSSPLUG_TOKEN")
"""What a plugin that listens wants to be shown."""
A_WHILE = 0.05
"""Seconds that a call is left to the plugin before it is given up."""


class Misstep(Exception):
    """The line of a case that went otherwise, and how."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(line, what)
        self.line, self.what = line, what


@dataclass(frozen=True)
class Subject:
    """The plugin that cases are played against, and the way in."""

    path: Path
    door: str | None
    encoding: Encoding = "json"
    soak: bool = False
    """One whose loads are dear is loaded as often as any other, too."""

    async def load(self, host: crossplug.Host, config: dict[str, Any]) -> LoadedPlugin:
        grants = ["*", "emit=*"]
        plugin = await host.load(
            self.path, door=self.door, config=config, grants=grants, token=TOKEN, encoding=self.encoding
        )
        if plugin.encoding != self.encoding:
            raise Mismatch(f"the plugin was asked for {self.encoding} and speaks {plugin.encoding}")
        return plugin

    def is_component(self) -> bool:
        """Whether the door ``wasm`` is entered by a component, whose load may cost what starting a program costs."""
        if self.door != "wasm":
            return False
        module: str = json.loads((self.path / "plugin.json").read_bytes())["doors"]["wasm"]["path"]
        return (self.path / module).read_bytes().startswith(b"\0asm\x0d\0\x01\0")


async def play(lines: list[dict[str, Any]], subject: Subject) -> None:
    """Plays a case on a freshly loaded plugin; raises a :class:`Misstep` at the first line that goes otherwise."""
    config = lines[0]["case"].get("config", {})
    heard = Heard()
    line = 1
    try:
        async with heard.host as host:
            plugin = await subject.load(host, config)
            for step in lines[1:]:
                line += 1
                await _step(step, plugin, heard, subject, config)
    except (Mismatch, CrossplugError) as error:
        raise Misstep(line, str(error) or repr(error)) from error


async def _step(
    step: dict[str, Any], plugin: LoadedPlugin, heard: Heard, subject: Subject, config: dict[str, Any]
) -> None:
    match step:
        case {"giveUp": moment, "call": method}:
            await _give_up(plugin, moment, method)
        case {"call": method, **how}:
            numbers = range(how.get("together", how.get("times", 1)))
            if "together" in how:
                await asyncio.gather(*(_call(plugin, method, how, number) for number in numbers))
            else:
                for number in numbers:
                    await _call(plugin, method, how, number)
        case {"emit": name, "payload": payload}:
            plugin.emit(name, payload, stream=step.get("stream"))
        case {"stream": method, **how}:
            await _stream(plugin, method, how)
        case {"reload": counts, "growthMiB": growth}:
            elsewhere = subject.is_component() or plugin.process_id is not None or subject.door == "socket"
            elsewhere = elsewhere and not subject.soak
            await plugin.stop()  # one that listens takes one host at a time
            await _reload(subject, config, counts["elsewhere" if elsewhere else "inProcess"], growth)
        case {"asked": expected} | {"events": expected} | {"logs": expected}:
            await heard.next(next(iter(step)), expected)
        case _:
            raise Mismatch(f"this program cannot play {step}")


def _fits(plugin: LoadedPlugin, expected: Any, got: Any) -> None:
    same(expected, as_expected(expected, got) if plugin.encoding == "msgpack" else got)


def _timeout(how: dict[str, Any]) -> float | None:
    return how["timeoutMs"] / 1000 if "timeoutMs" in how else None


async def _call(plugin: LoadedPlugin, method: str, how: dict[str, Any], number: int) -> None:
    told: list[Progress] = []
    with _outcome(how):
        params = fill(how.get("params", {}), number)
        result = await plugin.call(method, params, timeout=_timeout(how), on_progress=told.append)
        _expect_result(how)
        _fits(plugin, fill(how["result"], number), result)
    _judge_progress(how, told)


async def _stream(plugin: LoadedPlugin, method: str, how: dict[str, Any]) -> None:
    told: list[Progress] = []
    items: list[Any] = []
    flight = plugin.start(method, fill(how.get("params", {})), timeout=_timeout(how), on_progress=told.append)

    async def upload() -> None:
        with contextlib.suppress(CrossplugError):  # the result says why
            for item in fill(how["upload"]):
                await flight.send(item)
            flight.end()

    sending = asyncio.create_task(upload()) if "upload" in how else None
    with _outcome(how):
        async for item in flight:
            items.append(item)
            if len(items) == how.get("take"):
                flight.cancel()
                return
        result = await flight.result()
        _expect_result(how)
        _fits(plugin, how["result"], result)
    if sending is not None:
        await sending
    _fits(plugin, fill(how["items"]), items)
    _judge_progress(how, told)


@contextlib.contextmanager
def _outcome(how: dict[str, Any]) -> Any:
    """Holds an error to the one that the case expects."""
    try:
        yield
    except CrossplugError as error:
        if "error" not in how:
            raise
        same_error(how["error"], error)


def _expect_result(how: dict[str, Any]) -> None:
    if "error" in how:
        raise Mismatch(f"expected the error {how['error']}, got a result")


def _judge_progress(how: dict[str, Any], told: list[Progress]) -> None:
    if "progress" in how:
        seen = [
            {name: value for name, value in (("fraction", one.fraction), ("message", one.message)) if value is not None}
            for one in told
        ]
        same(how["progress"], seen)


async def _give_up(plugin: LoadedPlugin, moment: str, method: str) -> None:
    task = asyncio.ensure_future(plugin.call(method))
    if moment == "during":
        await asyncio.sleep(A_WHILE)
        if task.done():
            raise Mismatch("the call was over before it was given up")
    elif moment == "after":
        await task
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _reload(subject: Subject, config: dict[str, Any], times: int, growth: int) -> None:
    before = 0
    async with crossplug.Host("interop") as host:
        for number in range(times):
            plugin = await subject.load(host, config)
            said = {"text": str(number)}
            same(said, await plugin.call("test.echo", said))
            await plugin.stop()
            if number == times // 10:
                before = _resident_mib()
    after = _resident_mib()
    if before and after > before + growth:
        raise Mismatch(f"{times} loads: the host grew from {before} MiB to {after} MiB, more than {growth} MiB")


def _resident_mib() -> int:
    """Memory of this process that is in use; 0 where only Linux would say it."""
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmRSS:"))
    except OSError:
        return 0
