"""Handing customers over, a page at a time: those allowed now, no more of them than is agreed, each recorded first."""

from collections.abc import Sequence
from uuid import UUID, uuid4

import asyncpg
import pytest

from hub import pairwise
from hub.actors import Operation
from hub.errors import Code, Refusal
from hub.partners import offers
from hub.partners.ordering import Place
from hub.settings import Settings
from tests.handing.conftest import HAND_OVER, Firm
from tests.handing.test_pairwise import correlation, ranks
from tests.internal.counting import Counter, counted_door

Crowded = tuple[Firm, Sequence[UUID], Sequence[UUID]]
DISCLOSED = """
    SELECT x.customer_id, x.categories, x.arrangement_id, x.purpose_id, d.outcome, d.rule, d.actor_id, s.clause_id
    FROM disclosure x JOIN decision_subject s ON s.id = x.decision_subject_id JOIN decision d ON d.id = s.decision_id
    WHERE x.recipient_id = $1 AND d.actor_id = $2
"""
NOTED = """
    SELECT d.subject, e.detail_count FROM ledger_entry e JOIN ledger_detail d ON d.entry_id = e.id
    WHERE e.event = 'disclosure.recorded' AND e.actor_id = $1
"""


async def test_a_partner_gets_everybody_allowed_once_and_nobody_else(crowded: Crowded) -> None:
    firm, allowed, _ = crowded
    for size in (100, 7):
        handed = await firm.every(firm.partner("quay-inspections"), size)
        assert sorted(each.customer_id for each in handed) == sorted(allowed)


async def test_only_what_the_arrangement_names_and_the_purpose_needs_is_handed_over(crowded: Crowded) -> None:
    firm, _, _ = crowded
    [(handed, _), *_] = (await firm.page(firm.partner("quay-inspections"), 1)).items
    assert handed.contents.fields == {"identity.given_name": "Jo", "contact.city": "=Sydney"}
    assert len(handed.contents.emails) == 1
    assert handed.contents.emails[0].endswith("@example.org")
    assert handed.contents.phones == []
    assert "Jo" not in repr(handed)


async def test_each_row_is_a_disclosure_with_its_decision_and_a_line_of_the_ledger(
    crowded: Crowded, superuser: asyncpg.Connection
) -> None:
    firm, allowed, _ = crowded
    partner = firm.partner("quay-inspections")
    handed = await firm.every(partner, 40)
    rows = await superuser.fetch(DISCLOSED, partner.recipient_id, partner.id)
    assert sorted(row["customer_id"] for row in rows) == sorted(each.customer_id for each in handed)
    known = firm.world.categories
    shared = {known["contact"].id, known["identity"].id, known["property"].id}
    for row in rows:
        assert (row["outcome"], set(row["categories"])) == ("ALLOW", shared)
        assert row["arrangement_id"] == firm.world.arrangements["quay-referrals"].id
        assert row["purpose_id"] == firm.world.purposes["referral-inspection"].id
        assert row["clause_id"] is not None
    noted = await superuser.fetch(NOTED, partner.id)
    assert sorted(row["subject"] for row in noted) == sorted(allowed)
    decisions = "SELECT count(*) FROM decision WHERE actor_id = $1"
    assert await superuser.fetchval(decisions, partner.id) <= 2 * len({row["detail_count"] for row in noted})


async def test_two_partners_can_join_their_lists_by_no_id_and_no_order(crowded: Crowded) -> None:
    firm, allowed, _ = crowded
    quay = await firm.every(firm.partner("quay-inspections"), 30)
    again = await firm.every(firm.partner("quay-inspections"), 30)
    assert [each.id for each in quay] == [each.id for each in again]
    other = await firm.every(firm.partner("southern-inspections"), 30, "southern-referrals")
    moor = await firm.every(firm.partner("moor-surveys"), 30, "moor-referrals")
    for list_ in (other, moor):
        assert {each.id for each in list_}.isdisjoint(each.id for each in quay)
    theirs = {each.customer_id: place for place, each in enumerate(moor)}
    assert set(theirs) == set(allowed)
    assert abs(correlation(list(range(len(quay))), [theirs[each.customer_id] for each in quay])) < 0.5
    joined = ranks([each.customer_id.bytes for each in quay])
    assert abs(correlation(list(range(len(quay))), joined)) < 0.5


async def test_a_cursor_is_worth_nothing_to_anybody_else_and_tells_nothing(crowded: Crowded) -> None:
    firm, _, _ = crowded
    partner, other = firm.partner("quay-inspections"), firm.partner("quay-inspections")
    async with firm.hub.act(partner, HAND_OVER) as act:
        offer = await offers.find(act, "quay-referrals", "referral-inspection")
        cursor = Place(4, 3, bytes(range(16))).written(act, offer)
        assert Place.read(act, offer, cursor, "after") == Place(4, 3, bytes(range(16)))
        assert cursor != Place(4, 3, bytes(range(16))).written(act, offer)
    forged = ["", "AAAA", cursor[:-2], cursor[:-1] + ("A" if cursor[-1] != "A" else "B"), "ü", "a" * 5_000]
    async with firm.hub.act(other, HAND_OVER) as act:
        offer = await offers.find(act, "quay-referrals", "referral-inspection")
        said = set[tuple[Code, str, tuple[str | int, ...]]]()
        for each in (cursor, *forged):
            with pytest.raises(Refusal) as refused:
                Place.read(act, offer, each, "after")
            said.add((refused.value.code, refused.value.message, refused.value.path))
    assert said == {(Code.INVALID, "This cursor is not of this list: start again without it.", ("after",))}


async def test_one_customer_is_handed_over_by_the_partners_own_id_only(
    crowded: Crowded, superuser: asyncpg.Connection
) -> None:
    firm, allowed, others = crowded
    partner = firm.partner("quay-inspections")
    mine = pairwise.shown(firm.hub, partner.recipient_id or uuid4(), allowed[0])
    handed = await firm.one(partner, mine)
    assert handed is not None
    assert (handed.id, handed.customer_id) == (mine, allowed[0])
    moor = pairwise.shown(firm.hub, firm.world.recipients["moor-surveys"].id, allowed[0])
    denied = pairwise.shown(firm.hub, partner.recipient_id or uuid4(), others[0])
    for nobodys in (moor, denied, uuid4(), allowed[0]):
        assert await firm.one(partner, nobodys) is None
    rows = await superuser.fetch(DISCLOSED, partner.recipient_id, partner.id)
    assert [row["customer_id"] for row in rows] == [allowed[0]]


@pytest.mark.parametrize(
    ("recipient", "arrangement", "purpose"),
    [
        ("quay-inspections", "moor-referrals", "referral-inspection"),
        ("quay-inspections", "quay-referrals", "newsletter"),
        ("quay-inspections", "none", "referral-inspection"),
        ("post-cloud", "mailing", "newsletter"),
    ],
)
async def test_what_is_not_offered_looks_like_what_never_was(
    crowded: Crowded, recipient: str, arrangement: str, purpose: str
) -> None:
    firm, _, _ = crowded
    with pytest.raises(Refusal) as refused:
        async with firm.hub.act(firm.partner(recipient), HAND_OVER) as act:
            await offers.find(act, arrangement, purpose)
    assert (refused.value.code, refused.value.path) == (Code.NOT_FOUND, ("arrangement",))


async def test_a_client_of_one_arrangement_reaches_no_other(crowded: Crowded) -> None:
    firm, _, _ = crowded
    only = firm.partner("quay-inspections", "moor-referrals")
    with pytest.raises(Refusal, match="arrangement"):
        await firm.page(only)
    async with firm.hub.ask(only, Operation.PARTNER_READ) as ask:
        assert await offers.every(ask) == []


@pytest.mark.parametrize("size", [0, -1, 101])
async def test_a_page_has_one_to_a_hundred(crowded: Crowded, size: int) -> None:
    firm, _, _ = crowded
    with pytest.raises(Refusal) as refused:
        await firm.page(firm.partner("quay-inspections"), size)
    assert refused.value.code is Code.LIMIT


async def test_a_page_looks_only_so_far_and_says_where_to_go_on(
    crowded: Crowded, monkeypatch: pytest.MonkeyPatch
) -> None:
    firm, allowed, _ = crowded
    monkeypatch.setattr("hub.partners.pages.LOOKED_MOST", 5)
    monkeypatch.setattr("hub.partners.pages.SPARE", 0)
    monkeypatch.setattr("hub.partners.ordering.BUCKET_MOST", 4)
    partner = firm.partner("quay-inspections")
    begin = Place(6)
    page = await firm.page(partner, 100, begin)
    assert page.following is not None
    found = [handed.customer_id for handed, _ in page.items]
    place: Place | None = page.following
    while place is not None:
        page = await firm.page(partner, 100, place)
        found += [handed.customer_id for handed, _ in page.items]
        place = page.following
    assert sorted(found) == sorted(allowed)


async def test_not_allowed_and_not_there_run_the_same_statements(
    crowded: Crowded, settings: Settings, database_url: str
) -> None:
    counter = Counter()
    async with counted_door(settings, database_url, counter) as door:
        firm = Firm(door.hub, crowded[0].world)
        partner = firm.partner("quay-inspections")
        names = pairwise.Pairs(door.hub, partner.recipient_id or uuid4())
        [silent, *_, untold] = names.shown(crowded[2])
        ran = list[list[str]]()
        for each in (silent, untold, silent, untold, uuid4()):  # what is read once for all is read by then
            counter.read()
            assert await firm.one(partner, each) is None
            ran.append(counter.read())
    assert ran[2] == ran[3] == ran[4]
