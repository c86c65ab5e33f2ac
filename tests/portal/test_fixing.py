"""Putting a value right tells nobody what is masked for them, and is limited."""

from collections.abc import Callable

import pytest

from hub.actors import OPERATOR, Operation
from hub.profiles import NewValue
from hub.rights import sealed
from portal.pages.fix import FIXES_MOST, SAME
from tests.domain.firm import Firm, email, external
from tests.portal.test_own import OTHER, place_of
from tests.portal.visitor import KNOWN, Visitor, requests_of

Arrives = Callable[..., Visitor]
pytestmark = pytest.mark.usefixtures("other")


@pytest.fixture
async def other(firm: Firm) -> None:
    """Another customer of the house, with an address in the street of primes."""
    values = [NewValue("contact", "address", "7 Prime Road")]
    await firm.customer(identifiers=[email(OTHER), external("crm", "HV-77")], profile=values)


async def test_a_value_that_is_masked_cannot_be_guessed_by_asking_to_put_it_right(visitor: Visitor) -> None:
    await visitor.enter(OTHER)
    place, came = await place_of(visitor, "Address"), await place_of(visitor, "Email address")
    answers: set[tuple[int, bool]] = set()
    for guess in ("7 Prime Road", "8 Prime Road"):
        await visitor.open(place)
        answer = await visitor.send({"value": guess}, follow=False)
        answers.add((answer.status_code, SAME in answer.text))
    assert answers == {(303, False)}
    await visitor.open(came)
    assert SAME in (await visitor.send({"value": OTHER})).text
    await visitor.identify("HV-77")
    await visitor.open(place)
    assert SAME in (await visitor.send({"value": "7 Prime Road"})).text


async def test_what_one_customer_puts_right_in_an_hour_is_limited_from_all_their_browsers(
    arrives: Arrives, firm: Firm
) -> None:
    first, second = arrives(), arrives(address="198.51.100.4")
    for each in (first, second):
        await each.enter(OTHER)
        await each.identify("HV-77")
    place = await place_of(first, "Address")
    for number in range(FIXES_MOST):
        each = (first, second)[number % 2]
        await each.open(place)
        await each.send({"value": f"{number} Prime Road" if number < 2 else ""})
    before = await requests_of(firm)
    assert len(before) == 2
    for each in (first, second):
        await each.open(place)
        assert (await each.send({"value": "11 Prime Road"})).status_code == 429
    assert await requests_of(firm) == before
    stranger = arrives()
    await stranger.enter(KNOWN)
    await stranger.open(await place_of(stranger, "Email address"))
    assert (await stranger.send({"value": "mika2@example.org"})).status_code == 200


TOLD = "We change it in every system that has it, and tell everyone we gave it to."


async def is_wished(firm: Firm) -> bool:
    """Whether the newest request asks that whoever received the data hears of it."""
    async with firm.hub.ask(OPERATOR, Operation.REQUEST_READ) as ask:
        content, _ = await sealed.contents(ask, (await requests_of(firm))[-1])
    return content["tells_recipients"]


async def test_whoever_received_a_value_is_told_as_the_page_says_where_that_is_left_to_the_customer(
    visitor: Visitor, firm: Firm
) -> None:
    await visitor.enter(OTHER)
    await visitor.identify("HV-77")
    await visitor.open(await place_of(visitor, "Address"))
    assert TOLD in visitor.page.text
    await visitor.send({"value": "9 Prime Road"})
    assert await is_wished(firm)


async def test_a_guest_who_has_something_put_right_or_deleted_is_told_the_same(
    arrives: Arrives, firm: Firm
) -> None:
    words = ("words", {"words": "My name is Ann."})
    guest = arrives()
    await guest.walk("fix", (words, ("place", {"place": "AU"}), ("email", {"email": OTHER})))
    assert TOLD in guest.page.text
    await guest.send({})
    assert await is_wished(firm)
    place, mail = ("place", {"place": "US_CA"}), ("email", {"email": OTHER})
    more = (mail, ("stays", {"stays": "yes"}), ("words", dict[str, str]()))
    for remedy, wished in (("DELETION", True), ("STOP_MARKETING", False)):
        await arrives().ask("stop", (place, ("remedy", {"remedy": remedy}), *more))
        assert await is_wished(firm) is wished
