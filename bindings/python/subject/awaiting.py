"""The conformance subject where nothing may block: what waits is a coroutine. Everything else is in ``plugin.py``."""

from __future__ import annotations

import asyncio

from crossplug import Context, ItemReceiver, ItemSender, Plugin, PluginError, run
from crossplug.interfaces import agent as a
from crossplug.interfaces import conformance as c
from crossplug.interfaces.protocol_errors import FailedPreconditionError
from plugin import Agent, Subject


class AwaitingSubject(Subject):
    """Waits for its host by awaiting."""

    async def test_hang(self, ctx: Context) -> None:  # type: ignore[override]
        await ctx.wait_cancelled()
        ctx.raise_if_cancelled()

    async def test_count(self, ctx: Context, params: c.Count, items: ItemSender[int]) -> int:  # type: ignore[override]
        total = 0
        for number in range(1, params.to + 1):
            await items.send(number)
            total += number
        ctx.progress(1, "done")
        return total

    async def test_sum(self, ctx: Context, upload: ItemReceiver[int]) -> int:  # type: ignore[override]
        total = 0
        async for number in upload:
            total += number
        return total

    async def test_tidy(self, ctx: Context, params: c.Ask) -> None:  # type: ignore[override]
        try:
            await ctx.wait_cancelled()
        except asyncio.CancelledError:
            pass  # it tidies up first
        services, code = c.ConformanceServices(ctx), "fine"
        try:
            await services.test_answer(params)
        except PluginError as error:
            code = error.code
        question = c.Ask(question=f"{params.question} {code}")
        raise FailedPreconditionError((await services.test_answer(question, timeout=60)).answer)


class AwaitingAgent(Agent):
    """Asks its host by awaiting."""

    async def action_invoke(self, ctx: Context, params: a.ActionInvoke) -> a.ActionResult:  # type: ignore[override]
        if params.action != "REACH":
            return super().action_invoke(ctx, params)
        codes = {"call": "fine", "emit": "fine"}
        try:
            await ctx.call("test.answer", {"question": "?"})
        except PluginError as error:
            codes["call"] = error.code
        try:
            ctx.emit("test.happened", {"number": 1})
        except PluginError as error:
            codes["emit"] = error.code
        return a.ActionResult(success=True, data=codes)


plugin = Plugin("conformance-subject", AwaitingSubject(), AwaitingAgent(), version="1.0.0")

if __name__ == "__main__":
    run(plugin)
