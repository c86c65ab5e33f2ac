"""Staff see which letters went where and when, with the address masked, and nobody else's."""

from uuid import UUID

import pytest

from hub import customers, letters
from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.db import new_id
from hub.errors import Code, Refusal
from hub.letters import Filter, Letter, State
from tests.letters.conftest import Desk, Server, desk_of


async def one(desk: Desk, letter_id: UUID) -> Letter:
    async with desk.hub.ask(desk.firm.app, Operation.LETTER_READ) as ask:
        return await letters.read(ask, letter_id)


async def listed(desk: Desk, wanted: Filter | None = None, **how: object) -> list[UUID]:
    async with desk.hub.ask(desk.firm.app, Operation.LETTER_READ) as ask:
        page = await letters.page(ask, wanted or Filter(), **how)  # pyright: ignore[reportArgumentType] -- as named
    return [letter.id for letter in page.items]


async def test_a_letter_is_read_with_its_address_masked(desk: Desk, server: Server) -> None:
    customer_id, request_id = await desk.firm.customer(), new_id()
    letter_id = await desk.queue(customer_id=customer_id, request_id=request_id, locale="fr-CA")
    await desk.deliver(letter_id)
    found = await one(desk, letter_id)
    assert (found.address, found.state, found.attempts) == ("a***@r***.example", State.SENT, 1)
    assert (found.customer_id, found.request_id, found.locale) == (customer_id, request_id, "fr-CA")
    assert "amira" not in repr(found)
    assert len(server.came) == 1
    async with desk.hub.act(OPERATOR, Operation.CUSTOMER_ERASE) as act:
        await customers.erase(act, customer_id)
    assert (await one(desk, letter_id)).address == ""


async def test_lists_are_narrowed_and_turned_over_in_order(desk: Desk) -> None:
    request_id = new_id()
    made = [await desk.queue(request_id=request_id if number % 2 else None) for number in range(4)]
    assert await listed(desk) == made
    assert await listed(desk, Filter(request_id=request_id)) == [made[1], made[3]]
    assert await listed(desk, Filter(state="SENT")) == []
    assert await listed(desk, Filter(template="rights_received", state="QUEUED"), limit=2) == made[:2]
    assert await listed(desk, after=made[1], limit=5) == made[2:]
    assert await listed(desk, after=made[3], limit=2, backwards=True) == made[1:3]
    with pytest.raises(Refusal) as caught:
        await listed(desk, Filter(state="LOST"))
    assert (caught.value.code, caught.value.path) == (Code.INVALID, ("state",))


async def test_another_firms_letter_is_absent(desk: Desk, hub: Hub) -> None:
    letter_id = await desk.queue()
    async with desk_of(hub, desk.database) as other:
        assert await listed(other) == []
        for wanted in (letter_id, new_id()):
            with pytest.raises(Refusal) as caught:
                await one(other, wanted)
            assert (caught.value.code, caught.value.message) == (
                Code.NOT_FOUND,
                "No letter with this id or key.",
            )
        with pytest.raises(Refusal) as caught:
            await listed(other, Filter(organisation_id=desk.firm.id))
        assert caught.value.code is Code.NOT_FOUND
