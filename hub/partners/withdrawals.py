"""Withdrawals: what a recipient has to forget, to correct or to stop using of what it received.

One is about one customer, under one arrangement, for one purpose. It is written once for a state: what it ends is not
told again until it is disclosed anew. It outlives the customer, of whom it holds the stub's id alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from hub.act import Act, Ask
from hub.db import Record, new_id
from hub.ledger import Detail

SHOWN_MOST: Final = 1_000
ACKNOWLEDGE_DAYS: Final = 15
"""Days in which a recipient says what it did, unless its arrangement has its own.

The laws that name a time for passing a word on give fifteen business days (11 CCR §§7026, 7027), the others say without
undue delay: calendar days are sooner.
"""


class Kind(StrEnum):
    """What is to be done. FORGET: delete it. CORRECT: fetch it again. STOP: keep it, and do not use it for this."""

    FORGET = "FORGET"
    CORRECT = "CORRECT"
    STOP = "STOP"


class Said(StrEnum):
    """What a recipient says it did. KEPT: some of it, for a reason and until a day."""

    DONE = "DONE"
    NOT_HELD = "NOT_HELD"
    KEPT = "KEPT"


class Ground(StrEnum):
    """Why a recipient keeps what it should forget. OWN_CUSTOMER: its own customer too, who gave it this themselves."""

    LEGAL_DUTY = "LEGAL_DUTY"
    LEGAL_CLAIM = "LEGAL_CLAIM"
    OWN_CUSTOMER = "OWN_CUSTOMER"
    PUBLIC_INTEREST = "PUBLIC_INTEREST"


@dataclass(frozen=True, slots=True)
class Use:
    """What a recipient received of a customer by one and the same question. question: as it was kept, in JSON.

    is_stopped: it was told to stop using it already.
    """

    customer_id: UUID
    organisation_id: UUID
    recipient_id: UUID
    arrangement_id: UUID | None
    purpose_id: UUID
    question: str
    categories: frozenset[UUID]
    is_stopped: bool

    @property
    def about(self) -> tuple[UUID, UUID, UUID | None, UUID]:
        """What a withdrawal is about."""
        return self.customer_id, self.recipient_id, self.arrangement_id, self.purpose_id


@dataclass(frozen=True, slots=True)
class NewWithdrawal:
    """What is to be told. ends: the uses that are over by it; none for a correction."""

    use: Use
    kind: Kind
    categories: frozenset[UUID]
    reason: str
    ends: tuple[Use, ...] = ()


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What a recipient was told, and what it said. reason: the id of a rule, or a word of ours.

    due_at: until when it is to say so. until: the day up to which it keeps what it keeps.
    """

    id: UUID
    organisation_id: UUID
    customer_id: UUID
    recipient_id: UUID
    arrangement_id: UUID | None
    purpose_id: UUID
    kind: Kind
    categories: tuple[UUID, ...]
    reason: str
    made_at: datetime
    due_at: datetime
    answer: Said | None
    ground: Ground | None
    kept_until: date | None
    answered_at: datetime | None

    @classmethod
    def of(cls, row: Record) -> "Withdrawal":
        """From a row with these columns."""
        values: dict[str, Any] = {each.name: row[each.name] for each in fields(cls)}
        values["kind"], values["categories"] = Kind(values["kind"]), tuple(values["categories"])
        values["answer"] = values["answer"] and Said(values["answer"])
        values["ground"] = values["ground"] and Ground(values["ground"])
        return cls(**values)


COLUMNS: Final = ", ".join(f"w.{each.name}" for each in fields(Withdrawal))
# What lies with recipients: all that was not ended, and what they were told no more than to stop using.
_USES: Final = """
    SELECT x.customer_id, x.organisation_id, x.recipient_id, (d.question ->> 'arrangement')::uuid AS arrangement_id,
        (d.question ->> 'purpose')::uuid AS purpose_id, d.question::text AS question, w.kind IS NOT NULL AS is_stopped,
        array_agg(DISTINCT category) AS categories
    FROM disclosure x
    JOIN decision_subject s ON s.id = x.decision_subject_id JOIN decision d ON d.id = s.decision_id
    LEFT JOIN disclosure_end e ON e.disclosure_id = x.id LEFT JOIN withdrawal w ON w.id = e.withdrawal_id
    CROSS JOIN LATERAL unnest(x.categories) AS category
    WHERE x.customer_id = ANY ($1) AND (w.kind IS NULL OR w.kind = 'STOP')
    GROUP BY x.customer_id, x.organisation_id, x.recipient_id, d.question, w.kind IS NOT NULL
    ORDER BY x.customer_id, x.recipient_id, d.question, is_stopped
"""
_ADD: Final = """
    INSERT INTO withdrawal (id, organisation_id, customer_id, recipient_id, arrangement_id, purpose_id, kind,
        categories, reason, made_at, due_at, act_id)
    SELECT n.id, n.organisation_id, n.customer_id, n.recipient_id, n.arrangement_id, n.purpose_id, n.kind,
        string_to_array(n.categories, ' ')::uuid[], n.reason, $10::timestamptz,
        $10::timestamptz + make_interval(days => coalesce(c.acknowledge_days, $11)), $12
    FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::text[], $8::text[],
        $9::text[])
        AS n (id, organisation_id, customer_id, recipient_id, arrangement_id, purpose_id, kind, categories, reason)
    LEFT JOIN arrangement_clock c ON c.arrangement_id = n.arrangement_id
"""
_END: Final = """
    INSERT INTO disclosure_end (disclosure_id, withdrawal_id)
    SELECT x.id, n.id
    FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[]) AS n (id, customer_id, recipient_id, question)
    JOIN disclosure x ON x.customer_id = n.customer_id AND x.recipient_id = n.recipient_id
    JOIN decision_subject s ON s.id = x.decision_subject_id
    JOIN decision d ON d.id = s.decision_id AND d.question = n.question::jsonb
    LEFT JOIN disclosure_end e ON e.disclosure_id = x.id LEFT JOIN withdrawal w ON w.id = e.withdrawal_id
    WHERE w.kind IS NULL OR w.kind = 'STOP'
    ON CONFLICT (disclosure_id) DO UPDATE SET withdrawal_id = excluded.withdrawal_id
"""
# What somebody asked to be restricted stays stopped until that request is done: the record may follow its recipients.
_STOPPED: Final = """
    SELECT DISTINCT e.disclosure_id, e.withdrawal_id, x.customer_id
    FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS n (customer_id, recipient_id, question)
    JOIN disclosure x ON x.customer_id = n.customer_id AND x.recipient_id = n.recipient_id
    JOIN decision_subject s ON s.id = x.decision_subject_id
    JOIN decision d ON d.id = s.decision_id AND d.question = n.question::jsonb
    JOIN disclosure_end e ON e.disclosure_id = x.id JOIN withdrawal w ON w.id = e.withdrawal_id AND w.kind = 'STOP'
    WHERE NOT EXISTS (SELECT FROM rights_told t JOIN rights_step p ON p.id = t.step_id AND p.ended_at IS NULL
        WHERE t.withdrawal_id = w.id)
"""
_LIFT: Final = "DELETE FROM disclosure_end WHERE disclosure_id = ANY ($1)"
_OF_CUSTOMERS: Final = f"""
    SELECT {COLUMNS} FROM withdrawal w WHERE w.customer_id = ANY ($1) AND w.organisation_id = $2
    ORDER BY w.id DESC LIMIT {SHOWN_MOST}
"""  # noqa: S608 - joined from constants
_BY_IDS: Final = f"""
    SELECT {COLUMNS} FROM withdrawal w WHERE w.id = ANY ($1) AND ($2::uuid IS NULL OR w.organisation_id = $2)
"""  # noqa: S608


async def uses(ask: Ask, people: Sequence[UUID]) -> list[Use]:
    """Read by one statement what recipients hold of these customers. Who decides by it has locked them before."""
    return [_use(row) for row in await ask.rows(_USES, list(people))]


def _use(row: Record) -> Use:
    values: dict[str, Any] = dict(row)
    values["categories"] = frozenset(values["categories"])
    return Use(**values)


async def tell(act: Act, new: Sequence[NewWithdrawal]) -> list[UUID]:
    """Write withdrawals of customers that are held, what they end, and their entry; returns their ids."""
    if not new:
        return []
    ids = [new_id() for _ in new]
    rows = [
        (
            each.use.organisation_id, each.use.customer_id, each.use.recipient_id, each.use.arrangement_id,
            each.use.purpose_id, each.kind, " ".join(sorted(map(str, each.categories))), each.reason,
        )
        for each in new
    ]  # fmt: skip
    columns = [list(column) for column in zip(*rows, strict=True)]
    await act.execute(_ADD, ids, *columns, act.at, ACKNOWLEDGE_DAYS, act.id)
    await _end(act, [(made, use) for made, each in zip(ids, new, strict=True) for use in each.ends])
    details = [_detail(made, each) for made, each in zip(ids, new, strict=True)]
    await act.record_crowd("withdrawal.made", details)
    return ids


async def lift(act: Act, uses: Sequence[Use]) -> None:
    """What was stopped may be used again: `mayKeep` says so, and a later stop is told again."""
    columns = (
        [use.customer_id for use in uses], [use.recipient_id for use in uses], [use.question for use in uses],
    )  # fmt: skip
    rows = await act.rows(_STOPPED, *columns) if uses else []
    if rows:
        await act.execute(_LIFT, [row["disclosure_id"] for row in rows])
        lifted = sorted({(row["customer_id"], row["withdrawal_id"]) for row in rows})
        await act.record_crowd(
            "withdrawal.lifted", [Detail(each, {"withdrawal": made}) for each, made in lifted]
        )


async def of_customers(ask: Ask, people: Sequence[UUID], organisation_id: UUID) -> list[Withdrawal]:
    """Read what recipients were told about a person, by all their records, the newest first."""
    return [Withdrawal.of(row) for row in await ask.rows(_OF_CUSTOMERS, list(people), organisation_id)]


async def by_ids(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, Withdrawal]:
    """Read many by one statement; those unknown or of others are left out."""
    rows = await ask.rows(_BY_IDS, list(ids), ask.actor.organisation_id)
    return {row["id"]: Withdrawal.of(row) for row in rows}


async def _end(act: Act, ended: Sequence[tuple[UUID, Use]]) -> None:
    if ended:
        await act.execute(
            _END, [made for made, _ in ended], [use.customer_id for _, use in ended],
            [use.recipient_id for _, use in ended], [use.question for _, use in ended],
        )  # fmt: skip


def _detail(made: UUID, each: NewWithdrawal) -> Detail:
    use = each.use
    body = {
        "withdrawal": made, "kind": each.kind, "recipient": use.recipient_id, "arrangement": use.arrangement_id,
        "purpose": use.purpose_id, "reason": each.reason, "categories": sorted(each.categories),
    }  # fmt: skip
    return Detail(use.customer_id, body)
