"""The hub as a system of its own: what it holds is found, corrected, erased and restricted like what others hold.

All of it happens in the act that settles the step, so it is done once or not at all.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import orjson

from hub import customers, merges, profiles, standings
from hub.act import Act
from hub.db import Record
from hub.identities import Owner, open_key
from hub.keyring import Use
from hub.profiles import NewValue
from hub.rights import effects, packages
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
_WRAPPED: Final = "SELECT wrapped FROM keys.customer_key WHERE customer_id = ANY ($1)"
_LIVING: Final = (
    "SELECT id FROM customer WHERE id = ANY ($1) AND erased_at IS NULL ORDER BY id FOR NO KEY UPDATE"
)
_FIELDS: Final = """
    SELECT k.key AS category, v.field FROM profile_value v JOIN category k ON k.id = v.category_id
    WHERE v.customer_id = $1 AND v.organisation_id = $2 AND v.field = ANY ($3)
"""


# Until when, counted as retention is: from the end of the relationship, or of what is known of it.
_DUTIES: Final = """
    SELECT p.key, p.names::text AS names, array_agg(DISTINCT k.key) AS held,
        (coalesce(max(s.kept_from), $4::timestamptz) + make_interval(months => p.retention_months))::date AS until
    FROM purpose p
    JOIN collection c ON c.customer_id = ANY ($1) AND c.organisation_id = p.organisation_id
    JOIN category k ON k.id = ANY (c.categories) AND k.id = ANY (p.categories)
    LEFT JOIN customer_state s ON s.customer_id = c.customer_id AND s.organisation_id = p.organisation_id
    WHERE p.organisation_id = $2 AND p.retired_at IS NULL AND EXISTS (SELECT FROM purpose_basis b
        WHERE b.purpose_id = p.id AND b.basis = 'LEGAL_OBLIGATION' AND b.jurisdiction = ANY ($3))
    GROUP BY p.id, p.key, p.names::text, p.retention_months ORDER BY p.key
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
        case Operation.LIFT:
            return Settled(StepState.DONE, {"is_restricted": await _lift(act, request, people)})
        case _:
            held = await _held(act, request, people)
            return Settled(StepState.DONE if held else StepState.NOTHING, {"rows": held})


async def _lift(act: Act, request: Request, people: Sequence[UUID]) -> bool:
    """Let the records go on that stand still for no other request; returns whether one still does."""
    still = [each for each in people if await effects.is_frozen_by_others(act, request, each)]
    change = standings.Change(is_restricted=False, reason="RESTRICTION_LIFTED")
    for each in people:
        if each not in still:
            await standings.change(act, each, change, request.organisation_id)
    return bool(still)


async def _people(act: Act, customer_id: UUID) -> list[UUID]:
    """The records of one person that are not erased, locked."""
    family = (await merges.families(act, [customer_id]))[customer_id]
    return [row["id"] for row in await act.rows(_LIVING, list(family))]


async def _held(act: Act, request: Request, people: Sequence[UUID]) -> dict[str, int]:
    row: Record | None = await act.row(_HELD, list(people), request.organisation_id)
    counts: dict[str, int] = dict(row) if row else {}
    return {name: number for name, number in counts.items() if number}


async def _erase(act: Act, request: Request, people: Sequence[UUID]) -> Settled:
    """Destroy the keys: what lay under them cannot be read any more, in backups too once their keys have gone.

    Copies of it that lie under the keys of requests go with them.
    """
    held = await _held(act, request, people)
    duties = await _duties(act, request, people)
    wrapped = [row["wrapped"] for row in await act.rows(_WRAPPED, list(people))]
    under = act.hub.vault.wrapping_keys(wrapped) or [act.hub.vault.keyring.current(Use.WRAP).id]
    await packages.erase(act, people)
    for each in people:
        await customers.erase(act, each)
    unreadable_on = act.at.date() + timedelta(days=act.hub.settings.key_backup_days)
    return Settled(StepState.DONE, {
        "rows": held, "is_key_destroyed": True, "duties": duties, "unreadable_on": unreadable_on.isoformat(),
        "wrapping_key": under[0],
    })  # fmt: skip


async def _duties(act: Act, request: Request, people: Sequence[UUID]) -> list[dict[str, Any]]:
    """Purposes that a law obliges the organisation to, of whose data there was some: what they need stays elsewhere."""
    rows = await act.rows(_DUTIES, list(people), request.organisation_id, list(request.jurisdictions), act.at)
    return [
        {
            "purpose": row["key"],
            "names": orjson.loads(row["names"]),
            "categories": sorted(row["held"]),
            "until": row["until"] and row["until"].isoformat(),
        }
        for row in rows
    ]


async def _correct(act: Act, request: Request, people: Sequence[UUID]) -> Settled:
    content, _ = await contents(act, request.id)
    fields = [
        name for each in people for name in await _put(act, each, request.organisation_id, content["changes"])
    ]
    unknown = sorted(set(content["changes"]) - {name.rpartition(".")[2] for name in fields})
    left = {"left": dict.fromkeys(unknown, "unknown")} if unknown else {}
    return Settled(StepState.DONE if fields else StepState.NOTHING, {"fields": sorted(set(fields)), **left})


async def _put(act: Act, customer_id: UUID, organisation_id: UUID, changes: Mapping[str, str]) -> list[str]:
    rows = await act.rows(_FIELDS, customer_id, organisation_id, list(changes))
    if not rows:
        return []
    owner = Owner(customer_id, organisation_id, await open_key(act, customer_id))
    values = [NewValue(row["category"], row["field"], changes[row["field"]]) for row in rows]
    fields = await profiles.moved(act, owner, values)
    await act.record("profile.changed", customer_id, fields=fields)
    return fields
