"""What of a customer's went to whom, shown to that very customer: what, what for, why, and what came of it.

Nobody else reads this: an actor that is not a customer is told that there is no such customer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from hub import kept
from hub.act import Ask
from hub.db import Record
from hub.kept import Mark
from hub.partners import withdrawals
from hub.partners.withdrawals import Kind, Withdrawal


@dataclass(frozen=True, slots=True)
class Allowed:
    """Why it was allowed, as it was kept: the clause's words, and where and when it was shown. texts: by language."""

    texts: Mapping[str, str]
    notice: str
    version: int
    shown_at: datetime | None


@dataclass(frozen=True, slots=True)
class Received:
    """Something went to a recipient. id: the disclosure's, of several alike on a day (times) the first one.

    categories, purpose: names by language, each. ended: what they were told since.

    is_told: whether the recipient reads by itself what it has to do; all others are written to or called.
    """

    id: UUID
    recipient: str
    is_told: bool
    categories: Sequence[Mapping[str, str]]
    purpose: Mapping[str, str]
    allowed: Allowed | None
    ended: Withdrawal | None
    at: datetime
    times: int = 1


@dataclass(frozen=True, slots=True)
class Correction:
    """A recipient was told that something it received has changed."""

    recipient: str
    is_told: bool
    categories: Sequence[Mapping[str, str]]
    told: Withdrawal

    @property
    def id(self) -> UUID:
        """The withdrawal's."""
        return self.told.id

    @property
    def at(self) -> datetime:
        """When."""
        return self.told.made_at


# The same went there again and again within a day: that is one line, which says how often.
_RECEIVED: Final = """
    SELECT x.id, x.at, r.name AS recipient, EXISTS (SELECT FROM client c WHERE c.recipient_id = r.id) AS is_told,
        (SELECT jsonb_agg(g.names ORDER BY g.key) FROM category g WHERE g.id = ANY (x.categories))::text AS categories,
        p.names::text AS purpose, x.withdrawal_id, x.times, v.number AS version, n.name AS notice,
        c.texts::text AS texts, y.happened_at AS shown_at
    FROM (
        SELECT DISTINCT ON (
            date_trunc('day', x.recorded_at, 'UTC'), x.recipient_id, d.question, x.categories, e.withdrawal_id)
            x.id, x.recorded_at AS at, x.recipient_id, x.categories, e.withdrawal_id, s.clause_id, s.notice_version_id,
            s.delivery_id, (d.question ->> 'purpose')::uuid AS purpose_id, count(*) OVER (PARTITION BY
                date_trunc('day', x.recorded_at, 'UTC'), x.recipient_id, d.question, x.categories, e.withdrawal_id
            ) AS times
        FROM disclosure x
        JOIN decision_subject s ON s.id = x.decision_subject_id JOIN decision d ON d.id = s.decision_id
        LEFT JOIN disclosure_end e ON e.disclosure_id = x.id
        WHERE x.customer_id = ANY ($1) AND x.organisation_id = $2
        ORDER BY date_trunc('day', x.recorded_at, 'UTC'), x.recipient_id, d.question, x.categories, e.withdrawal_id,
            x.recorded_at, x.id
    ) x
    JOIN recipient r ON r.id = x.recipient_id JOIN purpose p ON p.id = x.purpose_id
    LEFT JOIN notice_version v ON v.id = x.notice_version_id LEFT JOIN notice n ON n.id = v.notice_id
    LEFT JOIN clause c ON c.id = x.clause_id LEFT JOIN delivery y ON y.id = x.delivery_id
    WHERE $3::timestamptz IS NULL OR (x.at, x.id) < ($3, $4)
    ORDER BY x.at DESC, x.id DESC LIMIT $5
"""
_CORRECTIONS: Final = f"""
    SELECT {withdrawals.COLUMNS}, r.name AS recipient,
        EXISTS (SELECT FROM client c WHERE c.recipient_id = r.id) AS is_told,
        (SELECT jsonb_agg(g.names ORDER BY g.key) FROM category g WHERE g.id = ANY (w.categories))::text AS names
    FROM withdrawal w JOIN recipient r ON r.id = w.recipient_id
    WHERE w.customer_id = ANY ($1) AND w.organisation_id = $2 AND w.kind = '{Kind.CORRECT}'
      AND ($3::timestamptz IS NULL OR (w.made_at, w.id) < ($3, $4))
    ORDER BY w.made_at DESC, w.id DESC LIMIT $5
"""  # noqa: S608 - joined from constants


async def received(ask: Ask, before: Mark | None, most: int) -> list[Received]:
    """Read what went to whom of the customer who is signed in, the last first; `before`: only below that."""
    people, towards = await kept.records(ask), ask.actor.organisation_id
    rows = await ask.rows(_RECEIVED, people, towards, *(before or (None, None)), most)
    ended = await withdrawals.by_ids(ask, [row["withdrawal_id"] for row in rows if row["withdrawal_id"]])
    return [_received(row, ended) for row in rows]


async def corrections(ask: Ask, before: Mark | None, most: int) -> list[Correction]:
    """Read who was told of a change, as `received`."""
    people, towards = await kept.records(ask), ask.actor.organisation_id
    return [
        Correction(row["recipient"], row["is_told"], orjson.loads(row["names"]), Withdrawal.of(row))
        for row in await ask.rows(_CORRECTIONS, people, towards, *(before or (None, None)), most)
    ]


def _received(row: Record, ended: Mapping[UUID, Withdrawal]) -> Received:
    names: list[Any] = [orjson.loads(row[name] or "null") for name in ("categories", "purpose", "texts")]
    allowed = row["notice"] and Allowed(names[2] or {}, row["notice"], row["version"], row["shown_at"])
    return Received(
        row["id"], row["recipient"], row["is_told"], names[0] or [], names[1], allowed or None,
        ended.get(row["withdrawal_id"]), row["at"], row["times"],
    )  # fmt: skip
