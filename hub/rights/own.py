"""The hub as a system of its own: what it holds is found, corrected, erased and restricted like what others hold.

All of it happens in the act that settles the step, so it is done once or not at all.
"""

from typing import Any, Final
from uuid import UUID

from hub import customers, profiles, standings
from hub.act import Act
from hub.db import Record
from hub.identities import Owner, open_key
from hub.profiles import NewValue
from hub.rights.outcomes import Operation, Settled, StepState
from hub.rights.requests import Request
from hub.rights.sealed import contents

_HELD: Final = """
    SELECT (SELECT count(*) FROM identifier WHERE customer_id = $1 AND organisation_id = $2) AS identifiers,
        (SELECT count(*) FROM profile_value WHERE customer_id = $1 AND organisation_id = $2) AS profile_values,
        (SELECT count(*) FROM collection WHERE customer_id = $1 AND organisation_id = $2) AS collections,
        (SELECT count(*) FROM delivery WHERE customer_id = $1 AND organisation_id = $2) AS notices_delivered,
        (SELECT count(*) FROM choice WHERE customer_id = $1 AND organisation_id = $2) AS choices,
        (SELECT count(*) FROM consent_question WHERE customer_id = $1 AND organisation_id = $2) AS consent_questions,
        (SELECT count(*) FROM decision_subject WHERE customer_id = $1) AS decisions
"""
_ERASED: Final = "SELECT erased_at IS NOT NULL FROM customer WHERE id = $1"
_FIELDS: Final = """
    SELECT k.key AS category, v.field FROM profile_value v JOIN category k ON k.id = v.category_id
    WHERE v.customer_id = $1 AND v.organisation_id = $2 AND v.field = ANY ($3)
"""


async def do(act: Act, request: Request, operation: Operation) -> Settled:
    """Do a step of the hub's own, and say what proves it."""
    customer_id = request.customer_id
    if customer_id is None or await act.value(_ERASED, customer_id):
        return Settled(StepState.NOTHING, {"rows": {}})
    match operation:
        case Operation.CORRECT:
            return await _correct(act, request, customer_id)
        case Operation.ERASE:
            return await _erase(act, request, customer_id)
        case Operation.RESTRICT:
            change = standings.Change(is_restricted=True, reason="RIGHTS_REQUEST")
            await standings.change(act, customer_id, change, request.organisation_id)
            return Settled(StepState.DONE, {"is_restricted": True})
        case _:
            return _found(await _held(act, request, customer_id))


async def _held(act: Act, request: Request, customer_id: UUID) -> dict[str, int]:
    row: Record | None = await act.row(_HELD, customer_id, request.organisation_id)
    counts: dict[str, int] = dict(row) if row else {}
    return {name: number for name, number in counts.items() if number}


def _found(held: dict[str, int]) -> Settled:
    return Settled(StepState.DONE if held else StepState.NOTHING, {"rows": held})


async def _erase(act: Act, request: Request, customer_id: UUID) -> Settled:
    """Destroy the key: what lay under it cannot be read any more, in backups too once their keys have gone."""
    held = await _held(act, request, customer_id)
    await customers.erase(act, customer_id)
    return Settled(StepState.DONE, {"rows": held, "is_key_destroyed": True})


async def _correct(act: Act, request: Request, customer_id: UUID) -> Settled:
    content, _ = await contents(act, request.id)
    changes: dict[str, Any] = content["changes"]
    rows = await act.rows(_FIELDS, customer_id, request.organisation_id, list(changes))
    if not rows:
        return Settled(StepState.NOTHING, {"fields": []})
    owner = Owner(customer_id, request.organisation_id, await open_key(act, customer_id))
    values = [NewValue(row["category"], row["field"], changes[row["field"]]) for row in rows]
    fields = await profiles.put(act, owner, values)
    await act.record("profile.changed", customer_id, fields=fields)
    return Settled(StepState.DONE, {"fields": fields})
