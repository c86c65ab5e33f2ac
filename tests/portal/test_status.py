"""The page of a request: what was done where, what we wait for, keeping everything after all, why not."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from hub.act import Act
from hub.actors import OPERATOR, Operation
from hub.policy.values import Jurisdiction
from hub.rights import conduct, fulfilling, intake, lifting, reasons, requests, steps
from hub.rights.asked import Asked
from hub.rights.intake import NewRequest
from hub.rights.untouched import TEXTS
from hub.rights.writing import ANSWERS
from tests.domain.firm import Firm, email
from tests.portal.test_visits import move_back
from tests.portal.visitor import KNOWN, Visitor, delivered
from tests.rights.copies import ANNA, connect, gather, shop_at
from tests.rights.desk import Desk
from tests.rights.test_fulfilling import work

Does = Callable[..., Awaitable[Any]]


@pytest.fixture
def do(firm: Firm) -> Does:
    """Do one thing as the firm's staff."""
    return Desk(firm).do


async def opened(do: Does, firm: Firm, kind: str, **asked: Any) -> UUID:
    """A request of the known customer that was proved."""
    new = NewRequest(kind, firm.people[0], "PHONE", asked=Asked(**asked), identified="IN_PERSON")
    return (await do(intake.receive, new)).id


async def test_a_deletion_that_waits_can_be_kept_from_happening(
    visitor: Visitor, firm: Firm, do: Does
) -> None:
    request_id = await opened(do, firm, "DELETION")
    await do(fulfilling.approve, request_id)
    await visitor.enter(KNOWN)
    text = await visitor.open(f"requests/{request_id}")
    assert "We begin to delete on " in text
    assert text.count("Keep my information") == 1
    await visitor.open(f"requests/{request_id}/withdraw")
    assert "We delete nothing" in visitor.page.text
    await visitor.send({})
    assert await visitor.state(request_id) == ("WITHDRAWN", None)
    assert "You have taken your request back" in visitor.page.text


async def test_every_system_is_listed_with_what_came_of_it(visitor: Visitor, firm: Firm, do: Does) -> None:
    request_id = await opened(do, firm, "RESTRICTION")
    await visitor.enter(KNOWN)
    text = await visitor.open(f"requests/{request_id}")
    assert "Everywhere else" in text
    assert "Waiting" in text
    by_hand = await manual(firm, request_id)
    await do(fulfilling.settle_by_hand, by_hand, "DONE", 12)
    text = await visitor.open(f"requests/{request_id}")
    assert "Records: 12" in text
    assert '<span class="tag done">Not used</span>' in text


async def test_the_customer_reads_when_a_restriction_ends_and_disagrees_before(
    visitor: Visitor, firm: Firm, do: Does
) -> None:
    request_id = await opened(do, firm, "RESTRICTION")
    desk = Desk(firm)
    async with firm.hub.ask(desk.staff, Operation.REQUEST_READ) as ask:
        request = await requests.read(ask, request_id)
    await do(fulfilling.settle_by_hand, await manual(firm, request_id), "DONE", 12)
    await work(desk, request)
    await do(lifting.announce, request_id, "Your records are right now.")
    await visitor.enter(KNOWN)
    text = await visitor.open(f"requests/{request_id}")
    assert "We use your information again as before from " in text
    assert "Your records are right now." in text
    await visitor.send({"add": "They are still wrong."})
    assert "They are still wrong." in visitor.page.text
    await do(lifting.keep, request_id)
    text = await visitor.open(f"requests/{request_id}")
    assert "The restriction stays as it is" in text
    assert await visitor.state(request_id) == ("ANSWERED", None)


async def manual(firm: Firm, request_id: UUID) -> UUID:
    """The step that a person does."""
    async with firm.hub.ask(Desk(firm).staff, Operation.REQUEST_READ) as ask:
        return next(each.id for each in await steps.of(ask, request_id) if each.kind == "MANUAL")


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
async def test_whose_request_is_held_is_told_and_told_again_when_that_ends(
    arrives: Callable[..., Visitor], firm: Firm, do: Does, superuser: asyncpg.Connection, language: str
) -> None:
    customer_id = await firm.customer(identifiers=[email(ANNA)], locale=language)
    request = await Desk(firm).receive(customer_id, "DELETION")
    visitor = arrives(language)
    await visitor.enter(ANNA)
    said = conduct.TEXTS[language]
    for verb, given, told in ((conduct.hold, ["LEGAL_CLAIM"], "held"), (conduct.resume, [], "released")):
        await do(verb, request.id, *given)
        assert said[told] in unescape(await visitor.open(f"requests/{request.id}"))
        sql = "SELECT id FROM letter WHERE request_id = $1 AND template = 'rights_message' ORDER BY id DESC LIMIT 1"
        [(to, text)] = await delivered(firm, await superuser.fetchval(sql, request.id))
        assert (to, said[told] in text) == (ANNA, True)


async def test_why_something_was_left_out_is_said_with_the_answer_and_not_before(
    visitor: Visitor, firm: Firm, do: Does
) -> None:
    request_id = await opened(do, firm, "RECTIFICATION", changes={"name": "Anna Berg"})
    desk = Desk(firm)
    async with firm.hub.ask(desk.staff, Operation.REQUEST_READ) as ask:
        request = await requests.read(ask, request_id)
    await do(fulfilling.approve, request_id)
    await do(fulfilling.skip, await manual(firm, request_id), "Our cellar is flooded.")
    await visitor.enter(KNOWN)
    text = await visitor.open(f"requests/{request_id}")
    assert "Left out" in text
    assert "flooded" not in text
    await work(desk, request)
    text = await visitor.open(f"requests/{request_id}")
    assert await visitor.state(request_id) == ("PARTLY_ANSWERED", None)
    assert "Everywhere else: we could not do it here. Our cellar is flooded." in text


@pytest.mark.parametrize(
    ("language", "is_left", "asks"),
    [
        ("en", "Left as it is", "Ask us to put something else right"),
        ("fr", "Laissé tel quel", "Nous demander de corriger autre chose"),
        ("ar", "تُرك كما هو", "اطلب منا تصحيح شيء آخر"),
    ],
)
async def test_what_a_correction_left_as_it_is_stands_on_the_page_with_why(
    arrives: Callable[..., Visitor], tmp_path: Path, firm: Firm, language: str, is_left: str, asks: str
) -> None:
    desk = Desk(firm)
    await connect(desk, shop_at(tmp_path))
    customer_id = await firm.customer(identifiers=[email(ANNA)], locale=language)
    request = await desk.receive(customer_id, "RECTIFICATION", changes={"full_name": "Anna Berg"})
    await desk.do(fulfilling.approve, request.id)
    await gather(desk, request)  # by hand nothing is found
    visitor = arrives(language)
    await visitor.enter(ANNA)
    text = unescape(await visitor.open(f"requests/{request.id}"))
    assert await visitor.state(request.id) == ("PARTLY_ANSWERED", None)
    assert is_left in text
    assert asks in text
    said = TEXTS[language]
    for place in ("customers: name", "parcels: left with", "invoices: billed to"):
        assert said["ambiguous"].format(what=place, system="Shop") in text
    letter = await answer_to(visitor, request.id)
    assert ANSWERS[language]["UNCORRECTED"] in letter
    assert said["ambiguous"].format(what="customers: name", system="Shop") in letter


async def answer_to(visitor: Visitor, request_id: UUID) -> str:
    """The text of the letter that answers a request, as a real mail server has it."""
    async with visitor.firm.hub.ask(OPERATOR, Operation.LETTER_READ) as ask:
        sql = "SELECT id FROM letter WHERE request_id = $1 AND template = 'rights_answered'"
        [(_, text)] = await delivered(visitor.firm, await ask.value(sql, request_id))
    return text


async def test_a_refusal_says_the_ground_in_the_customers_words(
    visitor: Visitor, firm: Firm, do: Does
) -> None:
    request_id = await opened(do, firm, "DELETION")

    async def refuse(act: Act) -> None:
        ground = (await _grounds(act, request_id))[0]
        await conduct.refuse(act, request_id, ground, "The tax office needs the invoices.")

    await do(refuse)
    await visitor.enter(KNOWN)
    text = await visitor.open(f"requests/{request_id}")
    assert "We have not done this, or not all of it, because:" in text
    assert "The tax office needs the invoices." in text
    await visitor.open()
    assert '<span class="tag late">Not done</span>' in visitor.page.text


async def _grounds(act: Act, request_id: UUID) -> list[str]:
    request = await requests.read(act, request_id)
    return [each.code for each in reasons.refusals(Jurisdiction(request.jurisdictions[0]), request.kind)]


async def test_a_late_answer_is_said_to_be_late(
    visitor: Visitor, firm: Firm, do: Does, superuser: asyncpg.Connection
) -> None:
    request_id = await opened(do, firm, "ACCESS")
    await visitor.enter(KNOWN)
    assert "We should have replied by now" not in await visitor.open(f"requests/{request_id}")
    await move_back(superuser, "rights_request", ("received_on", "due_on", "opened_at"), timedelta(days=60))
    text = await visitor.open(f"requests/{request_id}")
    assert "We should have replied by now" in text


async def test_what_is_noted_for_staff_is_not_shown_and_what_is_said_is(
    visitor: Visitor, firm: Firm, do: Does
) -> None:
    request_id = await opened(do, firm, "ACCESS")
    await do(conduct.say, request_id, "He called twice.", is_private=True)
    await do(conduct.say, request_id, "We have begun.", is_private=False)
    await visitor.enter(KNOWN)
    text = await visitor.open(f"requests/{request_id}")
    assert "We have begun." in text
    assert "He called twice." not in text
    await visitor.send({"add": "I also used the name Mika K."})
    assert "I also used the name Mika K." in visitor.page.text
