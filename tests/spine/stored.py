"""What the database keeps of customers, version by version, in the words of the replay."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from hub.db import Record

PLACES = range(17)
"""The columns of words: the first of what was said about all, then one for each remainder of the purposes' numbers."""
WORDS, LAPSES = (", ".join(f"s.{each}_{place}" for place in PLACES) for each in ("word", "lapse"))
VERSIONS = f"""
    SELECT s.*, t.*, h.content AS holding, k.*, w.* FROM (
        SELECT c.*, NULL::timestamptz AS valid_to FROM customer_state c UNION ALL SELECT p.* FROM customer_past p
    ) s JOIN standing t ON t.id = s.standing_id JOIN holding h ON h.id = s.holding_id
    CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(u.code ORDER BY u.code, u.turn), '{{}}') AS codes,
            coalesce(array_agg(u.turn ORDER BY u.code, u.turn), '{{}}') AS turns
        FROM (SELECT * FROM unnest(ARRAY[{WORDS}], ARRAY[{LAPSES}])
              UNION ALL SELECT * FROM unnest(s.said, s.lapses)) AS u (code, turn)
        WHERE u.code IS NOT NULL
    ) k CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(p.id ORDER BY c.place), '{{}}') AS purposes,
            coalesce(array_agg(y.content::text ORDER BY c.place), '{{}}') AS sayings,
            coalesce(array_agg(c.code & (1::bigint << 27) <> 0 ORDER BY c.place), '{{}}') AS mixed
        FROM unnest(k.codes) WITH ORDINALITY AS c (code, place)
        JOIN saying y ON y.id = c.code & ((1::bigint << 27) - 1) LEFT JOIN purpose p ON p.number = c.code >> 32
    ) w
"""
PLAIN = (
    "jurisdictions", "relationship", "kept_from", "age", "restricted", "held", "erased", "contact_at", "registries",
)  # fmt: skip


def present(*values: Any) -> list[Any]:
    """What stands in columns of their own, as long as there is any, and what did not fit."""
    found = [value for value in values if value is not None]
    assert [*found, *[None] * len(values)][: len(values)] == [*values], "a gap"
    return found


def laid_out(codes: Sequence[int], turns: Sequence[datetime | None]) -> tuple[Any, ...]:
    """Which words have a column of their own, and what is left for the lists: codes, and instants if there are any."""
    columns: dict[int, tuple[int, datetime | None]] = {}
    rest: list[tuple[int, datetime | None]] = []
    for code, turn in zip(codes, turns, strict=True):
        number = code >> 32
        place = number % 16 + 1 if number else 0
        if codes.count(code) == 1 and place not in columns:
            columns[place] = (code, turn)
        else:
            rest.append((code, turn))
    lapses = [turn for _, turn in rest]
    return columns, [code for code, _ in rest] or None, lapses if any(lapses) else None


def packed(*days: tuple[datetime | None, int]) -> int:
    """Days in fields of sixteen bits, each with a bit above it; beside each the day that stands for none."""
    found = 0
    for at, none in days:
        day = none if at is None else (at.astimezone(UTC).date() - date(1900, 1, 1)).days
        found = found << 17 | 1 << 16 | day
    return found << 12


def check_columns(row: Record) -> None:
    """Words stand where they are looked for, and what is said twice says the same."""
    columns = {
        place: (row[f"word_{place}"], row[f"lapse_{place}"])
        for place in PLACES
        if row[f"word_{place}"] is not None
    }
    assert (columns, row["said"], row["lapses"]) == laid_out(row["codes"], row["turns"])
    assert all(row[f"lapse_{place}"] is None for place in PLACES if place not in columns)
    latest = 65_535
    days = (row["contact_at"], latest), (row["kept_from"], latest), (row["checked_at"], 0)
    assert row["times"] == packed(*days), days


def version_of(row: Record) -> dict[str, Any]:
    """A stored version in the words of the replay."""
    check_columns(row)
    said: dict[UUID | None, tuple[list[Any], list[datetime], bool]] = {}
    for purpose, words, lapse, is_mixed in zip(
        row["purposes"], row["sayings"], row["turns"], row["mixed"], strict=True
    ):
        entry = said.setdefault(purpose, (sorted(json.loads(words), key=repr), [], is_mixed))
        entry[1].extend([lapse] if lapse else [])
    return {
        "from": row["valid_from"],
        "to": row["valid_to"],
        **{name: row[name] for name in PLAIN},
        "checked_at": present(row["checked_at"], *(row["checks"] or [])),
        "collected_on": present(*(row[f"day_{place}"] for place in range(1, 5)), *(row["days"] or [])),
        "holding": json.loads(row["holding"]),
        "said": said,
    }
