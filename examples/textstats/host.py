"""Calls the textstats plugin in a folder, whatever it is written in, on a document: ``host.py FOLDER FILE [DOOR]``.

What ``host.rs`` does, in Python. Prints a line of JSON: everything that was streamed, the progress and the summary.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from crossplug.host import Host, Progress
from generated.textstats import Analyse, TextstatsMethods


def main(folder: str, file: str, door: str | None = None) -> None:
    """Makes a host, loads the plugin, and reads its stream."""
    params = Analyse(text=Path(file).read_text(encoding="utf-8"), top_words=5)
    told: list[Progress] = []
    with Host("example-textstats-host") as host:
        plugin = host.load_blocking(folder, door=door, token=os.environ.get("CROSSPLUG_TOKEN"))
        started = time.perf_counter()
        call = plugin.start(TextstatsMethods.TEXT_ANALYSE, params, on_progress=told.append)
        paragraphs = [json.loads(paragraph.to_json()) for paragraph in call]
        summary = json.loads(call.result_blocking().to_json())
        millis = (time.perf_counter() - started) * 1e3
    progress = [report.fraction for report in told]
    result = {"summary": summary, "paragraphs": paragraphs, "progress": progress}
    print(json.dumps({"method": "text.analyse", "result": result, "millis": millis}))


if __name__ == "__main__":
    main(*sys.argv[1:])
