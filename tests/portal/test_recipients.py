"""Those who once received somebody's data: written to where they have an address, by hand where they have none."""

from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest
import pytest_asyncio

from hub import asgi
from hub.act import Hub
from hub.actors import Operation
from hub.errors import Code
from hub.readiness import Readiness
from hub.rights import fulfilling, mailing, remains
from hub.rights.outcomes import Step, StepState
from hub.rights.requests import Request
from hub.rights.states import State
from tests.portal.helping import LINK, Helper
from tests.portal.test_task_letters import back
from tests.portal.visitor import HOME
from tests.rights.desk import Desk
from tests.rights.test_disclosures import desk, fulfilled, sent, world
from tests.rights.test_fulfilling import by_hand, planned, work
from tests.world import World
from workers import rights

__all__ = ["desk", "world"]
SURVEYORS = "Moor Surveys"


@pytest_asyncio.fixture
async def surveyor(hub: Hub, desk: Desk) -> AsyncIterator[Helper]:
    """Somebody at the surveyors'."""
    transport = httpx.ASGITransport(asgi.create_app(hub, Readiness(hub, [])))
    async with httpx.AsyncClient(transport=transport, base_url=HOME) as http:
        yield Helper(http, desk)


async def reached(superuser: asyncpg.Connection, world: World, contact: str, country: str = "GB") -> None:
    """Let the surveyors have this as their contact."""
    await superuser.execute("SET session_replication_role = replica")
    await superuser.execute(
        "UPDATE recipient SET contact = $2, country = $3 WHERE id = $1", world.recipients["moor-surveys"].id, contact,
        country,
    )  # fmt: skip
    await superuser.execute("SET session_replication_role = origin")


async def their_step(desk: Desk, request: Request) -> Step:
    [step] = [each for each in await planned(desk, request) if each.name == SURVEYORS]
    return step


async def test_whoever_has_an_address_is_told_by_a_letter_and_answers_by_its_link(
    surveyor: Helper, desk: Desk, world: World, superuser: asyncpg.Connection
) -> None:
    await reached(superuser, world, "1 Moor Lane, York; privacy@moor.example")
    customer_id, _ = await sent(desk, world, email="ann@example.org")
    request = await fulfilled(desk, superuser, customer_id, "DELETION")
    await rights.write_to(desk.firm.hub, request.id)
    step = await their_step(desk, request)
    assert (step.kind, step.state) == ("EMAIL", StepState.WAITING_ON_OTHERS)
    [letter] = await surveyor.letters(request)
    assert (list(letter.recipients), SURVEYORS in letter.text) == (["privacy@moor.example"], True)
    assert "ann@example.org" not in letter.text
    found = LINK.search(letter.text)
    assert found
    assert "which you once received from us" in (await surveyor.http.get(found[1])).text
    page = (await surveyor.open(found[1])).text
    assert "they asked us to erase it" in page
    assert "ann@example.org" in page
    assert (await surveyor.send(found[1], do="answer", outcome="DONE", rows="1")).status_code == 303
    assert (await surveyor.send(found[1], do="answer", outcome="DONE", rows="1")).status_code == 409
    assert (await their_step(desk, request)).evidence == {"by": "LINK", "rows": 1}
    await by_hand(desk, request)
    await work(desk, request)
    assert (await desk.read(request)).state is State.ANSWERED
    async with desk.firm.hub.ask(desk.staff, Operation.REQUEST_READ) as ask:
        outcome = (await remains.of_many(ask, [request.id]))[request.id]
    assert [(each.recipient, each.said) for each in outcome.recipients] == [(SURVEYORS, "CONFIRMED")]


async def test_whoever_does_not_answer_is_reminded_and_can_be_excused(
    surveyor: Helper, desk: Desk, world: World, superuser: asyncpg.Connection
) -> None:
    await reached(superuser, world, "privacy@moor.example")
    customer_id, _ = await sent(desk, world)
    request = await fulfilled(desk, superuser, customer_id, "RESTRICTION")
    await rights.write_to(desk.firm.hub, request.id)
    await back(superuser, request, 4)
    await rights.remind_helpers(desk.firm.hub)
    letters = await surveyor.letters(request)
    assert [each.subject for each in letters][-1] == "Reminder: information that you received from us"
    step = await their_step(desk, request)
    await desk.refused(
        Code.INVALID,
        ("excuse",),
        lambda: desk.do(fulfilling.excuse, step.id, "NO_EFFECT", "They do not care."),
    )
    await desk.do(fulfilling.excuse, step.id, "IMPOSSIBLE", "They have closed.")
    assert (await their_step(desk, request)).state is StepState.SKIPPED
    found = LINK.search(letters[-1].text)
    assert found
    assert (await surveyor.open(found[1])).status_code == 409


async def test_without_an_address_it_is_told_by_hand_and_it_is_said_why(
    surveyor: Helper, desk: Desk, world: World, superuser: asyncpg.Connection
) -> None:
    await reached(superuser, world, "1 Moor Lane, York, or +44 1904 555 010")
    customer_id, _ = await sent(desk, world)
    request = await fulfilled(desk, superuser, customer_id, "DELETION")
    await rights.write_to(desk.firm.hub, request.id)
    step = await their_step(desk, request)
    assert (step.kind, step.state) == ("MANUAL", StepState.WAITING)
    assert "No email address of theirs is known" in (step.why or "")
    assert await surveyor.letters(request) == []
    await desk.do(fulfilling.settle_by_hand, step.id, "DONE", 1)
    assert (await their_step(desk, request)).why is None


@pytest.mark.parametrize(
    ("country", "language"),
    [("GB", "en"), ("AU", "en"), ("FR", "fr"), ("MA", "ar"), ("AE", "ar"), ("DE", "en")],
)
def test_they_are_written_to_in_a_language_of_their_country(country: str, language: str) -> None:
    assert mailing.language_of(country) == language


@pytest.mark.parametrize("contact", ["", "nobody@", "a b c", "x" * 300, "Bcc: <>"])
def test_what_is_no_address_reaches_nobody(contact: str) -> None:
    assert mailing.recipient(contact, "GB") is None
