"""Replay: recorded facts give the recorded answer again, or it is said what changed.

A decision keeps its facts, so its answer can be found again from them alone. What is gathered for its instant today may
differ: events can be told late. Both are shown, beside the rules of today.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from hub.act import Ask
from hub.decisions import question_of
from hub.errors import invalid, not_found
from hub.gather import gather
from hub.policy.decision import RULESET, Decision, decide_packed, strictest
from hub.policy.facts import FACTS, Facts
from hub.scope import organisation

SAMPLE_AT_MOST = 100_000
EACH_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Changed:
    """One fact that is gathered otherwise today for the instant of the decision."""

    jurisdiction: str
    fact: str
    recorded: str | bool
    gathered: str | bool


@dataclass(frozen=True, slots=True)
class Replay:
    """A decision found again. same: the recorded facts under the rules of their day give the recorded answer.

    today: under today's rules. regathered: what is gathered for its instant now; None where nobody can say any more.
    """

    id: UUID
    decided_at: datetime
    rules_version: str
    outcome: str
    rule: str
    same: bool
    replayed: Decision
    today: Decision
    regathered: Decision | None
    changes: tuple[Changed, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """A past decision whose answer would be another one under the rules of today."""

    id: UUID
    decided_at: datetime
    rules_version: str
    outcome: str
    rule: str
    today: Decision


_ONE = """
    SELECT s.id, s.customer_id, d.organisation_id, d.question, d.facts, d.outcome, d.rule, d.rules_version, d.decided_at
    FROM decision_subject s JOIN decision d ON d.id = s.decision_id
    WHERE s.id = $1 AND ($2::uuid IS NULL OR d.organisation_id = $2)
"""
_SAMPLE = """
    SELECT s.id, d.facts, d.outcome, d.rule, d.rules_version, d.decided_at
    FROM decision_subject s JOIN decision d ON d.id = s.decision_id
    WHERE d.organisation_id = $1 AND ($2::uuid IS NULL OR s.id < $2) ORDER BY s.id DESC LIMIT $3
"""


async def replay(ask: Ask, decision_id: UUID) -> Replay:
    """Find one decision again; Refusal NOT_FOUND."""
    row = await ask.row(_ONE, decision_id, ask.actor.organisation_id)
    if row is None:
        raise not_found("decision", "id")
    recorded = [Facts.parse(each) for each in orjson.loads(row["facts"])]
    replayed = _decide(recorded, row["decided_at"].date())
    gathered = await _gather_again(ask, row)
    return Replay(
        row["id"],
        row["decided_at"],
        row["rules_version"],
        row["outcome"],
        row["rule"],
        (replayed.outcome, replayed.rule) == (row["outcome"], row["rule"]),
        replayed,
        _decide(recorded, ask.at.date()),
        _decide(gathered, row["decided_at"].date()) if gathered else None,
        _changes(recorded, gathered),
    )


async def differences(
    ask: Ask, sample: int, organisation_id: UUID | None = None
) -> tuple[int, list[Difference]]:
    """Replay the latest decisions under today's rules; how many were read, and those whose answer would change."""
    if not 1 <= sample <= SAMPLE_AT_MOST:
        raise invalid(f"Sample between 1 and {SAMPLE_AT_MOST} decisions.", "sample")
    towards, start, count = organisation(ask, organisation_id), None, 0
    found: list[Difference] = []
    while count < sample:
        rows = await ask.rows(_SAMPLE, towards, start, min(EACH_AT_ONCE, sample - count))
        for row in rows:
            today = _decide([Facts.parse(each) for each in orjson.loads(row["facts"])], ask.at.date())
            if (today.outcome, today.rule) != (row["outcome"], row["rule"]):
                kept = (row["id"], row["decided_at"], row["rules_version"], row["outcome"], row["rule"])
                found.append(Difference(*kept, today))
        count += len(rows)
        if len(rows) < EACH_AT_ONCE:
            break
        start = rows[-1]["id"]
    return count, found


def _decide(facts: Sequence[Facts], on: date) -> Decision:
    return strictest(decide_packed(each.signature, on) for each in facts)


async def _gather_again(ask: Ask, row: Any) -> list[Facts]:
    """What is known today about the instant of the decision; nothing where its question cannot be asked any more."""
    question = question_of(row["customer_id"], orjson.loads(row["question"]))
    [gathered] = await gather(_then(ask, row["decided_at"]), row["organisation_id"], [question])
    return gathered.facts


def _then(ask: Ask, at: datetime) -> Ask:
    """The past instant, asked about by nobody's department: the question says whose people were meant."""
    then = ask.as_of(at)
    then.actor = replace(ask.actor, department_id=None)
    return then


def _changes(recorded: Sequence[Facts], gathered: Sequence[Facts]) -> tuple[Changed, ...]:
    by_place = {facts.jurisdiction: facts for facts in gathered}
    return tuple(
        Changed(str(was.jurisdiction), name, was.value(name), now.value(name))
        for was in recorded
        if (now := by_place.get(was.jurisdiction)) is not None
        for name in FACTS
        if was.value(name) != now.value(name)
    )


__all__ = ["RULESET", "Changed", "Difference", "Replay", "differences", "replay"]
