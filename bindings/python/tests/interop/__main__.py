"""``python -m interop PATH [--door NAME] [--encoding NAME] [--filter TEXT] [--soak]``: plays cases on one plugin.

On stdout: one JSON object of what came of each case.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path

from interop.play import Misstep, Subject, play

CASES = Path(__file__).parents[4] / "schema/vectors/interop"


async def main() -> int:
    arguments = argparse.ArgumentParser(prog="interop")
    arguments.add_argument("path", type=Path, help="folder, manifest or file of a conformance subject")
    arguments.add_argument("--door", help="the way in, where it is not the first")
    arguments.add_argument("--encoding", default="json", choices=["json", "msgpack"], help="what to speak with it")
    arguments.add_argument("--filter", default="", help="only cases whose path contains one of these, by commas")
    arguments.add_argument("--soak", action="store_true", help="load processes and components 1,000 times, too")
    given = arguments.parse_args()
    subject = Subject(given.path, given.door, given.encoding, given.soak)
    outcomes: list[dict[str, object]] = []
    for file in sorted(CASES.glob("*.jsonl")):
        if not any(part in f"interop/{file.name}" for part in given.filter.split(",")):
            continue
        outcome: dict[str, object] = {"case": f"interop/{file.name}", "verdict": "passed"}
        try:
            await play([json.loads(line) for line in file.read_text("utf-8").rstrip("\n").split("\n")], subject)
        except Misstep as misstep:
            outcome |= {"verdict": "failed", "line": misstep.line, "reason": misstep.what}
            print(f"failed  {file.name}:{misstep.line}: {misstep.what}", file=sys.stderr)
        outcomes.append(outcome)
    failed = sum(outcome["verdict"] == "failed" for outcome in outcomes)
    print(json.dumps({"passed": len(outcomes) - failed, "failed": failed, "cases": outcomes}))
    return 3 if failed else 0


sys.exit(asyncio.run(main()))
