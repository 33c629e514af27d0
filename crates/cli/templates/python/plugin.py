"""Greets whoever says something: an action and a provider of the interface ``agent``."""

from crossplug import Context, Plugin, run
from crossplug.interfaces.agent import (
    ActionInvoke,
    ActionNotFoundError,
    ActionResult,
    ActionValidate,
    Agent,
    ProviderGet,
    ProviderNotFoundError,
    ProviderResult,
    UnknownName,
    Validation,
)


class Greeter(Agent):
    """One action, one provider. Handlers may be plain functions or ``async``."""

    def __init__(self) -> None:
        """Counts from nothing."""
        self.greetings = 0

    def action_validate(self, ctx: Context, params: ActionValidate) -> Validation:
        """Applies to a memory that says something."""
        check_action(params.action)
        return Validation(valid=bool(params.memory.content.text))

    def action_invoke(self, ctx: Context, params: ActionInvoke) -> ActionResult:
        """Greets, as the configuration says."""
        check_action(params.action)
        self.greetings += 1
        ctx.log.info("greeting", greetings=self.greetings)
        greeting = ctx.config.get("greeting", "Hello")
        return ActionResult(success=True, text=f"{greeting}! You said: {params.memory.content.text or 'nothing'}")

    def provider_get(self, ctx: Context, params: ProviderGet) -> ProviderResult:
        """Says how many greetings there have been."""
        if params.provider != "GREETINGS":
            known = UnknownName(name=params.provider, known=["GREETINGS"])
            raise ProviderNotFoundError(f"Provider not found: {params.provider}", details=known)
        text = f"There have been {self.greetings} greetings."
        return ProviderResult(text=text, values={"greetings": self.greetings})


def check_action(name: str) -> None:
    """Refuses a name that is not ours."""
    if name != "GREET":
        raise ActionNotFoundError(f"Action not found: {name}", details=UnknownName(name=name, known=["GREET"]))


plugin = Plugin("{{name}}", Greeter())

if __name__ == "__main__":
    run(plugin)
