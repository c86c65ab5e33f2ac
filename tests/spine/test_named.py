"""What an event names is there, is its organisation's own, and stays: the database sees to it without foreign keys."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.db import new_id
from tests.domain.firm import Firm, found

CHOICE = """
    INSERT INTO choice (id, customer_id, organisation_id, kind, action, purpose_id, recipient_id, notice_version_id,
        grade, wording, wording_sha256, method, happened_at, recorded_at, act_id)
    VALUES ($1, $2, $3, 'CONSENT', 'GIVEN', $4, $5, $6, 'GIVEN', 'w', 'h', 'WEB', now(), now(), $7)
"""
COLLECTION = """
    INSERT INTO collection (id, customer_id, organisation_id, source, categories, notice_version_id, optout_offered,
        happened_at, recorded_at, act_id)
    VALUES ($1, $2, $3, 'CUSTOMER', $4, $5, true, now(), now(), $6)
"""
Names = Callable[[Firm, Firm], dict[str, UUID]]
FOREIGN: dict[str, Names] = {
    "another firm's purpose": lambda _, other: {"purpose": other.purposes[0]},
    "a purpose that is not there": lambda _, __: {"purpose": uuid4()},
    "another firm's recipient": lambda _, other: {"recipient": other.recipients[0]},
    "a recipient that is not there": lambda _, __: {"recipient": uuid4()},
    "an organisation that is not there": lambda _, __: {"organisation": uuid4()},
    "another firm's version": lambda _, other: {"version": other.version},
    "a draft": lambda own, _: {"version": own.draft},
}


@pytest.mark.parametrize("names", FOREIGN.values(), ids=FOREIGN)
async def test_a_choice_that_names_what_its_organisation_does_not_have_is_refused(
    hub: Hub, names: Names
) -> None:
    own, other = await found(hub), await found(hub)
    customer = await own.customer()
    said: dict[str, Any] = {
        "organisation": own.id, "purpose": own.purposes[0], "recipient": own.recipients[0], "version": own.version,
        **names(own, other),
    }  # fmt: skip
    with pytest.raises(asyncpg.PostgresError, match="does not have|has published|not there"):
        async with hub.act(OPERATOR, Operation.CUSTOMER_IMPORT) as act:
            await act.execute(CHOICE, new_id(), customer, *said.values(), act.id)
    async with hub.ask(OPERATOR, Operation.CUSTOMER_READ) as ask:
        assert await ask.value("SELECT count(*) FROM choice WHERE customer_id = $1", customer) == 0


@pytest.mark.parametrize("whose", ["another's", "draft"])
async def test_a_collection_under_a_version_nobody_can_have_been_shown_is_refused(
    hub: Hub, whose: str
) -> None:
    own, other = await found(hub), await found(hub)
    version = own.draft if whose == "draft" else other.version
    values = (new_id(), await own.customer(), own.id, [own.categories["contact"]], version)
    with pytest.raises(asyncpg.PostgresError, match="has published"):
        async with hub.act(OPERATOR, Operation.CUSTOMER_IMPORT) as act:
            await act.execute(COLLECTION, *values, act.id)


@pytest.mark.parametrize("table", ["organisation", "category", "purpose", "recipient"])
async def test_what_events_name_is_never_deleted(hub: Hub, table: str) -> None:
    firm = await found(hub)
    row = {
        "organisation": firm.id, "category": firm.categories["contact"], "purpose": firm.purposes[1],
        "recipient": firm.recipients[1],
    }[table]  # fmt: skip
    with pytest.raises(asyncpg.PostgresError, match="is kept: events name it"):
        async with hub.act(OPERATOR, Operation.CUSTOMER_IMPORT) as act:
            await act.execute(f"DELETE FROM {table} WHERE id = $1", row)
