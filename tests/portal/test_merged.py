"""A visit to records that were merged ends with what let it in, whichever of them that belongs to."""

import asyncpg
import pytest

from hub import merges
from hub.actors import OPERATOR, Operation
from hub.identities import end_identifier
from tests.domain.firm import Firm, email
from tests.portal.test_entrance import thief
from tests.portal.visitor import KNOWN, Visitor


@pytest.mark.parametrize("way", ["address ends", "unmerged"])
@pytest.mark.parametrize("by", [KNOWN, "kim@example.org"])
async def test_a_visit_to_merged_records_ends_when_an_address_of_either_ends_or_they_part(
    visitor: Visitor, firm: Firm, superuser: asyncpg.Connection, way: str, by: str
) -> None:
    twin = await firm.customer(identifiers=[email("kim@example.org")])
    async with firm.hub.act(OPERATOR, Operation.CUSTOMER_MERGE) as act:
        await merges.merge(act, firm.people[0], twin, firm.id)
    await visitor.enter(by)
    token = visitor.http.cookies["visit"]
    await visitor.open("held")
    assert visitor.place == "held"
    identifier = await superuser.fetchval("SELECT id FROM identifier WHERE customer_id = $1", twin)
    if way == "address ends":
        async with firm.hub.act(OPERATOR, Operation.CUSTOMER_CHANGE) as act:
            await end_identifier(act, identifier)
    else:
        async with firm.hub.act(OPERATOR, Operation.CUSTOMER_MERGE) as act:
            await merges.unmerge(act, twin, firm.id)
    async with thief(visitor, token) as http:
        answer = await http.get(f"{visitor.start}/held")
        assert answer.headers["location"] == f"{visitor.start}/enter"
