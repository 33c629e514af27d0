"""What a plugin's program is told when it is started. Text in, a decision out."""

from __future__ import annotations

from crossplug.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from crossplug.plugin.address import Address

OWN = "crossplug/1"


class Arguments:
    """``--dialect NAME``, ``--listen ADDRESS``, ``--connect ADDRESS``, each with a ``=`` in place of the space, too."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self.dialect = OWN
        self.listen: Address | None = None
        self.connect: Address | None = None
        rest = list(arguments)
        while rest:
            argument = rest.pop(0)
            name, joined, value = argument.partition("=")
            if name not in ("--dialect", "--listen", "--connect"):
                raise UsageError(
                    "this plugin is started by a host; it takes --dialect NAME, --listen ADDRESS or --connect ADDRESS"
                    f" and not `{argument}`"
                )
            if not joined:
                if not rest:
                    example = "elizaos-bridge/1" if name == "--dialect" else "unix:run/plugin.sock"
                    raise UsageError(f"{name} needs a value, such as {example}")
                value = rest.pop(0)
            self._take(name, value)
        if self.dialect != OWN and (self.listen or self.connect):
            raise UsageError(f"over sockets only {OWN} is spoken; {self.dialect} has no word for a token")

    def _take(self, name: str, value: str) -> None:
        if name == "--dialect":
            self.dialect = value
            return
        if self.listen or self.connect:
            raise UsageError("--listen and --connect are said once, and not both")
        from crossplug.plugin.address import Address

        if name == "--listen":
            self.listen = Address(value)
        else:
            self.connect = Address(value)
