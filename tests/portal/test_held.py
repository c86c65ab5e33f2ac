"""What our other systems hold, shown to whom it is about: looked for when they ask, with the time of each answer."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import asyncpg

from hub.actors import OPERATOR, Operation
from hub.rights import systems
from hub.rights.systems import NewSystem
from tests.domain.firm import Firm, email, external
from tests.portal.visitor import KNOWN, Visitor
from tests.rights.desk import Desk
from tests.rights.test_keys import ANNA, House
from workers.holdings import gather

Arrives = Callable[..., Visitor]


async def anna(firm: Firm, folder: Path) -> UUID:
    """A customer whom a system knows, and another place where a person looks."""
    await House(Desk(firm), folder).connect("crm", refers_to=())
    async with firm.hub.act(OPERATOR, Operation.SYSTEM_CONNECT) as act:
        await systems.connect(act, NewSystem("cellar", "Cellar", "MANUAL"), firm.id)
    given = [email(ANNA, is_verified=True), external("crm", "HV-77")]
    return await firm.customer(jurisdictions=["EU"], identifiers=given)


async def test_other_systems_are_looked_into_when_that_is_asked_for(
    visitor: Visitor, arrives: Arrives, firm: Firm, tmp_path: Path, superuser: asyncpg.Connection
) -> None:
    customer_id = await anna(firm, tmp_path)
    await visitor.enter(ANNA)
    assert "In our other systems" not in await visitor.open("held")
    await visitor.identify("HV-77")
    for _ in range(2):  # asked again, it is the same look
        await visitor.send({})
        assert "We are asking." in visitor.page.text or "As of" in visitor.page.text
        found = await superuser.fetch("SELECT id FROM look WHERE customer_id = $1", customer_id)
        assert len(found) == 1
        await gather(firm.hub, found[0]["id"])
        await visitor.open("held")
    text = visitor.page.text
    assert "CRM" in text
    assert "As of " in text
    assert "A person looks there when you ask for a copy" in text
    stranger = arrives()
    await stranger.enter(KNOWN)
    assert "CRM" not in await stranger.open("held")


async def test_who_is_not_known_surely_enough_has_nothing_looked_for(
    visitor: Visitor, firm: Firm, tmp_path: Path, superuser: asyncpg.Connection
) -> None:
    customer_id = await anna(firm, tmp_path)
    await visitor.enter(ANNA)
    await visitor.identify("HV-77")
    form = {"form": visitor.key}
    await superuser.execute("UPDATE portal_visit SET identified = 'CODE' WHERE customer_id = $1", customer_id)
    await visitor.post(f"{visitor.start}/held", form)
    assert visitor.place == "identify/held"
    assert await superuser.fetchval("SELECT count(*) FROM look WHERE customer_id = $1", customer_id) == 0
