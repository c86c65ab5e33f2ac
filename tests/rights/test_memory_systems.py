"""A made-up system that the worker holds in memory: asked and erased like every other, and never in production."""

import json
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.errors import Code, Refusal
from hub.rights import fulfilling, systems
from hub.rights.outcomes import StepState
from hub.rights.reaching import Reach
from hub.rights.states import State
from hub.rights.systems import NewSystem
from hub.settings import Mode
from tests.connectors.shop import FILE, in_memory
from tests.rights.desk import Desk
from tests.rights.test_fulfilling import cooled
from tests.rights.test_workers import anna, worked

ROWS = json.dumps(in_memory(), default=str)
SHOP = NewSystem("shop", "Shop", "MEMORY", Reach(ROWS), FILE.read_text(encoding="utf-8"))


async def connect(desk: Desk, new: NewSystem = SHOP) -> None:
    """Connect it, as an operator does."""
    async with desk.firm.hub.act(OPERATOR, Operation.SYSTEM_CONNECT) as act:
        await systems.connect(act, new, desk.firm.id)


async def test_it_is_asked_and_erased_like_every_other_and_what_was_done_lasts(
    desk: Desk, superuser: asyncpg.Connection
) -> None:
    await connect(desk)
    customer_id = await anna(desk)
    copy = await desk.receive(customer_id, "ACCESS")
    shop = (await worked(desk, copy))["Shop"]
    assert (shop.kind, shop.state) == ("MEMORY", StepState.DONE)
    assert shop.evidence is not None
    counts = {place["collection"]: place["rows"] for place in shop.evidence["places"]}
    assert counts == {"customers": 1, "addresses": 2, "orders": 2, "parcels": 2, "invoices": 1}
    deletion = await desk.receive(customer_id, "DELETION")
    await desk.do(fulfilling.approve, deletion.id)
    await cooled(desk, superuser, deletion)
    done = await worked(desk, deletion)
    assert done["Shop"].state is StepState.DONE
    assert (await desk.read(deletion)).state is State.ANSWERED
    again = await desk.receive(await anna(desk), "RESTRICTION")
    assert (await worked(desk, again))["Shop"].state is StepState.NOTHING


async def test_its_rows_lie_sealed(desk: Desk, superuser: asyncpg.Connection) -> None:
    await connect(desk)
    kept = [row["row"] for row in await superuser.fetch("SELECT t::text AS row FROM connected_system t")]
    assert not any("Lindqvist" in row or b"Lindqvist".hex() in row for row in kept)


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"reach": Reach("[]")}, Code.INVALID, "address"),
        ({"reach": Reach('{"shop.users": [7]}')}, Code.INVALID, "address"),
        ({"reach": Reach("{")}, Code.INVALID, "address"), ({"reach": None}, Code.INVALID, "kind"),
        ({"dataset": None}, Code.INVALID, "kind"), ({"reach": Reach("{}", ("whsec_x",))}, Code.INVALID, "kind"),
        ({"reach": Reach('{"a.b": []}' + " " * 1_000_001)}, Code.TOO_LARGE, "address"),
    ],
)  # fmt: skip
async def test_rows_that_are_none_are_refused(
    desk: Desk, changes: dict[str, Any], code: Code, path: str
) -> None:
    await desk.refused(code, (path,), lambda: desk.do(systems.connect, replace(SHOP, **changes)))


async def test_in_production_there_is_none(desk: Desk) -> None:
    hub = desk.firm.hub
    strict = Hub(hub.settings.model_copy(update={"mode": Mode.PRODUCTION}), hub.database, hub.vault)
    with pytest.raises(Refusal) as caught:
        async with strict.act(OPERATOR, Operation.SYSTEM_CONNECT) as act:
            await systems.connect(act, SHOP, desk.firm.id)
    assert (caught.value.code, caught.value.path) == (Code.INVALID, ("kind",))
