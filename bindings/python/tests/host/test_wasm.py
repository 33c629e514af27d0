"""WebAssembly modules in a host in Python, through both ABIs: what goes beyond the tests that the subject goes through
as a module, too.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

import crossplug
from crossplug import CrossplugError, PluginError, UsageError
from crossplug.host import CallCancelledError, DeadlineError, LimitError, LoadedPlugin, Progress, ServiceCall, TrapError
from crossplug.host.errors import HostError
from crossplug.interfaces.conformance import ConformanceMethods, Count
from crossplug.interfaces.protocol_errors import ResourceExhaustedError, UnavailableError
from host.places import ROOT, guest, resident

BROKEN = ROOT / "crates/host/tests/abi/broken.wat"
EXTISM = ROOT / "schema/vectors/extism"
TEXT = "What did we say about that holiday, and when do the holidays begin?"


def module_of(text: str, folder: Path) -> Path:
    """A module that is written out as text. Where it is a bare file, the ending alone says what it is."""
    path = folder / "guest.wasm"
    path.write_text(text)
    return path


def test_a_bare_module_carries_its_manifest() -> None:
    with crossplug.Host("test", grants=["*"]) as host:
        plugin = host.load_blocking(guest("subject"), config={"a": 1})
        assert plugin.name == "conformance-subject"
        assert plugin.process_id is None
        assert set(plugin.interfaces) == {"agent", "conformance"}
        assert plugin.conformance.test_context_blocking().config == {"a": 1}


def test_a_pool_holds_so_many_and_no_more() -> None:
    with crossplug.Host("test", wasm_pool={"instances": 1, "memory_bytes": 16 << 20}) as host:
        plugin = host.load_blocking(guest("subject"))
        with pytest.raises(ResourceExhaustedError, match=r"the pool .* is full") as full:
            host.load_blocking(guest("subject"))
        assert full.value.retryable
        plugin.stop_blocking()
        assert host.load_blocking(guest("subject")).name == "conformance-subject"
    unknown: Any = {"size": 1}
    with pytest.raises(UsageError, match="a pool has no such member"), crossplug.Host("test", wasm_pool=unknown):
        pass


def test_progress_comes_before_the_answer() -> None:
    told: list[Progress] = []
    with crossplug.Host("test") as host:
        plugin = host.load_blocking(guest("subject"))
        call = plugin.start(ConformanceMethods.TEST_COUNT, Count(to=3), on_progress=told.append)
        assert list(call) == [1, 2, 3]
        assert call.result_blocking() == 6
        assert told == [Progress(1.0, "done")]


def test_a_service_may_call_the_plugin_that_waits_for_it() -> None:
    host = crossplug.Host("test", grants=["*"])

    @host.service("test.answer")
    async def answer(call: ServiceCall, params: dict[str, str]) -> dict[str, str]:
        assert call.plugin is not None
        return {"answer": (await call.plugin.call("test.echo", {"text": params["question"]}))["text"]}

    async def main() -> None:
        async with host:
            plugin = await host.load(guest("subject"))
            asked = (plugin.call("test.ask", {"question": str(number)}) for number in range(50))
            assert [one["answer"] for one in await asyncio.gather(*asked)] == [str(number) for number in range(50)]

    asyncio.run(main())


@pytest.mark.parametrize(
    ("method", "error"),
    [("loop", DeadlineError), ("hang", DeadlineError), ("grow", LimitError), ("trap", TrapError)],
)
def test_a_guest_that_breaks_is_replaced(method: str, error: type[HostError], tmp_path: Path) -> None:
    timeout = 0.2 if error is DeadlineError else 30
    with crossplug.Host("test") as host:
        plugin = host.load_blocking(module_of(BROKEN.read_text(), tmp_path))
        for _ in range(2):
            with pytest.raises(error):
                plugin.call_blocking(method, timeout=timeout)
            assert plugin.call_blocking("echo", {"a": 1}) == {"a": 1}

        async def awaited() -> None:
            with pytest.raises(error):
                await plugin.call(method, timeout=timeout)
            assert await plugin.call("echo", {"a": 2}) == {"a": 2}

        asyncio.run(awaited())


def test_the_loop_of_a_host_goes_on_while_a_guest_runs_for_ever(tmp_path: Path) -> None:
    async def main() -> None:
        async with crossplug.Host("test", patience={"shutdown": 0.2, "end_of_input": 0.2}) as host:
            plugin = await host.load(module_of(BROKEN.read_text(), tmp_path))
            looping = asyncio.create_task(plugin.call("loop", timeout=1))
            turns = 0
            while not looping.done():
                await asyncio.sleep(0.01)
                turns += 1
            assert turns > 10
            with pytest.raises(DeadlineError):
                await looping

    asyncio.run(main())


def test_what_else_was_under_way_may_be_tried_again(tmp_path: Path) -> None:
    async def main() -> None:
        async with crossplug.Host("test") as host:
            plugin = await host.load(module_of(BROKEN.read_text(), tmp_path))
            hanging = asyncio.create_task(plugin.call("hang"))
            await asyncio.sleep(0.05)
            with pytest.raises(TrapError):
                await plugin.call("trap")
            with pytest.raises(UnavailableError) as lost:
                await hanging
            assert lost.value.retryable
            given_up = asyncio.create_task(plugin.call("hang"))
            await asyncio.sleep(0.05)
            given_up.cancel()
            with pytest.raises(asyncio.CancelledError):
                await given_up
            assert await plugin.call("echo", {"a": 1}) == {"a": 1}
        with pytest.raises(CallCancelledError):
            await plugin.call("echo", {})

    asyncio.run(main())


def _extism_cases() -> list[dict[str, Any]]:
    """Those that need nothing but a module and its configuration."""
    cases: list[dict[str, Any]] = json.loads((EXTISM / "cases.json").read_text())["cases"]
    return [
        case
        for case in cases
        if case.keys() <= {"case", "module", "wat", "kit", "guest", "manifest", "steps"}
        and case.get("manifest", {}).keys() <= {"config"}
    ]


@pytest.mark.parametrize("case", _extism_cases(), ids=lambda case: str(case["case"]))
def test_modules_of_extism(case: dict[str, Any], tmp_path: Path) -> None:
    shutil.copy(guest(f"extism/{case['case']}"), tmp_path / "guest.wasm")
    doors = {"wasm": {"path": "guest.wasm", "abi": "extism/1"}}
    manifest = {"name": "guest", "description": "", "version": "1.0.0", "language": "rust", "doors": doors}
    (tmp_path / "plugin.json").write_text(json.dumps(manifest))
    with crossplug.Host("test") as host:
        plugin = host.load_blocking(tmp_path, config=case.get("manifest", {}).get("config"))
        assert plugin.dialect == "extism/1"
        for step in case["steps"]:
            given = b"x" * step["inputBytes"] if "inputBytes" in step else step.get("input", "").encode()
            outcome = _outcome(plugin, step["call"], given)
            expected = step.get("error")
            if expected is None:
                assert outcome == step["output"].encode(), step
                continue
            assert isinstance(outcome, CrossplugError), (step, outcome)
            kind = outcome.kind if isinstance(outcome, HostError) else "Plugin"
            assert kind == expected["kind"], (step, outcome)
            assert expected.get("contains", "") in str(outcome)
            if isinstance(outcome, PluginError) and "message" in expected:
                assert outcome.message == expected["message"]


def _outcome(plugin: LoadedPlugin, export: str, given: bytes) -> bytes | CrossplugError:
    try:
        return plugin.call_raw_blocking(export, given)
    except CrossplugError as error:
        return error


def test_bytes_go_through_as_they_are(tmp_path: Path) -> None:
    every = bytes(range(256)) * 100

    async def main() -> None:
        async with crossplug.Host("test") as host:
            plugin = await host.load(module_of((EXTISM / "probe.wat").read_text(), tmp_path))
            assert await plugin.call_raw("echo", every, timeout=5) == every
            with pytest.raises(HostError) as missing:
                await plugin.call_raw("no.such")
            assert missing.value.kind == "NotFound"
            subject = await host.load(guest("subject"))
            with pytest.raises(HostError, match="JSON"):
                await subject.call_raw("test.echo", b"{}")

    asyncio.run(main())


@pytest.fixture(autouse=True)
def this_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """What manifests call `python3` is the interpreter that has the package."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")


def _both(name: str, folder: Path) -> Path:
    """An example's module beside its program in Python, under one manifest."""
    examples = ROOT / "examples" / name
    manifest = json.loads((examples / "plugin.py.json").read_text())
    manifest["doors"]["wasm"] = {"path": "plugin.wasm"}
    (folder / "plugin.json").write_text(json.dumps(manifest))
    shutil.copy(guest(name), folder / "plugin.wasm")
    for file in examples.iterdir():
        if file.suffix == ".py" or file.is_dir():
            (folder / file.name).symlink_to(file)
    return folder


def test_the_example_agent_as_a_module_is_what_it_is_as_a_program(tmp_path: Path) -> None:
    host = crossplug.Host("test", grants=["*"])
    host.service("memory.search")(lambda call, params: {"memories": [{"content": {"text": "we spoke of holidays"}}]})
    memory = {"content": {"text": TEXT}}
    calls: list[tuple[str, dict[str, Any]]] = [
        ("action.validate", {"action": "RECALL", "memory": memory}),
        ("action.invoke", {"action": "RECALL", "memory": memory}),
        ("provider.get", {"provider": "KEYWORDS", "memory": memory}),
        ("evaluator.invoke", {"evaluator": "TONE", "memory": memory}),
        ("action.invoke", {"action": "NOWHERE", "memory": memory}),
    ]

    def answers(door: str) -> list[Any]:
        plugin = host.load_blocking(_folder, door=door)
        given: list[Any] = []
        for method, params in calls:
            try:
                given.append(plugin.call_blocking(method, params))
            except PluginError as error:
                given.append((error.code, error.message, error.details))
        return given

    _folder = _both("agent", tmp_path)
    with host:
        module = answers("wasm")
        assert module == answers("process")
        assert module[1]["success"], module


def test_the_example_textstats_as_a_module_is_what_it_is_as_a_program(tmp_path: Path) -> None:
    text = "One two three. Four!\n\nFive six? Seven eight nine, ten eleven.\n\nTwelve."
    folder = _both("textstats", tmp_path)

    def answers(host: crossplug.Host, door: str) -> tuple[list[Any], Any]:
        call = host.load_blocking(folder, door=door).start("text.analyse", {"text": text})
        return list(call), call.result_blocking()

    with crossplug.Host("test") as host:
        module = answers(host, "wasm")
        assert module == answers(host, "process")
        assert len(module[0]) == 3


def test_memory_stays_flat_over_two_hundred_loads() -> None:
    module = guest("subject")

    def load(times: int) -> None:
        for _ in range(times):
            plugin = host.load_blocking(module)
            assert plugin.call_blocking("test.echo", {"text": "x"}) == {"text": "x"}
            assert plugin.stop_blocking().error is None

    with crossplug.Host("test") as host:
        load(50)
        before = resident()
        load(200)
        assert resident() - before < 16 << 20
