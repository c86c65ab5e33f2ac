"""What a stranger sees and costs who names a known address or an unknown one, page by page."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from hub.db import Session, new_id
from tests.portal.test_files import PROOF, upload
from tests.portal.visitor import COPY, STOP, Visitor, requests_of
from workers import rights

SAME = {"content-type", "cache-control", "content-security-policy", "content-language", "location"}
"""Headers that must agree; a cookie differs by its token alone, and every page has one or none."""
AGENT = re.compile(r"agent-[0-9a-f]+@example\.org")
"""Each asks from an address of their own: codes to one are limited."""


def masked(text: str) -> str:
    """Without what differs from one moment to the next: keys of forms, files, and the time."""
    text = re.sub(r'name="form" value="[^"]*"', "KEY", re.sub(r'name="away" value="[^"]*"', "FILE", text))
    return re.sub(r"until \d\d:\d\d", "until TIME", text)


@dataclass
class Seen:
    """What one stranger saw: each answer without what differs from one moment to the next, and what it ran."""

    pages: list[tuple[int, str, tuple[tuple[str, str], ...], bool]] = field(default_factory=list[Any])
    statements: list[str] = field(default_factory=list[str])
    seconds: float = 0.0
    is_known: bool = False

    def add(self, answer: httpx.Response, address: str) -> None:
        """Keep an answer."""
        text = masked(AGENT.sub("AGENT", answer.text.replace(address, "ADDRESS")))
        heads = tuple(sorted((name, value) for name, value in answer.headers.items() if name in SAME))
        self.pages.append((answer.status_code, text, heads, "set-cookie" in answer.headers))


class Listening:
    """Hears every statement that is run."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.heard: list[str] = []
        for name in ("rows", "row", "value", "execute"):
            patch.setattr(Session, name, self._hearing(getattr(Session, name)))

    def _hearing(self, plain: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def heard(session: Session, sql: str, *args: Any) -> Any:
            self.heard.append(sql)
            return await plain(session, sql, *args)

        return heard


async def signing_in(visitor: Visitor, address: str, listening: Listening) -> Seen:
    """Name an address to sign in with, try a wrong code, and have another one sent."""
    seen = Seen()
    await visitor.open("enter")
    listening.heard.clear()
    for fields in ({"email": address}, {"code": "123"}, {"code": "000000"}, {"again": "yes"}):
        seen.add(await visitor.send(fields), address)
    seen.statements = list(listening.heard)
    return seen


async def for_oneself(visitor: Visitor, address: str, listening: Listening) -> Seen:
    """Ask for a copy, name an address, send it, try a wrong code, and have another one sent."""
    seen = Seen()
    await visitor.walk("copy", COPY, email=f"first-{new_id().hex}@example.org")
    await visitor.open("ask/copy/email")
    listening.heard.clear()
    seen.add(await visitor.send({"email": address}), address)
    for fields in ({}, {"code": "123"}, {"code": "000000"}, {"again": "yes"}):
        seen.add(await visitor.send(fields), address)
    seen.statements = list(listening.heard)
    return seen


async def opting_out(visitor: Visitor, address: str, listening: Listening) -> Seen:
    """Opt out, which holds on one's word, try a wrong code, and look again once the job has stopped it."""
    seen = Seen()
    await visitor.walk("stop", STOP, email=f"first-{new_id().hex}@example.org")
    await visitor.open("ask/stop/email")
    listening.heard.clear()
    seen.add(await visitor.send({"email": address}), address)
    seen.add(await visitor.send({}), address)
    heard = len(listening.heard)
    await rights.stop(visitor.firm.hub, (await requests_of(visitor.firm))[-1])
    del listening.heard[heard:]
    await visitor.open("ask/stop/code")
    seen.add(visitor.page, address)
    for fields in ({"code": "123"}, {"code": "000000"}, {"again": "yes"}):
        seen.add(await visitor.send(fields), address)
    seen.statements = list(listening.heard)
    return seen


async def for_another(visitor: Visitor, address: str, listening: Listening) -> Seen:
    """Ask for whoever has an address: who it is, the proof, one's own address, sending, and a wrong code."""
    seen = Seen()
    await visitor.walk("stop", STOP, email=f"agent-{new_id().hex}@example.org")
    listening.heard.clear()
    await visitor.open("ask/stop/who")
    seen.add(await visitor.send({"who": "other"}), address)
    seen.add(await visitor.send({"as": "GUARDIAN", "name": "Mika", "for": address}), address)
    seen.add(await upload(visitor, PROOF), address)
    for fields in ({}, {"code": "123"}, {"code": "000000"}, {"again": "yes"}):
        seen.add(await visitor.send(fields), address)
    seen.statements = list(listening.heard)
    return seen


def apart(one: Sequence[float], other: Sequence[float]) -> float:
    """How far the ranks of two lists lie apart, in standard deviations (Mann and Whitney)."""
    ranked = sorted([(each, 0) for each in one] + [(each, 1) for each in other])
    ranks = sum(place for place, (_, which) in enumerate(ranked, 1) if which == 0)
    many, more = len(one), len(other)
    middle = many * (many + more + 1) / 2
    return abs(ranks - middle) / (many * more * (many + more + 1) / 12) ** 0.5


WALKS: dict[str, Callable[[Visitor, str, Listening], Awaitable[Seen]]] = {
    "signing in": signing_in, "opting out": opting_out, "for oneself": for_oneself, "for another": for_another,
}  # fmt: skip
