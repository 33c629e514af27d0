"""The conformance subject: a plugin on which every part of the protocol can be tried.

Implements ``conformance`` with plain functions and coroutines, and ``agent`` as schema/README.md section 7 says.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

if __name__ == "__main__":  # runs from a checkout, with or without the package installed
    sys.path.append(str(Path(__file__).resolve().parents[1] / "src"))

from crossplug import UNSET, Context, Event, ItemReceiver, ItemSender, Plugin, PluginError, run
from crossplug.errors import error_of
from crossplug.interfaces import agent as a
from crossplug.interfaces import conformance as c
from crossplug.interfaces.protocol_errors import FailedPreconditionError


class Subject(c.Conformance):
    """Every method of the interface ``conformance`` but ``test.leftOut``."""

    def test_echo(self, ctx: Context, params: c.Echo) -> c.Echo:
        return params

    def test_nothing(self, ctx: Context) -> None:
        return None

    def test_fail(self, ctx: Context, params: c.Fail) -> None:
        details = None if params.details is UNSET else params.details
        raise error_of(params.code, params.message, details, classes=c.ERRORS)

    def test_crash(self, ctx: Context) -> None:
        raise RuntimeError("crash on purpose")

    def test_hang(self, ctx: Context) -> None:
        ctx.wait_cancelled_blocking()
        ctx.raise_if_cancelled()

    def test_print(self, ctx: Context, params: c.Print) -> int:
        print(params.text, end="")
        return len(params.text.encode())

    def test_count(self, ctx: Context, params: c.Count, items: ItemSender[int]) -> int:
        total = 0
        for number in range(1, params.to + 1):
            items.send_blocking(number)
            total += number
        ctx.progress(1, "done")
        return total

    def test_sum(self, ctx: Context, upload: ItemReceiver[int]) -> int:
        return sum(upload)

    async def test_double(self, ctx: Context, items: ItemSender[int], upload: ItemReceiver[int]) -> int:
        count = 0
        async for number in upload:
            await items.send(2 * number)
            count += 1
        return count

    async def test_ask(self, ctx: Context, params: c.Ask) -> c.Answer:
        return await c.ConformanceServices(ctx).test_answer(params)

    async def test_skim(self, ctx: Context, params: c.Count) -> int:
        return await c.ConformanceServices(ctx).test_list(params).result()

    def test_tidy(self, ctx: Context, params: c.Ask) -> None:
        ctx.wait_cancelled_blocking()
        services, code = c.ConformanceServices(ctx), "fine"
        try:
            services.test_answer_blocking(params)
        except PluginError as error:
            code = error.code
        question = c.Ask(question=f"{params.question} {code}")
        raise FailedPreconditionError(services.test_answer_blocking(question, timeout=60).answer)

    async def on_test_happened(self, ctx: Context, event: Event[c.Happened]) -> None:
        question = f"{event.name} {event.stream or '-'} {event.seq} {event.payload.number}"
        await c.ConformanceServices(ctx).test_answer(c.Ask(question=question))

    def test_emit(self, ctx: Context, params: c.Emit) -> None:
        events = c.ConformanceEvents(ctx)
        for number in range(1, params.times + 1):
            events.test_happened(c.Happened(number=number), stream="test:stream")

    def test_log(self, ctx: Context, params: c.Print) -> None:
        ctx.log.log("info", params.text, **{"from": "subject"})

    def test_context(self, ctx: Context) -> c.ContextReport:
        return c.ContextReport(
            instance_id=ctx.instance_id,
            config=ctx.config,
            has_deadline=ctx.deadline is not None,
            cancelled=ctx.cancelled,
            debug=ctx.debug,
        )


def text_of(memory: a.Memory) -> str:
    return memory.content.text or ""


def known(name: str, one: str, error: type[Exception]) -> None:
    if name != one:
        raise error(f"there is only {one}", a.UnknownName(name=name, known=[one]))


def reach(ctx: Context) -> dict[str, str]:
    """The codes of what a plugin gets that calls a service and emits an event."""

    def code(act: Callable[[], object]) -> str:
        try:
            act()
        except PluginError as error:
            return error.code
        return "fine"

    return {
        "call": code(lambda: ctx.call_blocking("test.answer", {"question": "?"})),
        "emit": code(lambda: ctx.emit("test.happened", {"number": 1})),
    }


class Agent(a.Agent):
    """An action, a provider, an evaluator, a service and a route."""

    def __init__(self) -> None:
        self.running: set[str] = set()

    def action_validate(self, ctx: Context, params: a.ActionValidate) -> a.Validation:
        known(params.action, "ECHO", a.ActionNotFoundError)
        return a.Validation(valid=True)

    def action_invoke(self, ctx: Context, params: a.ActionInvoke) -> a.ActionResult:
        if params.action == "REACH":
            return a.ActionResult(success=True, data=reach(ctx))
        known(params.action, "ECHO", a.ActionNotFoundError)
        data = {}
        if params.options is not UNSET:
            data["options"] = params.options
        if params.state is not UNSET:
            data["state"] = params.state.to_value()
        return a.ActionResult(success=True, text=f"echo:{text_of(params.memory)}", data=data)

    def provider_get(self, ctx: Context, params: a.ProviderGet) -> a.ProviderResult:
        known(params.provider, "PROV", a.ProviderNotFoundError)
        return a.ProviderResult(text=f"provided:{text_of(params.memory)}", values={"n": 1})

    def evaluator_validate(self, ctx: Context, params: a.EvaluatorValidate) -> a.Validation:
        known(params.evaluator, "EVAL", a.EvaluatorNotFoundError)
        return a.Validation(valid=True)

    def evaluator_invoke(self, ctx: Context, params: a.EvaluatorInvoke) -> a.ActionResult | None:
        known(params.evaluator, "EVAL", a.EvaluatorNotFoundError)
        return a.ActionResult(success=True, text=f"evaluated:{text_of(params.memory)}")

    def service_start(self, ctx: Context, params: a.ServiceStart) -> None:
        known(params.service_type, "svc", a.ServiceNotFoundError)
        self.running.add(params.service_type)

    def service_stop(self, ctx: Context, params: a.ServiceStop) -> None:
        known(params.service_type, "svc", a.ServiceNotFoundError)
        self.running.discard(params.service_type)

    def route_handle(self, ctx: Context, params: a.RouteHandle) -> a.RouteResponse:
        known(f"{params.method} {params.path}", "POST /r", a.RouteNotFoundError)
        got = {"method": params.method, "path": params.path, "params": params.params or {}}
        got.update(query=params.query or {}, headers=params.headers or {})
        if params.body is not UNSET:
            got["body"] = params.body
        return a.RouteResponse(status=201, headers={"X-A": "b"}, body={"got": got})


plugin = Plugin("conformance-subject", Subject(), Agent(), version="1.0.0", description="The conformance subject")


if __name__ == "__main__":
    run(plugin)
