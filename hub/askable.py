"""Whether the past allows to ask a customer: what was asked, refused and opted out of, reduced to an instant.

Limits of history, in the order in which they are read:

- everywhere: no second question while one for the same scope is open;
- South Africa: once only, and never after a refusal (POPIA s 69(2)); channels are not told apart, the statute
  speaks of any form of electronic communication;
- California: not within twelve months of an opt-out of sale or sharing (Civ. Code s 1798.135(c)(4));
- everywhere: nobody who opted out of marketing is asked for consent to marketing.

What the facts of a decision have to say about asking (whether consent would cure anything, where it may be asked) is
not here. A merged customer is one person: what any of their records remembers counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from hub.act import Ask
from hub.db import Record
from hub.errors import Code, Refusal
from hub.policy.values import Jurisdiction, PurposeKind

MONTHS_AFTER_OPT_OUT: Final = 12


class Bar(StrEnum):
    """Why a question is not put to a customer; programs branch on it."""

    ERASED = "ERASED"
    ADULT = "ADULT"
    NO_WORDING = "NO_WORDING"
    OPEN = "OPEN"
    ASKED_BEFORE = "ASKED_BEFORE"
    REFUSED_BEFORE = "REFUSED_BEFORE"
    OPTED_OUT_OF_SHARING = "OPTED_OUT_OF_SHARING"
    OPTED_OUT_OF_MARKETING = "OPTED_OUT_OF_MARKETING"
    SPARED = "SPARED"


@dataclass(frozen=True, slots=True)
class Matter:
    """What is asked about. channels: none means all; recipient_id: None means towards all."""

    organisation_id: UUID
    purpose_id: UUID
    purpose_kind: PurposeKind
    channels: tuple[str, ...] = ()
    recipient_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the past bears on asking one person about a matter, at an instant.

    already_asked: a question was put, unless it was cancelled before anybody saw it. refused: ever.
    opted_out_within_12_months: of sale or sharing, by word or by a browser's signal, and not taken back.
    opted_out_of_marketing: on a channel of the matter, and not reversed by a later consent.
    is_open: a question that covers the matter, or part of it, waits for its answer.
    """

    already_asked: bool = False
    refused: bool = False
    opted_out_within_12_months: bool = False
    opted_out_of_marketing: bool = False
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who might be asked. person_id: of the record that stands for all that are the same person."""

    customer_id: UUID
    person_id: UUID
    jurisdictions: frozenset[str]
    age: str
    asked: Asked


_BARS: dict[Bar, tuple[Code, str, str]] = {
    Bar.ERASED: (Code.CONFLICT, "customer", "This customer is erased: nothing more is kept about them."),
    Bar.ADULT: (
        Code.INVALID, "grade", "A guardian agrees for a minor only; this customer is an adult.",
    ),
    Bar.NO_WORDING: (
        Code.INVALID, "wording", "Give the wording and the benefit in the customer's language or in English.",
    ),
    Bar.OPEN: (
        Code.CONFLICT, "customer",
        "A question for this scope waits for this customer's answer: wait for it, or cancel that question.",
    ),
    Bar.ASKED_BEFORE: (
        Code.CONFLICT, "customer",
        "In South Africa a customer is asked once only, and this one was: leave it (POPIA s 69(2)).",
    ),
    Bar.REFUSED_BEFORE: (
        Code.CONFLICT, "customer",
        "In South Africa a customer who refused is never asked again: leave it (POPIA s 69(2)).",
    ),
    Bar.OPTED_OUT_OF_SHARING: (
        Code.CONFLICT, "customer",
        "In California nobody is asked within 12 months of an opt-out of sale or sharing (Civ. Code s 1798.135(c)(4)).",
    ),
    Bar.OPTED_OUT_OF_MARKETING: (
        Code.CONFLICT, "customer",
        "This customer opted out of marketing, and is not asked for consent to it: they can opt in by themselves.",
    ),
    Bar.SPARED: (
        Code.CONFLICT, "customer",
        "This customer said no, objected, or is closed to it: leave them alone; `asking` on a preview says why.",
    ),
}  # fmt: skip
# $1 customers  $2 organisation  $3 purpose  $4 channels  $5 recipient  $6 instant (NULL: now, also what was
# written since this transaction began, by somebody whose lock it waited for)  $7 months of silence
# $8 a question that is itself no obstacle (NULL: none)
# Scopes meet where neither names another purpose or recipient; of consents given, only the exact scope counts.
_HISTORY = """
    WITH moment AS MATERIALIZED (
        SELECT coalesce($6::timestamptz, clock_timestamp()) AS at
    ), record AS MATERIALIZED (
        SELECT c.id AS customer_id, coalesce(c.survivor_id, c.id) AS person_id, family.id
        FROM customer c CROSS JOIN LATERAL (
            SELECT f.id FROM customer f WHERE f.id = coalesce(c.survivor_id, c.id)
            UNION ALL SELECT f.id FROM customer f WHERE f.survivor_id = coalesce(c.survivor_id, c.id)
        ) family WHERE c.id = ANY ($1)
    ), standing AS (
        SELECT r.customer_id, r.person_id,
            coalesce(array_agg(DISTINCT j) FILTER (WHERE j IS NOT NULL), '{}') AS jurisdictions,
            max(s.age) FILTER (WHERE r.id = r.customer_id) AS age
        FROM record r
        CROSS JOIN moment
        CROSS JOIN LATERAL (
            SELECT (t.standing).jurisdictions, (t.standing).age FROM standing_at(r.id, $2, moment.at) t
        ) s
        LEFT JOIN LATERAL unnest(s.jurisdictions) AS j ON true
        GROUP BY r.customer_id, r.person_id
    ), question AS (
        SELECT r.customer_id AS asked_id, q.* FROM record r
        JOIN consent_question q ON q.customer_id = r.id AND q.organisation_id = $2 AND q.purpose_id = $3
    ), passed_over AS (
        SELECT unnest(put.choices) AS id FROM question q
        JOIN consent_question_event put ON put.question_id = q.id AND put.kind = 'PUT'
        WHERE q.id = $8 OR (
            EXISTS (SELECT FROM consent_question_event e, moment
                    WHERE e.question_id = q.id AND e.kind = 'CANCELLED' AND e.happened_at <= moment.at)
            AND NOT EXISTS (SELECT FROM consent_question_event e WHERE e.question_id = q.id AND e.kind = 'SHOWN'))
    ), word AS (
        SELECT r.customer_id, c.id, c.customer_id AS record_id, c.kind, c.action, c.purpose_id, c.channel,
            c.recipient_id, c.happened_at
        FROM record r CROSS JOIN moment
        JOIN choice c ON c.customer_id = r.id AND c.organisation_id = $2 AND c.happened_at <= moment.at
        WHERE (c.purpose_id IS NULL OR c.purpose_id = $3)
          AND ($5::uuid IS NULL OR c.recipient_id IS NULL OR c.recipient_id = $5)
    ), said AS (
        SELECT w.customer_id,
            bool_or(w.kind = 'CONSENT' AND w.action = 'ASKED' AND w.id NOT IN (SELECT id FROM passed_over))
                AS already_asked,
            bool_or(w.kind = 'CONSENT' AND w.action = 'REFUSED') AS refused,
            bool_or(w.kind IN ('SHARING', 'SIGNAL') AND w.action = 'OPTED_OUT'
                AND w.happened_at + make_interval(months => $7) > moment.at
                AND NOT EXISTS (
                    SELECT FROM choice later WHERE later.customer_id = w.record_id AND later.organisation_id = $2
                    AND later.kind = w.kind AND later.action = 'OPTED_IN' AND later.happened_at > w.happened_at
                    AND later.happened_at <= moment.at AND later.purpose_id IS NOT DISTINCT FROM w.purpose_id
                    AND later.recipient_id IS NOT DISTINCT FROM w.recipient_id)) AS opted_out_within_12_months,
            bool_or(w.kind = 'MARKETING' AND w.action = 'OPTED_OUT' AND EXISTS (
                SELECT FROM unnest(CASE WHEN $4::text[] = '{}' THEN ARRAY[NULL] ELSE $4::text[] END) AS wanted (channel)
                WHERE (w.channel IS NULL OR wanted.channel IS NULL OR w.channel = wanted.channel)
                  AND NOT EXISTS (
                    SELECT FROM choice later WHERE later.customer_id = w.record_id AND later.organisation_id = $2
                    AND later.kind = 'CONSENT' AND later.action = 'GIVEN' AND later.purpose_id = $3
                    AND later.channel IS NOT DISTINCT FROM wanted.channel
                    AND later.recipient_id IS NOT DISTINCT FROM $5
                    AND later.happened_at > w.happened_at AND later.happened_at <= moment.at)
            )) AS opted_out_of_marketing
        FROM word w CROSS JOIN moment GROUP BY w.customer_id
    ), waiting AS (
        SELECT DISTINCT q.asked_id AS customer_id FROM question q CROSS JOIN moment
        WHERE q.id IS DISTINCT FROM $8 AND q.put_at <= moment.at
          AND (q.ended_at IS NULL OR q.ended_at > moment.at) AND q.expires_at > moment.at
          AND ($5::uuid IS NULL OR q.recipient_id IS NULL OR q.recipient_id = $5)
          AND ($4::text[] = '{}' OR q.channels = '{}' OR q.channels && $4::text[])
    )
    SELECT standing.*, said.already_asked, said.refused, said.opted_out_within_12_months,
        said.opted_out_of_marketing, waiting.customer_id IS NOT NULL AS is_open
    FROM standing LEFT JOIN said USING (customer_id) LEFT JOIN waiting USING (customer_id)
"""


async def candidates(
    ask: Ask,
    customers: Sequence[UUID],
    matter: Matter,
    at: datetime | None = None,
    besides: UUID | None = None,
) -> dict[UUID, Candidate]:
    """Reduce the past of many customers by one statement, up to an instant (None: all of it).

    besides: a question that is itself no obstacle.
    """
    rows = await ask.rows(
        _HISTORY,
        list(customers),
        matter.organisation_id,
        matter.purpose_id,
        list(matter.channels),
        matter.recipient_id,
        at,
        MONTHS_AFTER_OPT_OUT,
        besides,
    )
    return {row["customer_id"]: _candidate(row) for row in rows}


def barred(candidate: Candidate, purpose_kind: PurposeKind) -> Bar | None:
    """Tell why the past forbids to ask; None: it does not. A customer under no known law is under all of them."""
    asked = candidate.asked
    laws = candidate.jurisdictions or frozenset(Jurisdiction)
    is_marketing = purpose_kind is PurposeKind.MARKETING
    limits = (
        (Bar.OPEN, asked.is_open),
        (Bar.REFUSED_BEFORE, Jurisdiction.ZA in laws and asked.refused),
        (Bar.ASKED_BEFORE, Jurisdiction.ZA in laws and asked.already_asked),
        (Bar.OPTED_OUT_OF_SHARING, Jurisdiction.US_CA in laws and asked.opted_out_within_12_months),
        (Bar.OPTED_OUT_OF_MARKETING, is_marketing and asked.opted_out_of_marketing),
    )
    return next((bar for bar, applies in limits if applies), None)


def refusal_of(bar: Bar) -> Refusal:
    """Say a bar as a refusal."""
    code, place, message = _BARS[bar]
    return Refusal(code, message, (place,))


def _candidate(row: Record) -> Candidate:
    asked = Asked(
        already_asked=bool(row["already_asked"]),
        refused=bool(row["refused"]),
        opted_out_within_12_months=bool(row["opted_out_within_12_months"]),
        opted_out_of_marketing=bool(row["opted_out_of_marketing"]),
        is_open=row["is_open"],
    )
    jurisdictions = frozenset[str](row["jurisdictions"])
    return Candidate(row["customer_id"], row["person_id"], jurisdictions, row["age"] or "ADULT", asked)
