"""Where somebody lived who was erased: known again by whoever is met there, and told by nothing that is kept."""

import asyncpg
import pytest

from hub import customers, journal, postal, profiles, suppression
from hub.act import Act
from hub.actors import OPERATOR, Operation
from hub.errors import Code, Refusal
from hub.profiles import NewValue
from tests.domain.firm import Firm, email
from tests.rights.test_suppression import consent, erase, marketing

LINE = [NewValue("contact", "address", "Flat 4, 12 Mill Lane, Sydney NSW 2000")]
FIELDS = [
    NewValue("contact", "street", "12 mill lane (flat 4)"),
    NewValue("contact", "city", "SYDNEY"),
    NewValue("contact", "state", "NSW"),
    NewValue("contact", "postcode", "2000"),
]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("12 Mill Lane, Sydney 2000", "Sydney; 12, MILL LANE 2000"),
        ("4 Rue de l'Église, Rabat", "4 rue de l’eglise Rabat"),
        ("زنقة 5، الرباط 10000", "10000 الرباط زنقة 5"),
    ],
)
def test_an_address_has_one_spelling_whatever_its_order_and_signs(one: str, other: str) -> None:
    assert postal.normalised([one]) == postal.normalised([other]) is not None


@pytest.mark.parametrize("text", ["", "Sydney", "Sydney NSW", "Mill Lane Sydney", "2000", "?!,", "12 12 12"])
def test_what_nobody_is_reached_by_is_no_address(text: str) -> None:
    assert postal.normalised([text]) is None


async def test_whoever_is_met_where_somebody_was_erased_gets_no_marketing_by_post(firm: Firm) -> None:
    await erase(firm.hub, await firm.customer(profile=LINE))
    again = await firm.customer(profile=FIELDS)
    assert [await marketing(firm, again, each) for each in ("POST", "EMAIL")] == ["OPTED_OUT", "NONE"]
    later = await firm.customer(identifiers=[email("new@example.org")])
    assert await marketing(firm, later, "POST") == "NONE"
    async with firm.hub.act(OPERATOR, Operation.CUSTOMER_CHANGE) as act:
        await profiles.set_profile(act, later, FIELDS, firm.id)
    assert await marketing(firm, later, "POST") == "OPTED_OUT"
    elsewhere = await firm.customer(profile=[NewValue("contact", "address", "13 Mill Lane, Sydney 2000")])
    assert await marketing(firm, elsewhere, "POST") == "NONE"


async def test_a_consent_that_comes_later_reverses_it_and_the_same_address_again_changes_nothing(
    firm: Firm,
) -> None:
    await erase(firm.hub, await firm.customer(profile=LINE))
    again = await firm.customer(profile=FIELDS)
    await consent(firm, again, "POST")
    assert await marketing(firm, again, "POST") == "REVERSED"
    async with firm.hub.act(OPERATOR, Operation.CUSTOMER_CHANGE) as act:
        await profiles.set_profile(act, again, LINE, firm.id)
    assert await marketing(firm, again, "POST") == "REVERSED"


async def test_a_hash_and_a_day_are_all_that_is_left_and_the_journal_has_them(
    firm: Firm, superuser: asyncpg.Connection
) -> None:
    await erase(firm.hub, await firm.customer(profile=LINE))
    [row] = await superuser.fetch("SELECT * FROM suppression WHERE organisation_id = $1", firm.id)
    assert (row["kind"], row["channel"], row["reason"]) == ("POSTAL", "POST", "ERASURE")
    assert not any(word in str(row).lower() for word in ("mill", "sydney", "2000'"))
    async with firm.hub.ask(OPERATOR, Operation.HUB_MAINTAIN) as ask:
        assert row["digest"].hex() in b"".join(await journal.lines(ask)).decode()


async def test_an_address_that_is_listed_by_hand_is_known_in_whatever_order_it_comes(
    firm: Firm, superuser: asyncpg.Connection
) -> None:
    there = await firm.customer(profile=FIELDS)
    for said in ("Flat 4\n12 Mill Lane\nSydney NSW 2000", "Sydney NSW 2000, 12 mill lane, flat 4"):
        async with firm.hub.act(OPERATOR, Operation.SUPPRESSION_ADD) as act:
            await suppression.suppress_home(act, said, "ASKED", firm.id)
    assert await marketing(firm, await firm.customer(profile=LINE), "POST") == "OPTED_OUT"
    assert await marketing(firm, there, "POST") == "NONE"
    rows = await superuser.fetch(
        "SELECT kind, channel, reason FROM suppression WHERE organisation_id = $1", firm.id
    )
    assert [tuple(row) for row in rows] == [("POSTAL", "POST", "ASKED")]


@pytest.mark.parametrize("said", ["", "Sydney", "12 Mill Lane " * 50, "12 Mill Lane\0Sydney"])
async def test_what_no_letter_would_reach_is_not_listed(
    firm: Firm, superuser: asyncpg.Connection, said: str
) -> None:
    async with firm.hub.act(OPERATOR, Operation.SUPPRESSION_ADD) as act:
        with pytest.raises(Refusal) as refused:
            await suppression.suppress_home(act, said, "ASKED", firm.id)
    assert (refused.value.code, refused.value.path) == (Code.INVALID, ("postal_address",))
    assert (
        await superuser.fetchval("SELECT count(*) FROM suppression WHERE organisation_id = $1", firm.id) == 0
    )


async def test_who_has_no_address_is_erased_all_the_same(firm: Firm, superuser: asyncpg.Connection) -> None:
    customer_id = await firm.customer(profile=[NewValue("contact", "city", "Sydney")])

    async def body(act: Act) -> None:
        await customers.erase(act, customer_id)

    await firm.hub.perform(OPERATOR, Operation.CUSTOMER_ERASE, body)
    assert (
        await superuser.fetchval("SELECT count(*) FROM suppression WHERE organisation_id = $1", firm.id) == 0
    )
