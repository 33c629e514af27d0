"""The author's own test: the plugin in this process, without a host."""

from __future__ import annotations

import pytest

from crossplug.testing import TestHost
from generated.textstats import Analyse, EmptyTextError, TextstatsClient, TextstatsMethods, WordCount
from plugin import plugin


def test_streams_each_paragraph_and_sums_up() -> None:
    with TestHost(plugin) as host:
        text = "One two three. Four!\n\nFive six?\n"
        call = host.start(TextstatsMethods.TEXT_ANALYSE, Analyse(text=text, top_words=2))
        assert [paragraph.words for paragraph in call] == [4, 2]
        summary = call.result_blocking()
        assert [report.fraction for report in call.progress] == [0.5, 1]
    assert summary.sentences == 3
    assert summary.characters == len(text)
    assert summary.top_words == [WordCount(word="five", count=1), WordCount(word="four", count=1)]


def test_refuses_a_text_without_a_word() -> None:
    with TestHost(plugin) as host, pytest.raises(EmptyTextError):
        TextstatsClient(host).text_analyse(Analyse(text=" \n--")).result_blocking()
