"""The walkthroughs are true: the commands of a page are run, in order, in one shell, and answer what it shows.

In an answer, `...` stands for what differs from run to run, and at its end for the rest.
"""

import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from itertools import zip_longest
from typing import Any, cast

import pytest

from tests import hatchery
from tests.demo.conftest import ROOT, Demo

# One demo, and one walk, for all of them.
pytestmark = pytest.mark.xdist_group("demo")
PAGES = {name: ROOT / "docs" / f"{name}.md" for name in ("walkthrough", "partners")}
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
ANSWERS = {"json", "text"}
"""What a command prints is shown as one of these; other fences are examples."""
MARK = "----- next -----"
WALK_SECONDS = 900


@dataclass(frozen=True)
class Step:
    """A command of the page with the answers shown beneath it."""

    heading: str
    command: str
    shown: tuple[tuple[str, str], ...]


@cache
def steps(name: str) -> list[Step]:
    found: list[Step] = []
    page = PAGES[name].read_text(encoding="utf-8")
    for fence in FENCE.finditer(page):
        kind, body = fence.groups()
        if kind == "sh":
            heading = [each[1] for each in HEADING.finditer(page, 0, fence.start())][-1]
            found.append(Step(heading, body, ()))
        elif kind in ANSWERS:
            last = found.pop()
            found.append(Step(last.heading, last.command, (*last.shown, (kind, body))))
    return found


@pytest.fixture(scope="module")
def answers(demo: Demo) -> Callable[[str], list[str]]:
    """What each command of a page printed; each page is walked once."""
    return cache(partial(walk, demo))


def walk(demo: Demo, name: str) -> list[str]:
    port = demo.address.rpartition(":")[2]
    needed, passed = hatchery.stand_in(demo.folder / ".venv" / "bin" / "hub")
    page = f"\necho '{MARK}'\n".join(step.command for step in steps(name))
    done = subprocess.run(
        ["bash", "-c", page.replace("localhost:8000", f"localhost:{port}")],
        cwd=demo.folder,
        env=needed | {name: value for name, value in demo.environment.items() if name != "HUB_PORT"},
        pass_fds=[passed],
        capture_output=True,
        text=True,
        check=False,
        timeout=WALK_SECONDS,
    )
    printed = done.stdout.split(f"{MARK}\n")
    assert len(printed) == len(steps(name)), done.stderr
    return printed


ALL = [(name, place) for name in PAGES for place in range(len(steps(name)))]


@pytest.mark.parametrize(
    ("name", "place"), ALL, ids=[f"{name}-{place}-{steps(name)[place].heading}" for name, place in ALL]
)
def test_a_page_shows_what_its_commands_answer(
    answers: Callable[[str], list[str]], name: str, place: int
) -> None:
    rest = answers(name)[place]
    for kind, shown in steps(name)[place].shown:
        rest = json_matches(rest, shown) if kind == "json" else text_matches(rest, shown)
    assert rest.strip() == ""


def json_matches(printed: str, shown: str) -> str:
    """Compare one JSON answer; returns what was printed after it."""
    start = printed.lstrip()
    found, end = json.JSONDecoder().raw_decode(start)
    assert found == filled(json.loads(shown), found)
    return start[end:]


def filled(shown: Any, found: Any) -> Any:
    """Put what was found in the place of each `...`."""
    if isinstance(shown, dict) and isinstance(found, dict):
        told, said = cast("dict[str, Any]", shown), cast("dict[str, Any]", found)
        return {key: filled(value, said.get(key)) for key, value in told.items()}
    if isinstance(shown, list) and isinstance(found, list):
        pairs = zip_longest(cast("list[Any]", shown), cast("list[Any]", found))
        return [filled(*pair) for pair in pairs][: len(cast("list[Any]", shown))]
    return cast("Any", found if shown == "..." and isinstance(found, str) else shown)


def text_matches(printed: str, shown: str) -> str:
    pattern = ".*?".join(re.escape(part) for part in shown.strip().split("..."))
    pattern += r"\Z" if shown.strip().endswith("...") else r"\s*"
    found = re.match(pattern, printed.strip() + "\n", re.DOTALL)
    assert found, printed
    return printed.strip()[found.end() :]


def test_the_walkthrough_has_both_customers_and_every_kind_of_answer() -> None:
    page = PAGES["walkthrough"].read_text(encoding="utf-8")
    told = {"H-1001", "H-1002", "au.alliance-later", "au.app6-expected", "au.consent", "hub.sharing-opt-out"}
    told |= {
        "hub coverage",
        "hub what-if",
        "--list CONSENT",
        "--as-of 2026-03-31",
        "hub replay",
        "hub rules diff",
    }
    assert [each for each in told if each not in page] == []
