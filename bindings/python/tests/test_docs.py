"""Runs what the documentation shows: the examples in docstrings, and the README's plugin and its test."""

from __future__ import annotations

import asyncio
import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import crossplug

README = Path(__file__).parents[1] / "README.md"
MODULES = [module.name for module in pkgutil.walk_packages(crossplug.__path__, "crossplug.")]


@pytest.mark.parametrize("name", MODULES)
def test_docstrings(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.IGNORE_EXCEPTION_DETAIL)
    assert result.failed == 0


def test_there_are_examples() -> None:
    finder = doctest.DocTestFinder()
    found = sum(len(test.examples) for name in MODULES for test in finder.find(importlib.import_module(name)))
    assert found > 20


def test_readme() -> None:
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    names: dict[str, object] = {"__name__": "readme"}
    for block in blocks:
        exec(compile(block, str(README), "exec"), names)
    tests = [test for name, test in names.items() if name.startswith("test_")]
    assert len(tests) == 5
    for test in tests:
        assert callable(test)
        awaited = test()
        if awaited is not None:
            asyncio.run(awaited)
