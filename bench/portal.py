"""Pages of the portal: what a visitor's browser takes in, and how many a server gives to fifty of them at once.

The baseline is a bare Starlette application that renders a Jinja2 page of the same size, with one query, and no more.
"""

import asyncio
from statistics import median
from typing import Final

import httpx

from bench import load
from bench.house import Stage, served, staged
from bench.serving import HOST, PAGE, TEMPLATE
from portal.journeys import JOURNEYS

SECONDS: Final = 3.0
ROUNDS: Final = 3
VISITORS: Final = 50
LANGUAGES: Final = ("en", "fr", "ar")
PAGES: Final = ("", "/enter", *(f"/ask/{each.key}/{each.questions[0]}" for each in JOURNEYS.values()))


def main() -> None:
    """Print the bytes of pages, and pages a second, the median of several rounds, the servers in turn."""
    with staged() as stage, served("hub", stage) as ours:
        style, home = _sizes(stage, ours[0])
        (stage.folder / TEMPLATE).write_text(home, encoding="utf-8")
        with served("page", stage) as bare:
            asked = {"bare": (bare[0], PAGE), "home": (ours[0], _path(stage, "en", ""))}
            rounds = [{name: _rate(*each) for name, each in asked.items()} for _ in range(ROUNDS)]
    rates = {name: median(each[name] for each in rounds) for name in asked}
    print(f"style sheet, kept for an hour  {style:6,} bytes")
    print(f"{VISITORS} visitors: bare page of the same size, one query  {rates['bare']:6,.0f} a second")
    ratio = rates["home"] / rates["bare"]
    print(
        f"{VISITORS} visitors: the portal's first page  {rates['home']:6,.0f} a second  {ratio:.2f}x of bare"
    )


def _path(stage: Stage, language: str, page: str) -> str:
    return f"/o/{stage.house}/{language}{page}"


def _sizes(stage: Stage, port: int) -> tuple[int, str]:
    """Print what each page weighs; the style sheet's bytes, and the first page."""
    with httpx.Client(base_url=f"http://localhost:{port}", headers={"host": HOST}) as client:
        style = len(client.get("/static/portal.css").content)
        for page in PAGES:
            sizes = [
                len(client.get(_path(stage, each, page)).raise_for_status().content) for each in LANGUAGES
            ]
            print(f"{page or '/':20} {max(sizes):6,} bytes, with its style {max(sizes) + style:6,}")
        return style, client.get(_path(stage, "en", "")).text


def _rate(port: int, path: str) -> float:
    running = load.run(port, [load.get(HOST, path)], seconds=SECONDS, connections=VISITORS, wanted=b"200 OK")
    done = asyncio.run(running)
    if done.bad:
        raise AssertionError(f"{done.bad} of {done.requests} answers were wrong")
    return done.rate
