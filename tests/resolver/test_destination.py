"""destination: home, adequate, safeguarded by what is agreed, consented to by the person, or unsafe."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from hub import arrangements, recipients
from hub.act import Hub
from hub.arrangements import NewArrangement
from hub.recipients import NewRecipient
from tests.resolver.land import Land, build
from tests.resolver.life import instant
from tests.resolver.questions import refer, use

LATER = "2026-02-01"
# country and safeguard of whom the data goes to
ABROAD = {
    "au": ("AU", "NONE"), "gb": ("GB", "NONE"), "za": ("ZA", "NONE"), "ma": ("MA", "NONE"), "fr": ("FR", "NONE"),
    "us": ("US", "NONE"), "nz": ("NZ", "NONE"), "br": ("BR", "NONE"), "in": ("IN", "NONE"),
    "in-contract": ("IN", "CONTRACT"), "in-rules": ("IN", "BINDING_RULES"),
}  # fmt: skip


@pytest_asyncio.fixture(scope="module")
async def wide_land(hub: Hub) -> AsyncIterator[Land]:
    """A land that refers to people in many countries."""
    land = await build(hub)
    async with land.acting() as act:
        for key, (country, safeguard) in ABROAD.items():
            made = await recipients.add(act, NewRecipient(key, key, country, organisation=land.organisation))
            land.recipients[key] = made.id  # type: ignore[index]
            agreed = NewArrangement(
                key, "REFERRAL", made.id, ["referral"], ["contact", "identity"], instant("2023-01-01").date(),
                country, safeguard=safeguard, organisation=land.organisation,
            )  # fmt: skip
            await arrangements.agree(act, agreed)
    yield land


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("AU", {"au": "DOMESTIC", "nz": "UNSAFE", "gb": "UNSAFE"}),
        ("UK", {"gb": "DOMESTIC", "fr": "ADEQUATE", "nz": "ADEQUATE", "us": "UNSAFE", "br": "UNSAFE"}),
        ("EU", {"fr": "DOMESTIC", "gb": "ADEQUATE", "br": "ADEQUATE", "us": "UNSAFE", "in": "UNSAFE"}),
        ("ZA", {"za": "DOMESTIC", "gb": "UNSAFE"}),
        ("MA", {"ma": "DOMESTIC", "fr": "UNSAFE"}),
        ("US_CA", {"us": "DOMESTIC", "in": "ADEQUATE"}),
    ],
)
async def test_a_country_is_home_adequate_or_unsafe_as_the_jurisdiction_sees_it(
    wide_land: Land, place: str, expected: dict[str, str]
) -> None:
    async with wide_land.life(place) as anna:
        pass
    found = {key: (await wide_land.facts(anna, refer(key), LATER)).value("destination") for key in expected}
    assert found == expected


async def test_a_country_is_adequate_from_the_day_of_the_decision_on(wide_land: Land) -> None:
    async with wide_land.life("EU") as anna:
        pass
    found = await wide_land.course(anna, refer("br"), "destination", "2026-01-25", "2026-01-26")
    assert found == ["UNSAFE", "ADEQUATE"]


@pytest.mark.parametrize("key", ["in-contract", "in-rules"])
@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("AU", "SAFEGUARDED"),
        ("UK", "SAFEGUARDED"),
        ("EU", "SAFEGUARDED"),
        ("ZA", "SAFEGUARDED"),
        ("MA", "UNSAFE"),
    ],
)
async def test_a_safeguard_protects_except_in_morocco_where_the_authority_must_have_allowed_it(
    wide_land: Land, place: str, expected: str, key: str
) -> None:
    async with wide_land.life(place) as anna:
        pass
    assert await wide_land.course(anna, refer(key), "destination", LATER) == [expected]


async def test_a_consent_to_the_transfer_counts_until_it_ends_or_is_taken_back(wide_land: Land) -> None:
    async with wide_land.life("UK") as anna:
        await anna.lets_abroad("2025-01-10", "in")
        await anna.forbids_abroad("2025-03-10", "in")
        await anna.lets_abroad("2025-05-10", "in", ends="2025-07-10")
    days = ("2025-01-09", "2025-01-10", "2025-03-10", "2025-05-10", "2025-07-10T11:59:59", "2025-07-10")
    assert await wide_land.course(anna, refer("in"), "destination", *days) == [
        "UNSAFE", "CONSENTED", "UNSAFE", "CONSENTED", "CONSENTED", "UNSAFE",
    ]  # fmt: skip
    assert await wide_land.rules(anna, refer("in"), *days[:3]) == [
        "uk.transfer", "uk.recipient", "uk.transfer",
    ]  # fmt: skip


async def test_a_consent_and_its_withdrawal_of_one_instant_is_none(wide_land: Land) -> None:
    async with wide_land.life("UK") as anna:
        await anna.lets_abroad("2025-01-10", "in")
        await anna.forbids_abroad("2025-01-10", "in")
    assert await wide_land.course(anna, refer("in"), "destination", LATER) == ["UNSAFE"]


async def test_a_consent_to_a_transfer_is_about_its_recipient_only_and_no_consent_to_disclose(
    wide_land: Land,
) -> None:
    async with wide_land.life("UK") as anna:
        await anna.lets_abroad("2025-01-10", "in")
    facts = await wide_land.facts(anna, refer("us"), LATER)
    assert (facts.destination, facts.consent) == ("UNSAFE", "NEVER_ASKED")
    facts = await wide_land.facts(anna, refer("in"), LATER)
    assert (facts.destination, facts.consent) == ("CONSENTED", "NEVER_ASKED")


async def test_a_consent_to_disclose_is_none_to_a_transfer(wide_land: Land) -> None:
    async with wide_land.life("UK") as anna:
        await anna.consents("2025-01-10", "referral", recipient="in")
    assert await wide_land.rules(anna, refer("in"), LATER) == ["uk.transfer"]


async def test_with_a_recipient_without_an_arrangement_their_own_country_counts(wide_land: Land) -> None:
    async with wide_land.life("AU") as anna:
        pass
    assert await wide_land.course(anna, refer("in", "introduction"), "destination", LATER) == ["UNSAFE"]
    assert await wide_land.course(anna, refer("au", "introduction"), "destination", LATER) == ["DOMESTIC"]


async def test_where_the_arrangement_says_the_data_goes_counts_not_where_the_recipient_is(
    wide_land: Land,
) -> None:
    async with wide_land.acting() as act:
        agreed = NewArrangement(
            "detour", "REFERRAL", "au", ["letters"], ["contact", "identity"], instant("2023-01-01").date(), "IN",
            organisation=wide_land.organisation,
        )  # fmt: skip
        await arrangements.agree(act, agreed)
    async with wide_land.life("AU") as anna:
        pass
    assert await wide_land.course(anna, refer("au", "letters"), "destination", LATER) == ["UNSAFE"]


async def test_what_stays_inside_goes_nowhere(wide_land: Land) -> None:
    async with wide_land.life("MA") as anna:
        pass
    assert await wide_land.course(anna, use(), "destination", LATER) == ["DOMESTIC"]
