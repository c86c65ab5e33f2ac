"""What the database keeps of customers, version by version, in the words of the replay."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from hub.db import Record

VERSIONS = """
    SELECT s.*, t.*, h.content AS holding, k.*, w.* FROM (
        SELECT c.*, NULL::timestamptz AS valid_to FROM customer_state c UNION ALL SELECT p.* FROM customer_past p
    ) s JOIN standing t ON t.id = s.standing_id JOIN holding h ON h.id = s.holding_id
    CROSS JOIN LATERAL (
        SELECT coalesce(s.said, array_remove(ARRAY[s.said_1, s.said_2, s.said_3, s.said_4], NULL)) AS codes
    ) k CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(p.id ORDER BY c.place), '{}') AS purposes,
            coalesce(array_agg(y.content::text ORDER BY c.place), '{}') AS sayings,
            coalesce(array_agg(c.code & (1::bigint << 31) <> 0 ORDER BY c.place), '{}') AS mixed
        FROM unnest(k.codes) WITH ORDINALITY AS c (code, place)
        JOIN saying y ON y.id = c.code & ((1::bigint << 31) - 1) LEFT JOIN purpose p ON p.number = c.code >> 32
    ) w
"""
PLACES = (1, 2, 3, 4)  # in columns of their own; what comes after them is in a list
PLAIN = (
    "jurisdictions", "relationship", "kept_from", "age", "restricted", "held", "erased", "contact_at", "registries",
)  # fmt: skip


def present(*values: Any) -> list[Any]:
    """What stands in columns of their own, as long as there is any, and what did not fit."""
    found = [value for value in values if value is not None]
    assert [*found, *[None] * len(values)][: len(values)] == [*values], "a gap"
    return found


def marks(codes: Sequence[int]) -> int:
    """The bits of the purposes that codes are about; the lowest: of all."""
    return sum({1 << ((code >> 32) % 62 + 1 if code >> 32 else 0) for code in codes})


def check_columns(row: Record) -> None:
    """What is said twice in a row, so that most need not be looked at, says the same."""
    codes: list[int] = row["codes"]
    turns: list[datetime | None] = row["lapses"] or []
    assert present(*(row[f"said_{place}"] for place in PLACES)) == codes[: len(PLACES)]
    assert row["about"] == marks(codes)
    assert row["timed"] == marks([code for code, at in zip(codes, turns, strict=False) if at is not None])


def version_of(row: Record) -> dict[str, Any]:
    """A stored version in the words of the replay."""
    check_columns(row)
    lapses = row["lapses"] or [None] * len(row["sayings"])
    said: dict[UUID | None, tuple[list[Any], list[datetime], bool]] = {}
    for purpose, words, lapse, is_mixed in zip(
        row["purposes"], row["sayings"], lapses, row["mixed"], strict=True
    ):
        entry = said.setdefault(purpose, (sorted(json.loads(words), key=repr), [], is_mixed))
        entry[1].extend([lapse] if lapse else [])
    return {
        "from": row["valid_from"],
        "to": row["valid_to"],
        **{name: row[name] for name in PLAIN},
        "checked_at": present(row["checked_at"], *(row["checks"] or [])),
        "collected_on": present(*(row[f"day_{place}"] for place in PLACES), *(row["days"] or [])),
        "holding": json.loads(row["holding"]),
        "said": said,
    }
