"""Taking an import back: what it added goes, what it overwrote returns, the opt-outs it brought stay.

One act, so that it happens wholly or not at all. Opt-outs that came with the import stay: only a customer can
take a no back. Consents that came with it are withdrawn. Customers whom it made, and of whom nothing else is
known, are erased.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from hub import looks
from hub.act import Act, Hub
from hub.actors import Actor, Operation
from hub.errors import not_found
from hub.imports.writing import sha256
from hub.ledger import Detail

TAKEN_BACK: Final = "The import that brought this consent was taken back."
DETAILS_MOST: Final = 1_000

_HOLD = """
    SELECT reversed_at FROM import_batch
    WHERE id = $1 AND ($2::uuid IS NULL OR organisation_id = $2) FOR UPDATE
"""
_PEOPLE = """
    SELECT c.id FROM customer c WHERE c.id IN (SELECT r.customer_id FROM import_row r WHERE r.import_id = $1)
    ORDER BY c.id FOR NO KEY UPDATE
"""
_ACTS = "SELECT DISTINCT act_id FROM import_row WHERE import_id = $1"
# Customers whom the import made and whom nothing else concerns: no other import, no hand, no word, no
# decision.
_STUBS = f"""
    WITH acts AS MATERIALIZED ({_ACTS})
    SELECT c.id FROM customer c
    WHERE c.import_id = $1 AND c.erased_at IS NULL AND c.survivor_id IS NULL
      AND NOT EXISTS (SELECT FROM customer o WHERE o.survivor_id = c.id)
      AND NOT EXISTS (SELECT FROM import_row o WHERE o.customer_id = c.id AND o.import_id <> $1)
      AND NOT EXISTS (SELECT FROM identifier o WHERE o.customer_id = c.id
                      AND (o.import_id IS DISTINCT FROM $1 OR o.verified_at IS NOT NULL))
      AND NOT EXISTS (SELECT FROM profile_value o WHERE o.customer_id = c.id
                      AND o.import_id IS DISTINCT FROM $1)
      AND NOT EXISTS (SELECT FROM collection o WHERE o.customer_id = c.id AND o.import_id IS DISTINCT FROM $1)
      AND NOT EXISTS (SELECT FROM delivery o WHERE o.customer_id = c.id AND o.import_id IS DISTINCT FROM $1)
      AND NOT EXISTS (SELECT FROM choice o WHERE o.customer_id = c.id
                      AND o.act_id NOT IN (SELECT act_id FROM acts))
      AND NOT EXISTS (SELECT FROM customer_event o WHERE o.customer_id = c.id
                      AND o.act_id NOT IN (SELECT act_id FROM acts))
      AND NOT EXISTS (SELECT FROM registry_check o WHERE o.customer_id = c.id)
      AND NOT EXISTS (SELECT FROM decision_subject o WHERE o.customer_id = c.id)
"""  # noqa: S608 - joined from constants
_ERASE = (
    "DELETE FROM merge_proposal WHERE settled_at IS NULL AND (older_id = ANY ($1) OR newer_id = ANY ($1))",
    "DELETE FROM identifier WHERE customer_id = ANY ($1)",
    "DELETE FROM profile_value WHERE customer_id = ANY ($1)",
    "DELETE FROM keys.customer_key WHERE customer_id = ANY ($1)",
)
_ERASED = "UPDATE customer SET erased_at = $2 WHERE id = ANY ($1)"
_TELL_ERASED = """
    INSERT INTO customer_event (id, customer_id, aspect, value, reason, happened_at, recorded_at, act_id)
    SELECT gen_random_uuid(), id, 'ERASURE', 'ON', 'IMPORT_REVERSED', $2, $2, $3 FROM unnest($1::uuid[]) AS id
"""
# A verified address has become the customer's own word; a value that was overwritten since is not the
# import's any more.
_UNDO_VALUES = (
    "DELETE FROM identifier WHERE import_id = $1 AND verified_at IS NULL",
    "DELETE FROM profile_value WHERE import_id = $1 AND previous IS NULL",
    """UPDATE profile_value SET sealed = previous, import_id = previous_import_id, previous = NULL,
           previous_import_id = NULL WHERE import_id = $1""",
    "UPDATE profile_value SET previous = NULL, previous_import_id = NULL WHERE previous_import_id = $1",
)
# Where the import's is still the last word on relationship or age, what was so before it is so again.
_UNDO_STANDING = f"""
    INSERT INTO customer_event
        (id, customer_id, organisation_id, aspect, value, reason, happened_at, recorded_at, act_id)
    WITH acts AS MATERIALIZED ({_ACTS}), told AS (
        SELECT DISTINCT e.customer_id, e.organisation_id, e.aspect
        FROM customer_event e JOIN acts USING (act_id)
        WHERE e.aspect IN ('RELATIONSHIP', 'AGE') AND e.customer_id <> ALL ($2)
    )
    SELECT gen_random_uuid(), told.customer_id, told.organisation_id, told.aspect,
           coalesce(before.value, CASE told.aspect WHEN 'AGE' THEN 'ADULT' ELSE 'NONE' END),
           'IMPORT_REVERSED', $3, $3, $4
    FROM told
    CROSS JOIN LATERAL (
        SELECT e.act_id IN (SELECT act_id FROM acts) AS is_ours, e.value FROM customer_event e
        WHERE e.customer_id = told.customer_id AND e.aspect = told.aspect
          AND e.organisation_id IS NOT DISTINCT FROM told.organisation_id
        ORDER BY e.happened_at DESC, e.recorded_at DESC, e.id DESC LIMIT 1
    ) last
    LEFT JOIN LATERAL (
        SELECT e.value FROM customer_event e
        WHERE e.customer_id = told.customer_id AND e.aspect = told.aspect
          AND e.organisation_id IS NOT DISTINCT FROM told.organisation_id
          AND e.act_id NOT IN (SELECT act_id FROM acts)
        ORDER BY e.happened_at DESC, e.recorded_at DESC, e.id DESC LIMIT 1
    ) before ON true
    WHERE last.is_ours AND last.value IS DISTINCT FROM coalesce(before.value,
          CASE told.aspect WHEN 'AGE' THEN 'ADULT' ELSE 'NONE' END)
"""  # noqa: S608
# Places that the import alone added to somebody who was there before it.
_UNDO_PLACES = f"""
    INSERT INTO customer_event (id, customer_id, aspect, value, reason, happened_at, recorded_at, act_id)
    WITH acts AS MATERIALIZED ({_ACTS})
    SELECT DISTINCT ON (e.customer_id, e.value)
           gen_random_uuid(), e.customer_id, 'JURISDICTION_ENDED', e.value, 'IMPORT_REVERSED', $2, $2, $3
    FROM customer_event e JOIN acts USING (act_id) JOIN customer c ON c.id = e.customer_id
    WHERE e.aspect = 'JURISDICTION_BEGAN' AND c.import_id IS DISTINCT FROM $1 AND c.erased_at IS NULL
      AND NOT EXISTS (SELECT FROM customer_event o WHERE o.customer_id = e.customer_id AND o.value = e.value
          AND o.aspect IN ('JURISDICTION_BEGAN', 'JURISDICTION_ENDED') AND o.happened_at >= e.happened_at
          AND o.act_id NOT IN (SELECT act_id FROM acts))
"""  # noqa: S608
_WITHDRAW = f"""
    INSERT INTO choice (id, customer_id, organisation_id, kind, action, purpose_id, channel, recipient_id,
                        wording, wording_sha256, method, happened_at, recorded_at, act_id)
    WITH acts AS MATERIALIZED ({_ACTS})
    SELECT gen_random_uuid(), c.customer_id, c.organisation_id, c.kind, 'WITHDRAWN', c.purpose_id, c.channel,
           c.recipient_id, $4, $5, 'IMPORT', $2, $2, $3
    FROM choice c JOIN acts USING (act_id)
    WHERE c.kind = 'CONSENT' AND c.action = 'GIVEN' AND NOT EXISTS (
        SELECT FROM choice o WHERE o.customer_id = c.customer_id AND o.organisation_id = c.organisation_id
        AND o.kind = c.kind AND o.purpose_id = c.purpose_id AND o.channel IS NOT DISTINCT FROM c.channel
        AND o.recipient_id IS NOT DISTINCT FROM c.recipient_id AND o.id <> c.id
        AND o.happened_at >= c.happened_at)
    RETURNING id
"""  # noqa: S608
_FORGET = "DELETE FROM import_row WHERE import_id = $1"
_REVERSED = "UPDATE import_batch SET reversed_at = $2 WHERE id = $1"


@dataclass(frozen=True, slots=True)
class Reversal:
    """What became of an import's customers. was_reversed: it was taken back before, and nothing changed."""

    import_id: UUID
    erased: int
    undone: int
    withdrawn: int
    was_reversed: bool = False


async def reverse_import(hub: Hub, actor: Actor, import_id: UUID) -> Reversal:
    """Take an import back; Refusal NOT_FOUND for an unknown id. Doing it twice changes nothing."""
    return await hub.perform(actor, Operation.CUSTOMER_IMPORT, lambda act: reverse(act, import_id))


async def reverse(act: Act, import_id: UUID) -> Reversal:
    """Take an import back within an act."""
    batch = await act.row(_HOLD, import_id, act.actor.organisation_id)
    if batch is None:
        raise not_found("import", "import")
    if batch["reversed_at"] is not None:
        return Reversal(import_id, 0, 0, 0, was_reversed=True)
    await act.execute(
        "SELECT set_config('hub.project', 'later', true), set_config('statement_timeout', '0', true)"
    )
    people = [row["id"] for row in await act.rows(_PEOPLE, import_id)]
    stubs = [row["id"] for row in await act.rows(_STUBS, import_id)]
    withdrawn = await _undo(act, import_id, stubs)
    await _erase(act, stubs)
    await act.execute(_FORGET, import_id)
    await act.execute(_REVERSED, import_id, act.at)
    await _record(act, import_id, people, set(stubs), withdrawn)
    return Reversal(import_id, len(stubs), len(people) - len(stubs), withdrawn)


async def _undo(act: Act, import_id: UUID, stubs: Sequence[UUID]) -> int:
    await act.execute(_UNDO_STANDING, import_id, list(stubs), act.at, act.id)
    await act.execute(_UNDO_PLACES, import_id, act.at, act.id)
    withdrawn = await act.rows(_WITHDRAW, import_id, act.at, act.id, TAKEN_BACK, sha256(TAKEN_BACK))
    for statement in _UNDO_VALUES:
        await act.execute(statement, import_id)
    return len(withdrawn)


async def _erase(act: Act, stubs: Sequence[UUID]) -> None:
    for statement in _ERASE:
        await act.execute(statement, list(stubs))
    for each in stubs:
        act.wrapped.pop(each, None)
    await looks.drop(act, stubs)
    await act.execute(_ERASED, list(stubs), act.at)
    await act.execute(_TELL_ERASED, list(stubs), act.at, act.id)


async def _record(
    act: Act, import_id: UUID, people: Sequence[UUID], stubs: set[UUID], withdrawn: int
) -> None:
    counts = Counter("ERASED" if person in stubs else "UNDONE" for person in people)
    await act.record(
        "import.reversed",
        import_id=import_id,
        erased=counts["ERASED"],
        undone=counts["UNDONE"],
        withdrawn=withdrawn,
    )
    for first in range(0, len(people), DETAILS_MOST):
        some = people[first : first + DETAILS_MOST]
        details = [
            Detail(person, {"import_id": import_id, "outcome": "ERASED" if person in stubs else "UNDONE"})
            for person in some
        ]
        await act.record_crowd("customers.import_reversed", details)
