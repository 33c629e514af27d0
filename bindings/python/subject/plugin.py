"""The conformance subject: a plugin on which every part of the protocol can be tried."""

from __future__ import annotations

from crossplug import Context, Plugin, run

plugin = Plugin("conformance-subject", version="1.0.0", description="Implements the interface conformance")


@plugin.method("test.echo")
def echo(ctx: Context, params: object) -> object:
    return params


if __name__ == "__main__":
    run(plugin)
