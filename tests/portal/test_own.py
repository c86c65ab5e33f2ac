"""What a customer sees and does when they are signed in: their own, and nobody else's."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from hub import merges, profiles, purposes
from hub.act import Act
from hub.actors import OPERATOR, Actor, Operation, Role, customer
from hub.auth import staff
from hub.customers import erase
from hub.db import new_id
from hub.errors import Code, Refusal
from hub.grounds import Ground
from hub.profiles import NewValue
from hub.purposes import NewPurpose
from hub.rights import conduct, requests
from hub.scope import hold
from tests.domain.firm import Firm, email, everything, external, name
from tests.portal.test_journeys import surveys
from tests.portal.test_visits import move_back
from tests.portal.visitor import KNOWN, Visitor, requests_of

Arrives = Callable[..., Visitor]
OTHER = "kim@example.org"


@pytest.fixture
async def other(firm: Firm) -> UUID:
    """Another customer of the house, with something of their own."""
    values = [name("Kim Kolmogorov"), NewValue("contact", "address", "7 Prime Road")]
    return await firm.customer(identifiers=[email(OTHER), external("crm", "HV-77")], profile=values)


async def test_what_is_held_is_shown_by_topic_and_nobody_elses(
    visitor: Visitor, arrives: Arrives, other: UUID
) -> None:
    await visitor.enter(OTHER)
    text = await visitor.open("held")
    assert "K*** K***" in text
    for said in ("Kim Kolmogorov", "7 Prime Road", "HV-77"):
        assert said not in text
        assert said not in await visitor.open("fix")
    before = visitor.http.cookies["visit"]
    await visitor.identify("HV-77")
    text = visitor.page.text
    assert visitor.http.cookies["visit"] != before
    for said in ("Kim Kolmogorov", "7 Prime Road", OTHER, "HV-77"):
        assert said in text, said
    assert KNOWN not in text
    assert "Nobody here has opened these values" in text
    stranger = arrives()
    await stranger.enter(KNOWN)
    assert "Kolmogorov" not in await stranger.open("held")
    assert str(other) not in text


async def test_who_has_opened_the_values_is_said_with_the_reason(
    visitor: Visitor, firm: Firm, other: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with firm.hub.act(firm.app, Operation.CUSTOMER_REVEAL) as act:
        await profiles.reveal(act, other, "FRAUD", "the case of the prime numbers")
    async with firm.hub.act(OPERATOR, Operation.STAFF_MANAGE) as act:
        ruth, _ = await staff.invite(act, firm.id, "Ruth Okafor", "ruth@firm.example", ["staff:conduct"])
    at_desk = Actor("staff", ruth.id, firm.id, roles=frozenset({Role.CUSTOMERS_REVEAL}))
    async with firm.hub.act(at_desk, Operation.CUSTOMER_REVEAL) as act:
        await profiles.reveal(act, other, "SERVICE", "the case of the prime numbers")
    await visitor.enter(OTHER)
    text = await visitor.open("held")
    assert "To look into a possible fraud" in text
    assert "Ruth Okafor" in text
    assert "prime numbers" not in text
    assert "See all who have opened it" not in text
    monkeypatch.setattr("hub.kept.LOOKS_MOST", 1)
    text = await visitor.open("held")
    assert "To look into a possible fraud" not in text, "the last one is shown"
    assert "See all who have opened it" in text
    assert "To look into a possible fraud" in await visitor.open("used?who=here")


async def test_a_merged_record_is_ones_own_too(visitor: Visitor, firm: Firm, other: UUID) -> None:
    twin = await firm.customer(profile=[name("K. Kolmogorov")])
    async with firm.hub.act(firm.app, Operation.CUSTOMER_MERGE) as act:
        await merges.merge(act, other, twin, firm.id)
    await visitor.enter(OTHER)
    await visitor.identify("HV-77")
    assert "Kim Kolmogorov" in visitor.page.text
    assert "K. Kolmogorov" in visitor.page.text


async def test_a_value_is_put_right_by_a_request(visitor: Visitor, firm: Firm, other: UUID) -> None:
    await visitor.enter(OTHER)
    place = await place_of(visitor, "Address")
    assert "7 Prime Road" not in await visitor.open(place)
    await visitor.identify("HV-77")
    assert "7 Prime Road" in await visitor.open(place)
    for said in ("", "7  Prime Road", "x" * 501):
        await visitor.send({"value": said, "why": "moved"})
        assert visitor.page.status_code == 422
    await visitor.send({"value": "11 Prime Road", "why": "moved"})
    if visitor.place.startswith("identify/"):
        await visitor.send({"number": "HV-77"})
        assert 'value="11 Prime Road"' in visitor.page.text
        await visitor.send({"value": "11 Prime Road", "why": "moved"})
    request_id = (await requests_of(firm))[-1]
    assert visitor.place == f"requests/{request_id}/done"
    assert (await visitor.state(request_id))[0] == "DECIDING"
    assert "11 Prime" not in str(visitor.page.url)
    text = await visitor.open()
    assert "Something to put right" in text
    assert "We are looking at it" in text
    assert other


async def place_of(visitor: Visitor, label: str) -> str:
    """Where the page is on which a value is put right."""
    text = await visitor.open("fix")
    before = text.partition(f'<span class="vh"> {label}</span>')[0]
    return "fix/" + before.rpartition("/fix/")[2].partition('"')[0]


async def test_the_address_that_lets_one_in_needs_a_fresh_code(
    visitor: Visitor, firm: Firm, other: UUID, superuser: asyncpg.Connection
) -> None:
    await visitor.enter(OTHER)
    await move_back(superuser, "portal_visit", ("begun_at", "confirmed_at"), timedelta(minutes=11))
    before = visitor.http.cookies["visit"]
    await visitor.open(await place_of(visitor, "Email address"))
    await visitor.send({"value": "kim2@example.org"})
    assert visitor.place.startswith("confirm/value-")
    await visitor.send({})
    await visitor.send({"code": "000000"})
    assert visitor.page.status_code == 422
    await visitor.send({"code": await visitor.entrance_code(OTHER)})
    assert visitor.http.cookies["visit"] != before
    assert 'value="kim2@example.org"' in visitor.page.text
    assert await requests_of(firm) == []
    assert other


async def test_a_deletion_needs_a_fresh_code_and_is_asked_for_once(
    visitor: Visitor, firm: Firm, other: UUID, superuser: asyncpg.Connection
) -> None:
    await visitor.enter(OTHER)
    await visitor.open("ask/stop/place")
    assert visitor.place == "ask/stop/remedy"
    for said in ({"remedy": "DELETION"}, {}, {"words": ""}):
        await visitor.send(said)
    assert visitor.place == "ask/stop/check"
    assert "Nothing has changed yet." in visitor.page.text
    await move_back(superuser, "portal_visit", ("begun_at", "confirmed_at"), timedelta(minutes=11))
    await visitor.send({})
    assert visitor.place == "confirm/stop"
    await visitor.send({})
    await visitor.send({"code": await visitor.entrance_code(OTHER)})
    assert visitor.place == "ask/stop/check"
    form = {"form": visitor.key}
    await visitor.send({})
    if visitor.place.startswith("identify/"):
        await visitor.send({"without": "yes"})
        form = {"form": visitor.key}
        await visitor.send({})
    for _ in range(3):
        await visitor.post(f"{visitor.start}/ask/stop/check", form)
    [request_id] = await requests_of(firm)
    assert visitor.place == f"requests/{request_id}/done"
    assert other


async def test_a_copy_needs_a_second_identifier_or_somebody_who_checks(
    arrives: Arrives, firm: Firm, other: UUID
) -> None:
    waiting: list[tuple[str, str | None]] = []
    for said in ({"number": "hv-77"}, {"without": "yes"}):
        each = arrives()
        await each.enter(OTHER)
        await each.open("ask/copy/topics")
        await each.send({"which": "everything"})
        await each.send({"words": ""})
        assert each.place == "ask/copy/check"
        await each.send({})
        assert each.place == "identify/copy"
        await each.send({"number": "HV-78"})
        assert each.page.status_code == 422
        await each.send(said)
        await each.send({})
        waiting.append(await each.state((await requests_of(firm))[-1]))
    assert waiting == [("GATHERING", None), ("PAUSED", "IDENTITY")]
    assert other


async def test_anothers_request_is_absent_whatever_is_done_with_it(
    visitor: Visitor, arrives: Arrives, firm: Firm, other: UUID, superuser: asyncpg.Connection
) -> None:
    theirs = arrives()
    await theirs.enter(OTHER)
    await theirs.open("ask/stop/remedy")
    await theirs.send({"remedy": "STOP_MARKETING"})
    await theirs.send({})
    [request_id] = await requests_of(firm)
    assert (await theirs.http.get(f"{theirs.start}/requests/{request_id}")).status_code == 200
    await visitor.enter(KNOWN)
    before = await everything(superuser)
    for each in (request_id, new_id(), other):
        for place in ("", "/done", "/due.ics", "/withdraw"):
            await visitor.open(f"requests/{each}{place}")
            assert visitor.page.status_code == 404, place
    for verb in (requests.hold_request, conduct.withdraw):
        await absent(firm, verb, request_id)
    await absent(firm, hold, other)
    assert await everything(superuser) == before


async def absent(firm: Firm, verb: Callable[[Act, UUID], Awaitable[Any]], what: UUID) -> None:
    """Another's is absent for a customer, whichever verb is called with it."""

    async def body(act: Act) -> None:
        await verb(act, what)

    with pytest.raises(Refusal) as caught:
        await firm.hub.perform(customer(firm.id, firm.people[0]), Operation.PORTAL_ASK, body)
    assert caught.value.code is Code.NOT_FOUND


async def test_a_value_of_another_is_absent(visitor: Visitor, arrives: Arrives, other: UUID) -> None:
    theirs = arrives()
    await theirs.enter(OTHER)
    place = await place_of(theirs, "Address")
    await visitor.enter(KNOWN)
    for each in (place, "fix/x", f"fix/{other}"):
        await visitor.open(each)
        assert visitor.page.status_code == 404, each


@pytest.mark.parametrize(
    "place", ["https://evil.example", "//evil.example", "value-x", "..", "%2e%2e", "value-", "copy/x"]
)
async def test_where_a_proof_leads_on_is_never_taken_from_an_address(visitor: Visitor, place: str) -> None:
    await visitor.enter(KNOWN)
    for page in ("confirm", "identify"):
        answer = await visitor.http.get(f"{visitor.start}/{page}/{place}")
        assert answer.status_code in {200, 404}
        assert answer.url.host == "localhost"
        assert "evil" not in answer.text


async def test_an_erased_customers_visit_is_over(visitor: Visitor, firm: Firm, other: UUID) -> None:
    await visitor.enter(OTHER)
    async with firm.hub.act(OPERATOR, Operation.CUSTOMER_ERASE) as act:
        await erase(act, other)
    await visitor.open("held")
    assert visitor.place == "enter"


async def test_before_a_deletion_it_is_said_what_the_law_makes_us_keep_and_how_long(
    visitor: Visitor, firm: Firm
) -> None:
    for key, months, place in (("invoices", 84, "AU"), ("visits", 18, "AU"), ("tax", 72, "UK")):
        new = NewPurpose(
            key, "OTHER", {"en": f"The {key}"}, ["contact"], bases=[Ground(place, "LEGAL_OBLIGATION")],
            retention_months=months, organisation=firm.id,
        )  # fmt: skip
        async with firm.hub.act(OPERATOR, Operation.CATALOGUE_WRITE) as act:
            await purposes.define(act, new)
    await visitor.enter(KNOWN)
    await visitor.open("ask/stop/remedy")
    await visitor.send({"remedy": "DELETION"})
    assert visitor.place == "ask/stop/stays"
    for said in ("The invoices</b>: years: 7", "The visits</b>: months: 18"):
        assert said in visitor.page.text
    assert "The tax" not in visitor.page.text


async def test_what_their_law_does_not_give_is_said_with_what_it_gives_instead(
    visitor: Visitor, firm: Firm
) -> None:
    await firm.customer(jurisdictions=["US_CA"], identifiers=[email("cal@example.org")])
    await visitor.enter("cal@example.org")
    assert "ask/object" not in visitor.page.text
    await visitor.open("ask/object/purpose")
    await visitor.send({"purpose": await surveys(firm)})
    await visitor.send({"words": ""})
    await visitor.send({})
    assert visitor.page.status_code == 422
    assert "There you can ask us to stop sharing instead" in visitor.page.text
    assert await requests_of(firm) == []
