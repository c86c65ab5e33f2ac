"""A word that cannot have been said is refused by its place, and nothing changes."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import asyncpg
import pytest

from hub import choices, customers
from hub.act import Act, Hub
from hub.actors import WORKER, Operation
from hub.db import new_id
from hub.errors import Refusal
from hub.said import Choice, Evidence, Scope
from tests.domain.firm import BEFORE, FUTURE, Firm, everything, evidence

RECORD = Operation.CHOICE_RECORD
Verb = Callable[[Act, Scope, Evidence], Awaitable[list[Choice]]]


async def say(firm: Firm, verb: Callable[..., Awaitable[Any]], *args: Any, **options: Any) -> Any:
    async with firm.hub.act(firm.app, RECORD) as act:
        return await verb(act, *args, **options)


SAY: dict[str, Verb] = {
    "give": choices.give_consent,
    "opt out": lambda act, scope, said: choices.opt_out(act, "SHARING", scope, said),
    "transfer": choices.consent_to_transfer,
    "stop marketing": choices.opt_out_of_marketing,
}


@pytest.mark.parametrize(
    ("verb", "scope", "said", "path"),
    [
        ("give", {"purpose_id": None}, {}, ("purpose",)),
        ("give", {"purpose_id": "unknown"}, {}, ("purpose",)),
        ("give", {"purpose_id": "foreign"}, {}, ("purpose",)),
        ("give", {"purpose_id": "recipient"}, {}, ("purpose",)),
        ("give", {"recipient_id": "unknown"}, {}, ("recipient",)),
        ("give", {"recipient_id": "purpose"}, {}, ("recipient",)),
        ("give", {"channels": ["PIGEON"]}, {}, ("channels", 0)),
        ("give", {"channels": ["EMAIL", "NONE"]}, {}, ("channels", 1)),
        ("give", {"customer_id": "unknown"}, {}, ("customer",)),
        ("give", {"customer_id": "foreign"}, {}, ("customer",)),
        ("give", {"customer_id": "purpose"}, {}, ("customer",)),
        ("give", {"customer_id": "erased"}, {}, ("customer",)),
        ("give", {"organisation_id": "foreign"}, {}, ("customer",)),
        ("give", {}, {"wording": "   "}, ("wording",)),
        ("give", {}, {"wording": "x" * 20_001}, ("wording",)),
        ("give", {}, {"wording": "yes\0"}, ("wording",)),
        ("give", {}, {"wording": "yes\ud800"}, ("wording",)),
        ("give", {}, {"method": "TELEPATHY"}, ("method",)),
        ("give", {}, {"reference": "x" * 501}, ("evidence",)),
        ("give", {}, {"happened_at": FUTURE}, ("happened_at",)),
        ("give", {}, {"happened_at": datetime(2025, 1, 1)}, ("happened_at",)),  # noqa: DTZ001 - the point
        ("give", {}, {"notice_version_id": "draft"}, ("notice_version",)),
        ("give", {}, {"notice_version_id": "unknown"}, ("notice_version",)),
        ("give", {}, {"notice_version_id": "version", "happened_at": BEFORE}, ("notice_version",)),
        ("opt out", {"channels": ["EMAIL"]}, {}, ("channels",)),
        ("stop marketing", {"recipient_id": "recipient"}, {}, ("recipient",)),
        ("transfer", {"recipient_id": None}, {}, ("recipient",)),
    ],
)
async def test_a_word_that_makes_no_sense_is_refused_by_place_and_nothing_changes(  # noqa: PLR0913, PLR0917 - a case and its world
    firm: Firm,
    other_firm: Firm,
    superuser: asyncpg.Connection,
    verb: str,
    scope: dict[str, Any],
    said: dict[str, Any],
    path: tuple[str | int, ...],
) -> None:
    gone = await firm.customer()
    async with firm.hub.act(WORKER, Operation.CUSTOMER_ERASE) as act:
        await customers.erase(act, gone)
    foreign = {"customer_id": await other_firm.customer(), "organisation_id": other_firm.id}
    meanings = {
        "unknown": new_id(),
        "purpose": firm.purposes[0],
        "recipient": firm.recipients[0],
        "erased": gone,
        "version": firm.version,
        "draft": firm.draft,
    }

    def mean(name: str, value: Any) -> Any:
        if value == "foreign":
            return foreign.get(name, other_firm.purposes[0])
        return meanings.get(value, value) if isinstance(value, str) else value

    customer_id = await firm.customer(happened_at=BEFORE)
    where = {"customer_id": customer_id, "organisation_id": firm.id, "purpose_id": firm.purposes[0], **scope}
    before = await everything(superuser)
    with pytest.raises(Refusal) as refused:
        await say(
            firm,
            SAY[verb],
            Scope(**{name: mean(name, value) for name, value in where.items()}),
            evidence(**{name: mean(name, value) for name, value in said.items()}),
        )
    assert refused.value.path == path
    assert await everything(superuser) == before


@pytest.mark.parametrize("ends_at", [BEFORE, datetime(2030, 1, 1)])  # noqa: DTZ001 - the point
async def test_a_consent_cannot_end_before_it_begins(firm: Firm, ends_at: datetime) -> None:
    customer_id = await firm.customer()
    with pytest.raises(Refusal) as refused:
        await say(firm, choices.give_consent, firm.scope(customer_id), evidence(), ends_at=ends_at)
    assert refused.value.path == ("ends_at",)


async def test_a_word_of_another_firm_is_as_absent_as_none(hub: Hub, firm: Firm, other_firm: Firm) -> None:
    theirs = await other_firm.customer()
    scope = other_firm.scope(theirs)
    [objection] = await say(other_firm, choices.object_to, scope, evidence())
    messages: set[str] = set()
    for unknown in (objection.id, new_id(), theirs):
        with pytest.raises(Refusal) as refused:
            await say(firm, choices.settle_objection, unknown, evidence(), is_upheld=True)
        messages.add(refused.value.message)
    assert messages == {"No objection with this id or key."}
    with pytest.raises(Refusal, match="No customer"):
        async with hub.ask(firm.app, Operation.CUSTOMER_READ) as ask:
            await choices.history(ask, theirs)
