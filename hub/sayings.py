"""Sayings read one by one: where a key cannot tell which of several timed words have lapsed."""

from collections.abc import Sequence
from uuid import UUID

from hub.act import Ask
from hub.db import Record
from hub.errors import Refusal
from hub.reading import Reader
from hub.shapes import SILENT, Saying, Word

_WORDS = """
    SELECT a.customer_id, p.number, w.kind, w.purpose IS NOT NULL AS is_own, w.channel, w.recipient, w.action, w.grade,
        w.at, w.ends, w.ends <= $4 AS has_ended, w.at < $5 AS is_old,
        w.at < woken.at AS is_over
    FROM unnest($2::uuid[], $3::bigint[]) AS a (customer_id, number) JOIN purpose p ON p.number = a.number
    CROSS JOIN LATERAL words_at(a.customer_id, $1, $4) w CROSS JOIN LATERAL woken_at(a.customer_id, $1, $4) woken (at)
    WHERE w.purpose IS NULL OR w.purpose = p.id
    ORDER BY a.customer_id, p.number, w.at
"""


async def exact(
    ask: Ask, organisation_id: UUID, readers: Sequence[Reader | Refusal], found: Sequence[list[Record]]
) -> dict[tuple[UUID, int], Saying]:
    """The words of those rows whose key cannot say which of several timed words have lapsed; mostly there are none."""
    wanted = {
        (row["record_id"], one.terms.purpose.number): (row["at"], one.terms.law.calls_before)
        for one, rows in zip(readers, found, strict=True)
        if isinstance(one, Reader)
        for row in rows
        if row["key"] is not None and one.is_mixed(row["key"])
    }
    if not wanted:
        return {}
    at, calls = next(iter(wanted.values()))
    customers, numbers = [each[0] for each in wanted], [each[1] for each in wanted]
    said: dict[tuple[UUID, int], Saying] = dict.fromkeys(wanted, SILENT)
    for row in await ask.rows(_WORDS, organisation_id, customers, numbers, at, calls):
        mark = (row["customer_id"], row["number"])
        said[mark] = (*said[mark], _word(row))
    return said


def _word(row: Record) -> Word:
    is_given, is_consent = row["action"] == "GIVEN", row["kind"] == "CONSENT"
    endless = ("OVER" if row["is_over"] else "CALL") if is_consent else None
    timed = endless if row["ends"] is None else "ENDS"
    receiver = str(row["recipient"]) if row["recipient"] else None
    rank = round(row["at"].timestamp() * 1_000_000)
    return Word(
        rank, row["kind"], row["is_own"], row["channel"], receiver, row["action"], row["grade"],
        timed if is_given else None, None, bool(row["has_ended"]), row["is_old"],
    )  # fmt: skip
