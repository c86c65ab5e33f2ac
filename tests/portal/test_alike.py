"""Nobody learns from the portal who is a customer: the same bytes and the same statements, known or unknown.

Each walk names an address, sends it, tries wrong codes and has another code sent. A plain run walks for EACH known and
EACH unknown addresses, in turn, 400 of each in all four walks, and compares every byte and every statement; times say
nothing where the machine does other things too. `make chaos` walks for FULL of each, and ranks their times.
"""

import time
from collections.abc import Callable

import asyncpg
import pytest

from tests.domain.firm import Firm, email
from tests.portal.alike import WALKS, Listening, Seen, apart
from tests.portal.visitor import Visitor, code_of, requests_of

Arrives = Callable[..., Visitor]
EACH, FULL = 100, 400
DEVIATIONS_MOST = 4
"""By chance once in fifteen thousand runs."""
SHARED_MOST = 50
"""Addresses of one customer."""


async def compared(arrives: Arrives, firm: Firm, listening: Listening, walk: str, each: int) -> list[Seen]:
    """Walk for known and unknown addresses in turn, each with a browser and a network of its own."""
    known = [f"known-{number}@example.org" for number in range(each)]
    shared = min(each // 2, SHARED_MOST)
    await firm.customer(identifiers=[email(address) for address in known[:shared]])
    for address in known[shared:]:
        await firm.customer(identifiers=[email(address)])
    seen: list[Seen] = []
    for number, address in enumerate(known):
        pair = (address, f"other-{number}@example.org")
        for named in pair if number % 2 else reversed(pair):
            visitor = arrives(address=f"198.51.{len(seen) // 200}.{len(seen) % 200}")
            began = time.perf_counter()
            seen.append(await WALKS[walk](visitor, named, listening))
            seen[-1].seconds, seen[-1].is_known = time.perf_counter() - began, named == address
    return seen


@pytest.mark.parametrize("walk", WALKS)
async def test_the_known_and_the_unknown_read_the_same_at_the_same_cost(
    arrives: Arrives, firm: Firm, monkeypatch: pytest.MonkeyPatch, superuser: asyncpg.Connection, walk: str
) -> None:
    seen = await compared(arrives, firm, Listening(monkeypatch), walk, EACH)
    assert sum(each.is_known for each in seen) == sum(not each.is_known for each in seen) == EACH
    assert len(seen[0].statements) > 10
    for each in seen[1:]:
        assert each.pages == seen[0].pages
        assert each.statements == seen[0].statements
    await superuser.execute("TRUNCATE attempt")


@pytest.mark.chaos
@pytest.mark.parametrize("walk", WALKS)
async def test_four_hundred_of_each_read_the_same_at_the_same_cost_in_the_same_time(
    arrives: Arrives, firm: Firm, monkeypatch: pytest.MonkeyPatch, walk: str
) -> None:
    seen = await compared(arrives, firm, Listening(monkeypatch), walk, FULL)
    assert len(seen) == 2 * FULL
    assert all((each.pages, each.statements) == (seen[0].pages, seen[0].statements) for each in seen[1:])
    times = [[each.seconds for each in seen if each.is_known is which] for which in (True, False)]
    assert apart(*times) < DEVIATIONS_MOST


async def test_whoever_has_proved_their_own_address_learns_nothing_of_another(
    arrives: Arrives, firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    await firm.customer(identifiers=[email("known@example.org")])
    listening, pages = Listening(monkeypatch), list[str]()
    for named in ("known@example.org", "other@example.org"):
        visitor = arrives()
        await WALKS["for another"](visitor, named, listening)
        request_id = (await requests_of(firm))[-1]
        await visitor.send({"code": await code_of(firm, request_id)})
        reference = visitor.page.text.partition('class="ref" dir="ltr">')[2].partition("<")[0]
        pages.append(visitor.page.text.replace(reference, "REFERENCE"))
        assert (await visitor.state(request_id)) == ("PAUSED", "AUTHORITY")
    assert pages[0] == pages[1]
