"""Runs every block of docs/hosting/python.md, in order, as one program beside a plugin."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from host.conftest import SUBJECTS

PAGE = Path(__file__).parents[4] / "docs/hosting/python.md"
MANIFEST = """{"name": "greeter", "description": "Greets.", "version": "1.0.0", "language": "python",
"interfaces": {"agent": "1"}, "doors": {"process": {"command": ["python3", "-u", "plugin.py"]}},
"permissions": {"services": ["kv.get"], "events": {"emit": ["greeted"]}}}"""
PLUGIN = """
import time
from crossplug import Context, Plugin, run
from crossplug.interfaces.agent import ActionInvoke, ActionResult, AgentMethods

plugin = Plugin("greeter", version="1.0.0")

@plugin.method(AgentMethods.ACTION_INVOKE)
def greet(ctx: Context, params: ActionInvoke) -> ActionResult:
    return ActionResult(success=True, text=f"{ctx.config.get('greeting', 'Hello')}, {params.memory.content.text}!")

@plugin.method("greeter.count")
def count(ctx, params):
    items = ctx.items()
    for number in range(1, params["to"] + 1):
        items.send_blocking(number)
    return sum(range(params["to"] + 1))

@plugin.method("greeter.work")
def work(ctx, params):
    ctx.progress(1.0, "done")

@plugin.method("greeter.sleep")
def sleep(ctx, params):
    ctx.wait_cancelled_blocking(30)

@plugin.method("greeter.ask")
def ask(ctx, params):
    ctx.log.info("asked")
    ctx.emit("greeted", params)
    return ctx.call_blocking("kv.get", params)

run(plugin)
"""


def test_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "plugins/greeter"
    folder.mkdir(parents=True)
    (folder / "plugin.json").write_text(MANIFEST)
    (folder / "plugin.py").write_text(PLUGIN)
    (tmp_path / "plugins/subject").symlink_to(SUBJECTS["python"])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(blocks) == 7
    names: dict[str, object] = {"__name__": "page"}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)
