"""Who has used it: the customer reads who received what, why that was allowed, and what they were told since."""

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from hub import asgi
from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.db import new_id
from hub.partners.acknowledging import Answer
from hub.readiness import Readiness
from hub.rights import recognising
from hub.rights.sealed import contents
from portal.pages import used as pages
from schema.relay import global_id
from tests.domain.firm import Firm
from tests.internal.door import Door
from tests.portal.visitor import KNOWN, Visitor
from tests.withdrawals.test_acknowledging import signs_in
from tests.withdrawals.yard import Yard, partner_of
from tests.world import build_world

LATER = datetime.now(UTC).date() + timedelta(days=400)
CORRECTED = """
    INSERT INTO withdrawal (id, organisation_id, customer_id, recipient_id, purpose_id, kind, categories, reason,
        made_at, due_at, act_id)
    VALUES ($1, $2, $3, $4, $5, 'CORRECT', ARRAY[$6::uuid], 'test.told', '2026-03-04 09:00Z', now(), $1)
"""
Arrives = Callable[..., Visitor]
REVEAL = """mutation ($input: RevealRightsRequestInput!) { revealRightsRequest(input: $input) {
    text entry { kind who nodeId } problems { code } } }"""


@pytest_asyncio.fixture
async def yard(hub: Hub) -> Yard:
    """A firm whose surveyor signs in."""
    world = await build_world(hub)
    made = Yard(hub, world, partner_of(world))
    await signs_in(made)
    return made


@pytest_asyncio.fixture
async def firm(yard: Yard) -> Firm:
    """The same firm, for visitors of its portal."""
    world = yard.world
    return Firm(
        yard.hub, yard.firm, world.app(), [], [], {}, world.versions["v1"].id, world.versions["v1"].id
    )


async def test_whoever_received_something_is_named_with_what_they_were_told(
    yard: Yard, arrives: Arrives, firm: Firm
) -> None:
    visitor = arrives()
    visitor.start = f"/o/{yard.world.organisation.key}/en"
    customer_id = await yard.sent(email=KNOWN)
    await yard.customer(email="somebody@example.org")
    await visitor.enter(KNOWN)
    text = await visitor.open("used")
    assert "Moor Surveys received: " in text
    assert "Referral to a building inspector" in text
    assert "We may put you in touch with a building inspector." in text, "the clause that was shown"
    assert "We told them" not in text
    await yard.disclose(customer_id)
    text = await visitor.open("used")
    is_midnight = text.count("Moor Surveys received: ") == 2
    assert is_midnight or "Received 2 times within a day; this is the first." in text
    await yard.choose(customer_id, stops_sharing=True)
    [entry] = await yard.about(customer_id)
    text = await visitor.open("used")
    assert "to delete it." in text
    assert "They have to confirm it by" in text
    await yard.acknowledge(Answer(entry.withdrawal.id, "KEPT", "LEGAL_DUTY", LATER))
    text = await visitor.open("used?who=others")
    assert "that they keep some of it until" in text
    assert "A law makes them keep it." in text
    assert "Moor Surveys" not in await visitor.open("used?who=here")
    assert "Nothing yet." in visitor.page.text
    before = f"2001-01-01T00:00:00%2B00:00_{customer_id}"
    assert "Moor Surveys" not in await visitor.open(f"used?before={before}")
    for odd in ("yesterday", "2001-01-01T00:00:00%2B00:00", f"2001-01-01T00:00:00_{customer_id}", "_"):
        assert "Moor Surveys" in await visitor.open(f"used?before={odd}")
    assert firm.id == yard.firm


async def test_of_what_happened_at_one_instant_every_line_is_read_however_many_stand_on_a_page(
    yard: Yard, arrives: Arrives, superuser: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "SHOWN", 2)
    customer_id = await yard.sent(email=KNOWN)
    told = await corrected_at_once(yard, superuser, customer_id, 5)
    visitor = arrives()
    visitor.start = f"/o/{yard.world.organisation.key}/en"
    await visitor.enter(KNOWN)
    seen = list[str]()
    place: str | None = "used"
    while place:
        text = html.unescape(await visitor.open(place))
        seen += re.findall(r"entry=(?:CORRECTED|RECEIVED)-([0-9a-f-]{36})", text)
        found = re.search(r'href="(\?who=all&before=[^"]+)" rel="next"', text)
        place = found and f"used{found[1]}"
    assert len(seen) == 6
    assert set(seen) > {str(each) for each in told}


async def corrected_at_once(
    yard: Yard, superuser: asyncpg.Connection, customer_id: UUID, many: int
) -> list[UUID]:
    """Somebody's details were corrected, and many were told so by one act."""
    ids = [new_id() for _ in range(many)]
    async with superuser.transaction():
        await superuser.execute("SET LOCAL session_replication_role = replica")
        for each in ids:
            about = (yard.world.recipients["moor-surveys"].id, yard.world.purposes["referral-inspection"].id)
            await superuser.execute(
                CORRECTED, each, yard.firm, customer_id, *about, yard.world.categories["contact"].id
            )
    return ids


async def test_how_often_the_same_went_there_is_said_alike_on_every_page(
    yard: Yard, arrives: Arrives, superuser: asyncpg.Connection
) -> None:
    customer_id = await yard.sent(email=KNOWN)
    await yard.disclose(customer_id)
    hours = "UPDATE disclosure SET recorded_at = $2::timestamptz + make_interval(hours => $3) WHERE id = $1"
    rows = await superuser.fetch("SELECT id FROM disclosure WHERE customer_id = $1 ORDER BY id", customer_id)
    async with superuser.transaction():
        await superuser.execute("SET LOCAL session_replication_role = replica")
        for number, row in enumerate(rows):
            await superuser.execute(hours, row["id"], datetime(2026, 3, 4, 9, tzinfo=UTC), 2 * number)
    visitor = arrives()
    visitor.start = f"/o/{yard.world.organisation.key}/en"
    await visitor.enter(KNOWN)
    between = await visitor.open(f"used?before=2026-03-04T10:00:00%2B00:00_{customer_id}")
    assert "Received 2 times within a day; this is the first." in between


async def test_it_reads_in_each_language_and_only_by_whom_it_is_about(yard: Yard, arrives: Arrives) -> None:
    await yard.sent(email=KNOWN)
    await yard.customer(email="other@example.org")
    for language, said in (("fr", "a reçu"), ("ar", "تلقت")):
        visitor = arrives(language)
        visitor.start = f"/o/{yard.world.organisation.key}/{language}"
        assert "Moor Surveys" not in await visitor.open("used")
        await visitor.enter(KNOWN)
        text = await visitor.open("used")
        assert "Moor Surveys" in text
        assert said in text
    other = arrives(address="192.0.2.9")
    other.start = f"/o/{yard.world.organisation.key}/en"
    await other.enter("other@example.org")
    assert "Moor Surveys" not in await other.open("used")


async def test_a_correction_is_a_line_of_its_own(yard: Yard, arrives: Arrives) -> None:
    customer_id = await yard.customer(email=KNOWN)
    await yard.know(customer_id, "1 Mill Lane")
    await yard.disclose(customer_id)
    await yard.know(customer_id, "2 Mill Lane")
    await yard.settle()
    visitor = arrives()
    visitor.start = f"/o/{yard.world.organisation.key}/en"
    await visitor.enter(KNOWN)
    text = await visitor.open("used")
    assert "We changed what Moor Surveys had received: " in text
    assert "to put it right." in text
    assert "Mill Lane" not in text


async def test_what_they_do_not_recognise_goes_with_their_complaint(
    yard: Yard, arrives: Arrives, superuser: asyncpg.Connection
) -> None:
    await yard.sent(email=KNOWN)
    theirs = await yard.sent(email="other@example.org")
    visitor = arrives()
    visitor.start = f"/o/{yard.world.organisation.key}/en"
    await visitor.enter(KNOWN)
    found = re.search(r"ask/complain/words\?entry=(RECEIVED-([0-9a-f-]{36}))", await visitor.open("used"))
    assert found
    place = f"ask/complain/words?entry={found[1]}"
    assert "Moor Surveys" in await visitor.open(place)
    other = await superuser.fetchval("SELECT id FROM disclosure WHERE customer_id = $1", theirs)
    for made_up in (f"RECEIVED-{other}", f"LOOK-{found[2]}"):
        await visitor.open(f"ask/complain/words?entry={made_up}")
        assert visitor.page.status_code == 404
        kept = {"words": "Who is that?", "wanted": "", "entry": made_up}
        await visitor.post(f"{visitor.start}/{place}", {"form": await form_at(visitor, place), **kept})
        assert visitor.page.status_code == 404
    for odd in ("", "x", "LOOK-x", "RECEIVED-"):
        assert "Moor Surveys" not in await visitor.open(f"ask/complain/words?entry={odd}")
    await visitor.open(place)
    await visitor.send({"words": "Who is that?", "wanted": "", "entry": found[1]})
    assert "Moor Surveys" in visitor.page.text, "on the page to check"
    await visitor.send({})
    assert visitor.place.endswith("/done")
    async with yard.hub.ask(OPERATOR, Operation.REQUEST_READ) as ask:
        row = await ask.row(
            "SELECT id, customer_id FROM rights_request WHERE organisation_id = $1", yard.firm
        )
        assert row
        content, _ = await contents(ask, row["id"])
        entry = await recognising.of_request(ask, row["customer_id"], yard.firm, content)
        nothing = await recognising.of_request(ask, theirs, yard.firm, content)
    assert content["entry"] == {"kind": "RECEIVED", "id": found[2]}
    assert entry
    assert (entry.who, nothing) == ("Moor Surveys", None)
    await is_shown_to_programs(yard, row["id"], entry.named.id)


async def form_at(visitor: Visitor, place: str) -> str:
    """The token of the form at a place."""
    found = re.search(r'name="form" value="([^"]+)"', await visitor.open(place))
    assert found
    return found[1]


async def is_shown_to_programs(yard: Yard, request_id: UUID, disclosure_id: UUID) -> None:
    """Somebody's program opens the request, and fetches what the complaint names."""
    door = Door(yard.hub, asgi.create_app(yard.hub, Readiness(yard.hub, [])))
    token = await door.token(yard.world)
    given = {"request": global_id("RightsRequest", request_id), "reason": "COMPLAINT"}
    said = (await door.one(token, REVEAL, input=given))["entry"]
    assert said == {
        "kind": "RECEIVED",
        "who": "Moor Surveys",
        "nodeId": global_id("Disclosure", disclosure_id),
    }
    seen = await door.one(token, "query ($id: ID!) { node(id: $id) { id } }", id=said["nodeId"])
    assert seen == {"id": said["nodeId"]}
