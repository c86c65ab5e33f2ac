"""What partners are handed as a file, against a loop that only fetches, opens and encodes the same rows.

Each in turn in a process of its own, so that memory is of one alone. HUB_BENCH_EXPORTED says how many customers there
are (100,000), of whom four fifths may be received; HUB_BENCH_FOLDER keeps them from run to run.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from statistics import median

from bench.handed import staged
from bench.house import Stage

CUSTOMERS = int(os.environ.get("HUB_BENCH_EXPORTED", "100000"))
ROUNDS = int(os.environ.get("HUB_BENCH_ROUNDS", "3"))
SMALLER = 10
Run = dict[str, float]
Figures = dict[str, list[Run]]


def main() -> None:
    """Print rows a second, the processor's time for a row, and the memory that it took: of a tenth, and of all."""
    with staged(CUSTOMERS // SMALLER) as stage:
        small = _exports(stage)
    with staged(CUSTOMERS) as stage:
        large = _exports(stage)
    for figures in (small, large):
        _report(figures)
    more = large["export"][0]["rows"] / small["export"][0]["rows"]
    longer, busier = (_share(large["export"], small["export"], each) for each in (_seconds, _busy))
    print(f"{more:.1f}x the rows take {longer:.1f}x the time, {busier:.1f}x the processor's")


def _exports(stage: Stage) -> Figures:
    found: Figures = {"loop": [], "export": []}
    for _ in range(ROUNDS):
        for kind, figures in found.items():
            figures.append(_run(kind, stage))
    return found


def _run(kind: str, stage: Stage) -> Run:
    arguments = [
        sys.executable, "-m", "bench.exporting", kind, stage.url, str(stage.folder), str(stage.keyring), stage.client[0]
    ]  # fmt: skip
    said = subprocess.run(arguments, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - ourselves
    return json.loads(said.stdout.splitlines()[-1])


def _report(figures: Figures) -> None:
    for kind, found in figures.items():
        rows = found[0]["rows"]
        rate = median(rows / each["seconds"] for each in found)
        ours, theirs = (median(each[name] for each in found) / rows * 1e6 for name in ("here", "in_database"))
        grown = max(each["grown_mb"] for each in found)
        print(
            f"{kind:6} of {rows:9,.0f} rows  {rate:8,.0f} rows a second, {grown:.0f} MB over idle; of the processor for"
            f" a row {ours:.0f} us, in the database {theirs:.0f} us"
        )
    faster, cheaper = (_share(figures["loop"], figures["export"], each) for each in (_seconds, _busy))
    print(
        f"an export makes {faster:.2f}x of the loop's rows a second, {cheaper:.2f}x by the processor's time"
    )


def _share(some: list[Run], others: list[Run], of: Callable[[Run], float]) -> float:
    return median(of(one) / of(other) for one, other in zip(some, others, strict=True))


def _seconds(run: Run) -> float:
    return run["seconds"]


def _busy(run: Run) -> float:
    return run["here"] + run["in_database"]
