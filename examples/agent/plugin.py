"""Recalls what was said, finds keywords, judges the tone: the interface `agent` in Python."""

from __future__ import annotations

from crossplug import UNSET, Context, Plugin, run
from crossplug.interfaces.agent import (
    ActionInvoke,
    ActionNotFoundError,
    ActionResult,
    ActionValidate,
    Agent,
    AgentServices,
    EvaluatorInvoke,
    EvaluatorNotFoundError,
    EvaluatorValidate,
    Memory,
    MemorySearch,
    ProviderGet,
    ProviderNotFoundError,
    ProviderResult,
    State,
    UnknownName,
    Validation,
)
from keywords import keywords, tone, words


def text_of(memory: Memory) -> str:
    """What the memory says; nothing is empty."""
    return memory.content.text or ""


def topic_of(ctx: Context, params: ActionInvoke) -> str:
    """What to recall: the caller's option, else the state's topic, else the commonest word of the message."""
    options = {} if params.options is UNSET else params.options
    state = {} if params.state is UNSET or params.state.values is UNSET else params.state.values
    found = keywords(text_of(params.memory), ctx.config.get("stopWords", []), 1)
    return str(options.get("topic") or state.get("topic") or (found[0][0] if found else ""))


class Companion(Agent):
    """An action, a provider and an evaluator."""

    def action_validate(self, ctx: Context, params: ActionValidate) -> Validation:
        """Applies to a memory with a word in it."""
        if params.action != "RECALL":
            raise ActionNotFoundError(
                f"Action not found: {params.action}", UnknownName(name=params.action, known=["RECALL"])
            )
        return Validation(valid=bool(words(text_of(params.memory))))

    async def action_invoke(self, ctx: Context, params: ActionInvoke) -> ActionResult:
        """Asks the host what was said before about the topic."""
        if params.action != "RECALL":
            raise ActionNotFoundError(
                f"Action not found: {params.action}", UnknownName(name=params.action, known=["RECALL"])
            )
        topic = topic_of(ctx, params)
        if not topic:
            return ActionResult(success=False, error="there is no topic to recall")
        search = MemorySearch(text=topic, limit=ctx.config.get("limit", 3))
        found = (await AgentServices(ctx).memory_search(search)).memories
        quotes = [" ".join(words(text_of(memory))[:6]) for memory in found]
        text = f"{len(found)} memories about {topic}: " + "; ".join(quotes)
        return ActionResult(success=True, text=text, data={"quotes": quotes}, values={"topic": topic})

    def provider_get(self, ctx: Context, params: ProviderGet) -> ProviderResult:
        """The commonest words of the message."""
        if params.provider != "KEYWORDS":
            raise ProviderNotFoundError(
                f"Provider not found: {params.provider}", UnknownName(name=params.provider, known=["KEYWORDS"])
            )
        found = keywords(text_of(params.memory), ctx.config.get("stopWords", []), ctx.config.get("limit", 3))
        text = "Keywords: " + ", ".join(f"{word} ({count})" for word, count in found)
        return ProviderResult(text=text, values={"keywords": [word for word, _ in found]})

    def evaluator_validate(self, ctx: Context, params: EvaluatorValidate) -> Validation:
        """Applies to a memory that is long enough."""
        check_evaluator(params.evaluator)
        return Validation(valid=len(words(text_of(params.memory))) >= ctx.config.get("minWords", 5))

    def evaluator_invoke(self, ctx: Context, params: EvaluatorInvoke) -> ActionResult | None:
        """The tone of the message, and whether it changed since the state was made."""
        check_evaluator(params.evaluator)
        if not words(text_of(params.memory)):
            return None
        found = tone(text_of(params.memory))
        return ActionResult(
            success=True, text=found, values={"tone": found, "changed": found != tone_before(params.state)}
        )


def tone_before(state: State | object) -> object:
    """The tone that the state remembers; None where it does not."""
    return state.values.get("tone") if isinstance(state, State) and state.values is not UNSET else None


def check_evaluator(name: str) -> None:
    """Refuses a name that is not ours."""
    if name != "TONE":
        raise EvaluatorNotFoundError(f"Evaluator not found: {name}", UnknownName(name=name, known=["TONE"]))


plugin = Plugin("example-agent-python", Companion(), version="0.1.0")

if __name__ == "__main__":
    run(plugin)
