"""A guest whose address is proved gives a number that we know them by: the copy is begun without anybody's help."""

from collections.abc import Callable
from uuid import UUID

import pytest

from hub.actors import OPERATOR, Operation
from hub.rights import requests
from hub.rights.requests import Request
from tests.domain.firm import Firm, email, external
from tests.portal.visitor import COPY, STOP, Visitor
from tests.rights.desk import Desk
from tests.rights.test_proving import hold_something_sensitive

Arrives = Callable[..., Visitor]
KIM, NUMBER = "kim@example.org", "HV-77"
GIVE = "Give your customer number"


@pytest.fixture
async def kim(firm: Firm) -> UUID:
    """Somebody with a number whose account is closed: rights do not end with it."""
    return await firm.customer(relationship="CLOSED", identifiers=[email(KIM), external("crm", NUMBER)])


async def waiting(visitor: Visitor) -> UUID:
    """A copy that was asked for, and waits to know who asks."""
    request_id = await visitor.ask("copy", COPY, email=KIM)
    await visitor.prove(request_id)
    return request_id


async def read(firm: Firm, request_id: UUID) -> Request:
    async with firm.hub.ask(OPERATOR, Operation.REQUEST_READ) as ask:
        return await requests.read(ask, request_id)


async def test_with_two_identifiers_a_copy_is_begun_at_once(visitor: Visitor, firm: Firm, kim: UUID) -> None:
    request_id = await waiting(visitor)
    assert await visitor.state(request_id) == ("PAUSED", "IDENTITY")
    assert GIVE in visitor.page.text
    await visitor.open("requests/1/number")
    for said in ("", "HV-78", "+61 491 570 006", KIM):
        answer = await visitor.send({"number": said})
        assert (answer.status_code, 'id="number-wrong"' in answer.text) == (422, True)
    assert await visitor.state(request_id) == ("PAUSED", "IDENTITY")
    await visitor.send({"number": " hv-77 "})
    assert visitor.place == "requests/1"
    assert GIVE not in visitor.page.text
    request = await read(firm, request_id)
    assert (request.state, request.customer_id, request.verified_at is not None) == ("GATHERING", kim, True)
    events = await visitor.events(request_id)
    assert (events.count("NUMBER_WRONG"), events.count("NUMBER_RIGHT"), events.count("VERIFIED")) == (3, 1, 1)
    await visitor.open("requests/1/number")
    assert visitor.place == "requests/1"


@pytest.mark.usefixtures("kim")
async def test_of_several_with_one_mailbox_the_number_says_which(visitor: Visitor, firm: Firm) -> None:
    lee = await firm.customer(identifiers=[email(KIM), external("crm", "HV-99")])
    request_id = await waiting(visitor)
    assert await visitor.state(request_id) == ("PAUSED", "STAFF_MATCH")
    await visitor.open("requests/1/number")
    await visitor.send({"number": "HV-99"})
    request = await read(firm, request_id)
    assert (request.state, request.customer_id) == ("GATHERING", lee)


async def test_what_is_sensitive_needs_more_than_a_number(visitor: Visitor, firm: Firm, kim: UUID) -> None:
    await firm.customer(identifiers=[email(KIM)])
    await hold_something_sensitive(Desk(firm), kim)
    request_id = await waiting(visitor)
    await visitor.open("requests/1/number")
    await visitor.send({"number": NUMBER})
    assert await visitor.state(request_id) == ("PAUSED", "IDENTITY")
    assert GIVE not in visitor.page.text
    request = await read(firm, request_id)
    assert (request.customer_id, request.proof, request.verified_at) == (kim, "HIGH", None)
    second = await visitor.ask("copy", COPY, email=KIM)
    await visitor.prove(second)
    assert await visitor.state(second) == ("PAUSED", "STAFF_MATCH")


@pytest.mark.usefixtures("kim")
async def test_five_numbers_an_hour_are_tried_for_an_address_from_wherever(
    visitor: Visitor, arrives: Arrives
) -> None:
    request_id = await waiting(visitor)
    await visitor.open("requests/1/number")
    for number in range(5):
        assert (await visitor.send({"number": f"HV-{number}"})).status_code == 422
    other = arrives(address="198.51.100.9")
    second = await waiting(other)
    await other.open("requests/1/number")
    for each in (visitor, other):
        assert (await each.send({"number": NUMBER})).status_code == 429
    for one in (request_id, second):
        assert await visitor.state(one) == ("PAUSED", "IDENTITY")


@pytest.mark.usefixtures("kim")
async def test_where_no_number_is_waited_for_none_is_taken(visitor: Visitor, arrives: Arrives) -> None:
    request_id = await waiting(visitor)
    await visitor.open("requests/1/number")
    form = {"form": visitor.key, "number": NUMBER}
    stranger = arrives()
    await stranger.prove(await stranger.ask("stop", STOP))
    await stranger.open("requests/1/number")
    assert stranger.place == "requests/1"
    for place in ("requests/2/number", f"requests/{request_id}/number"):
        await stranger.open(place)
        assert stranger.page.status_code == 404
        answer = await stranger.post(f"{stranger.start}/{place}", form, follow=False)
        assert answer.status_code in {403, 404, 422}
    assert await visitor.state(request_id) == ("PAUSED", "IDENTITY")
