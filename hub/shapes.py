"""The parts of a customer's state that many share, by number: a standing, a holding, a saying.

A number always means the same, so what was read once is kept. See ``migrations/sql/state.sql`` for how they are made.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple
from weakref import WeakKeyDictionary

import orjson

from hub.act import Hub
from hub.db import Record, Session

LOW = 0xFFFF_FFFF
MIXED = 1 << 27
"""In a saying's number: its timed words turn on more instants than a key counts; the row has only the first."""
SAID = (1 << 28) - 1
"""The saying's number in a key, with that mark."""


class Standing(NamedTuple):
    """Where a customer lives and how they stand. registries: jurisdiction and whether listed, in order."""

    jurisdictions: tuple[str, ...]
    relationship: str
    age: str
    is_restricted: bool
    is_held: bool
    is_erased: bool
    registries: tuple[tuple[str, bool], ...]


class Intake(NamedTuple):
    """A category that is held. shown: the version at collection; governing: Australia's; slot: of its day."""

    source: str
    shown: str | None
    governing: str | None
    is_offered: bool
    slot: int


@dataclass(frozen=True, slots=True)
class Holding:
    """Which categories came in how, and which notice versions reached the customer, with the rank of each."""

    intakes: dict[str, Intake]
    told: dict[str, int]


class Word(NamedTuple):
    """A last word. rank: its order in time.

    timed: ENDS or CALL, if an instant of the row bears on it, the turn-th; OVER: it has ended.
    """

    rank: int
    kind: str
    is_own: bool
    channel: str | None
    recipient: str | None
    action: str
    grade: str | None
    timed: str | None
    turn: int | None = None
    has_ended: bool | None = None
    is_old_call: bool | None = None


Saying = tuple[Word, ...]
SILENT: Saying = ()


@dataclass(slots=True)
class Shapes:
    """What has been read so far."""

    standings: dict[int, Standing] = field(default_factory=dict[int, Standing])
    holdings: dict[int, Holding] = field(default_factory=dict[int, Holding])
    sayings: dict[int, Saying] = field(default_factory=lambda: {0: SILENT})

    async def require(self, session: Session, parts: Iterable[int], sayings: Iterable[int]) -> None:
        """Read what is not known yet: parts are standing << 32 | holding."""
        wanted = set(parts)
        standings = {part >> 32 for part in wanted} - self.standings.keys()
        holdings = {part & LOW for part in wanted} - self.holdings.keys()
        said = {number & ~MIXED for number in sayings} - self.sayings.keys()
        if standings or holdings or said:
            for row in await session.rows(_READ, list(standings), list(holdings), list(said)):
                self._keep(row)

    def _keep(self, row: Record) -> None:
        content = orjson.loads(row["content"])
        if row["kind"] == "STANDING":
            registries = tuple((one.split(":")[0], one.endswith(":LISTED")) for one in content["registries"])
            self.standings[row["id"]] = Standing(
                tuple(content["jurisdictions"]), content["relationship"], content["age"], content["restricted"],
                content["held"], content["erased"], registries,
            )  # fmt: skip
        elif row["kind"] == "HOLDING":
            intakes = {category: Intake(*rest) for category, *rest in content["intake"]}
            self.holdings[row["id"]] = Holding(intakes, dict(content["told"]))
        else:
            self.sayings[row["id"]] = tuple(Word(*word) for word in content)


_READ = """
    SELECT 'STANDING' AS kind, id, to_jsonb(s)::text AS content FROM standing s WHERE id = ANY ($1)
    UNION ALL SELECT 'HOLDING', id, content::text FROM holding WHERE id = ANY ($2)
    UNION ALL SELECT 'SAYING', id, content::text FROM saying WHERE id = ANY ($3)
"""
_SHAPES: WeakKeyDictionary[Hub, Shapes] = WeakKeyDictionary()


def shapes(hub: Hub) -> Shapes:
    """What this process has read of one database."""
    return _SHAPES.setdefault(hub, Shapes())
