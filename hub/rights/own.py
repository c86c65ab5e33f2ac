"""The hub as a system of its own: what it holds is found, corrected, erased and restricted like what others hold.

All of it happens in the act that settles the step, so it is done once or not at all.
"""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from hub import customers, merges, profiles, standings
from hub.act import Act
from hub.db import Record
from hub.identities import Owner, open_key
from hub.profiles import NewValue
from hub.rights.outcomes import Operation, Settled, StepState
from hub.rights.requests import Request
from hub.rights.sealed import contents

_HELD: Final = """
    SELECT (SELECT count(*) FROM identifier WHERE customer_id = ANY ($1) AND organisation_id = $2) AS identifiers,
        (SELECT count(*) FROM profile_value WHERE customer_id = ANY ($1) AND organisation_id = $2) AS profile_values,
        (SELECT count(*) FROM collection WHERE customer_id = ANY ($1) AND organisation_id = $2) AS collections,
        (SELECT count(*) FROM delivery WHERE customer_id = ANY ($1) AND organisation_id = $2) AS notices_delivered,
        (SELECT count(*) FROM choice WHERE customer_id = ANY ($1) AND organisation_id = $2) AS choices,
        (SELECT count(*) FROM consent_question WHERE customer_id = ANY ($1) AND organisation_id = $2) AS questions,
        (SELECT count(*) FROM decision_subject WHERE customer_id = ANY ($1)) AS decisions
"""
_LIVING: Final = (
    "SELECT id FROM customer WHERE id = ANY ($1) AND erased_at IS NULL ORDER BY id FOR NO KEY UPDATE"
)
_FIELDS: Final = """
    SELECT k.key AS category, v.field FROM profile_value v JOIN category k ON k.id = v.category_id
    WHERE v.customer_id = $1 AND v.organisation_id = $2 AND v.field = ANY ($3)
"""


async def do(act: Act, request: Request, operation: Operation) -> Settled:
    """Do a step of the hub's own, for all records that were merged into one, and say what proves it."""
    people = await _people(act, request.customer_id) if request.customer_id else []
    if not people:
        return Settled(StepState.NOTHING, {"rows": {}})
    match operation:
        case Operation.CORRECT:
            return await _correct(act, request, people)
        case Operation.ERASE:
            return await _erase(act, request, people)
        case Operation.RESTRICT:
            change = standings.Change(is_restricted=True, reason="RIGHTS_REQUEST")
            for each in people:
                await standings.change(act, each, change, request.organisation_id)
            return Settled(StepState.DONE, {"is_restricted": True})
        case _:
            held = await _held(act, request, people)
            return Settled(StepState.DONE if held else StepState.NOTHING, {"rows": held})


async def _people(act: Act, customer_id: UUID) -> list[UUID]:
    """The records of one person that are not erased, locked."""
    family = (await merges.families(act, [customer_id]))[customer_id]
    return [row["id"] for row in await act.rows(_LIVING, list(family))]


async def _held(act: Act, request: Request, people: Sequence[UUID]) -> dict[str, int]:
    row: Record | None = await act.row(_HELD, list(people), request.organisation_id)
    counts: dict[str, int] = dict(row) if row else {}
    return {name: number for name, number in counts.items() if number}


async def _erase(act: Act, request: Request, people: Sequence[UUID]) -> Settled:
    """Destroy the keys: what lay under them cannot be read any more, in backups too once their keys have gone."""
    held = await _held(act, request, people)
    for each in people:
        await customers.erase(act, each)
    return Settled(StepState.DONE, {"rows": held, "is_key_destroyed": True})


async def _correct(act: Act, request: Request, people: Sequence[UUID]) -> Settled:
    content, _ = await contents(act, request.id)
    fields = [
        name for each in people for name in await _put(act, each, request.organisation_id, content["changes"])
    ]
    return Settled(StepState.DONE if fields else StepState.NOTHING, {"fields": sorted(set(fields))})


async def _put(act: Act, customer_id: UUID, organisation_id: UUID, changes: Mapping[str, str]) -> list[str]:
    rows = await act.rows(_FIELDS, customer_id, organisation_id, list(changes))
    if not rows:
        return []
    owner = Owner(customer_id, organisation_id, await open_key(act, customer_id))
    values = [NewValue(row["category"], row["field"], changes[row["field"]]) for row in rows]
    fields = await profiles.put(act, owner, values)
    await act.record("profile.changed", customer_id, fields=fields)
    return fields
