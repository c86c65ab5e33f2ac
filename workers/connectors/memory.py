"""The connector to a system that lies in memory: complete, for the demo and for tests, which can make it fail.

It holds rows as dictionaries and reads the same datasets, plan and strategies as the others. `effects` counts, by
step, how often something was really changed. Its faults are those that real systems have.
"""

import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias
from uuid import UUID

from workers.connectors.connector import (
    Broken,
    Call,
    Change,
    Corrected,
    Done,
    Evidence,
    Export,
    Kept,
    Nothing,
    Operation,
    Outcome,
    Place,
    Refused,
    Row,
    Value,
)
from workers.connectors.datasets import (
    Collection,
    CollectionName,
    Dataset,
    FieldName,
    How,
    Strategy,
    Unusable,
)
from workers.connectors.faults import Faults, answer
from workers.connectors.following import Ways
from workers.connectors.plain import digest, plain
from workers.connectors.planning import Node, Plan

Record: TypeAlias = dict[str, Any]
Met: TypeAlias = dict[CollectionName, list[Record]]


@dataclass(frozen=True, slots=True)
class MemorySystem:
    """What it holds: rows by `dataset.collection`. datasets: the keys of its datasets."""

    datasets: tuple[str, ...]
    rows: Mapping[str, Sequence[Mapping[str, Any]]] = field(repr=False)
    faults: Faults = field(default_factory=Faults)


class MemoryConnector:
    """A system in memory. datasets: those of all connected systems. key: 32 bytes of the hub's, for digests."""

    def __init__(self, system: MemorySystem, datasets: Iterable[Dataset], key: bytes) -> None:
        self._keys, self.faults, self._key = system.datasets, system.faults, key
        given = tuple(datasets)
        self._ways = Ways(given)
        self._own = {each.key: each for each in given if each.key in system.datasets}
        if len(self._own) < len(system.datasets):
            raise Unusable(["The system names a dataset that is not given."])
        self.rows: Met = {
            made.name: [dict(row) for row in system.rows.get(str(made.name), ())]
            for each in self._own.values()
            for made in each.collections.values()
        }
        self.effects: Counter[UUID] = Counter()
        self._journal: dict[tuple[Operation, UUID], tuple[str, Evidence]] = {}

    async def find(self, call: Call) -> Outcome:
        """Count rows, and return the values by which other systems know the person."""
        return await answer(self.faults, call, lambda: self._find(call))

    async def export(self, call: Call) -> Export:
        """Yield the person's rows in the order of the traversal."""
        outcome = await answer(self.faults, call, lambda: self._find(call))
        if isinstance(outcome, Done):
            _, met = self._meet(call)
            places, seen = list[Place](), ""
            for name, rows in met.items():
                for row in rows:
                    shown = self._shown(name, row)
                    seen = digest(self._key, seen, dict(shown.values))
                    yield shown
                places.append(Place(*name, len(rows), dict.fromkeys(self._made(name).fields, "exported")))
            outcome = Done(Evidence(tuple(places), unreached=outcome.evidence.unreached, digest=seen))
        yield outcome

    async def correct(self, call: Call, changes: Sequence[Change]) -> Outcome:
        """Put values in place wherever the person's rows have the fields."""
        said = digest(self._key, [[plain(each) for each in change.told] for change in changes])
        work = lambda: self._once(call, Operation.CORRECT, said, lambda: self._correct(call, changes))  # noqa: E731
        return await answer(self.faults, call, work)

    async def erase(self, call: Call) -> Outcome:
        """Erase by the strategy of each field."""
        said = digest(self._key, "erase")
        return await answer(
            self.faults, call, lambda: self._once(call, Operation.ERASE, said, lambda: self._erase(call))
        )

    async def restrict(self, call: Call, *, is_restricted: bool = True) -> Outcome:
        """Set the marks that the datasets name, or lift them."""
        said = digest(self._key, is_restricted)
        body = lambda: self._restrict(call, is_restricted=is_restricted)  # noqa: E731
        return await answer(self.faults, call, lambda: self._once(call, Operation.RESTRICT, said, body))

    async def close(self) -> None:
        """Nothing is held."""

    def _once(
        self, call: Call, operation: Operation, fingerprint: str, body: Callable[[], Outcome]
    ) -> Outcome:
        if call.is_dry_run:
            return body()
        before = self._journal.get((operation, call.step_id))
        if before is not None and before[0] != fingerprint:
            return Broken(
                "This step was done before with other values: give the new ones a step of their own."
            )
        if before is not None:
            return Done(replace(before[1], is_repeated=True))
        outcome = body()
        if isinstance(outcome, Done):
            self._journal[operation, call.step_id] = (fingerprint, outcome.evidence)
            self.effects[call.step_id] += 1
        return outcome

    def _meet(self, call: Call) -> tuple[Plan, Met]:
        way = self._ways.of(call.subject)
        met: Met = {}
        for node in way.nodes(self._keys):
            met[node.name] = [row for row in self.rows[node.name] if self._belongs(row, node, met, call)]
        return way, {name: rows for name, rows in met.items() if rows}

    def _belongs(self, row: Record, node: Node, met: Met, call: Call) -> bool:
        subject = call.subject
        named = any(
            _same(kind, row.get(name), subject.identities.get(kind, ())) for name, kind in node.identities
        )
        return named or any(
            row.get(edge.target.field) is not None
            and plain(row[edge.target.field]) in self._leading(edge.source, met, call)
            for edge in node.edges
        )

    def _leading(self, source: FieldName, met: Met, call: Call) -> list[Value]:
        if source.dataset not in self._own:
            return list(call.subject.keys.get(str(source), ()))
        return [plain(row.get(source.field)) for row in met.get(source.owner, ())]

    def _find(self, call: Call) -> Outcome:
        way, met = self._meet(call)
        unreached = way.unreached_in(self._keys)
        if not met:
            return Nothing(unreached)
        places = tuple(
            Place(*name, len(rows), dict.fromkeys(self._made(name).fields, "found"))
            for name, rows in met.items()
        )
        seen = digest(self._key, [[place.collection, place.rows] for place in places])
        keys = {
            str(name): tuple(
                dict.fromkeys(
                    plain(row[name.field]) for row in met[name.owner] if row.get(name.field) is not None
                )
            )
            for name in way.lent(self._keys)
            if name.owner in met
        }
        return Done(Evidence(places, unreached=unreached, digest=seen), keys)

    def _erase(self, call: Call) -> Outcome:
        way, met = self._meet(call)
        places, kept, on = list[Place](), list[Kept](), call.at.date()
        for name, rows in met.items():
            strategies = self._made(name).erasure(on)
            kept += self._made(name).keeping(on, len(rows))
            changed = {each: how for each, how in strategies.items() if how.how is not How.KEEP}
            if changed:
                places.append(Place(*name, len(rows), {each: how.how.value for each, how in changed.items()}))
            if changed and not call.is_dry_run:
                self._change(name, rows, changed)
        if not met:
            return Nothing(way.unreached_in(self._keys))
        seen = digest(self._key, [[place.collection, place.rows] for place in places])
        unreached = way.unreached_in(self._keys)
        return Done(Evidence(tuple(places), tuple(kept), unreached, seen, is_dry_run=call.is_dry_run))

    def _change(self, name: CollectionName, rows: list[Record], strategies: Mapping[str, Strategy]) -> None:
        if self._made(name).is_deleted:
            gone = {id(row) for row in rows}
            self.rows[name] = [row for row in self.rows[name] if id(row) not in gone]
            return
        for row in rows:
            row.update({each: self._erased(each, how, row.get(each)) for each, how in strategies.items()})

    def _erased(self, name: str, strategy: Strategy, value: Any) -> Any:
        if strategy.how is How.REPLACE:
            return strategy.value
        if strategy.how is How.NULL or value is None:
            return None
        return secrets.token_hex(32) if strategy.how is How.RANDOM else digest(self._key, name, plain(value))

    def _correct(self, call: Call, changes: Sequence[Change]) -> Outcome:
        way, met = self._meet(call)
        wanted = [(name, each) for each in changes for name in way.targets(self._keys, each.target)]
        said: dict[CollectionName, Corrected] = {}
        for name, change in wanted:
            if name.owner in met:
                rows = met[name.owner]
                count = self._put(call, rows, name.field, change)
                differs = any(row.get(name.field) != change.value for row in rows)
                said.setdefault(name.owner, Corrected()).note(name.field, count, differs=differs)
        places = tuple(Place(*name, each.rows, each.fields) for name, each in said.items())
        if not places:
            return Nothing(way.unreached_in(self._keys))
        seen = digest(self._key, [[place.collection, place.rows] for place in places])
        unreached = way.unreached_in(self._keys)
        return Done(Evidence(places, unreached=unreached, digest=seen, is_dry_run=call.is_dry_run))

    def _put(self, call: Call, rows: list[Record], name: str, change: Change) -> int:
        was = change.before(len(rows))
        meant = [
            row for row in rows if row.get(name) != change.value and (was is None or row.get(name) == was)
        ]
        for row in meant if not call.is_dry_run else ():
            row[name] = change.value
        return len(meant)

    def _restrict(self, call: Call, *, is_restricted: bool) -> Outcome:
        marks = {name: mark for each in self._own.values() for name, mark in each.marks.items()}
        if not marks:
            return Refused(
                "No dataset of this system names a field for restriction, under meta.privacy_hub.restrict."
            )
        way, met = self._meet(call)
        places: list[Place] = []
        for name, mark in marks.items():
            rows = met.get(name.owner, [])
            for row in rows if not call.is_dry_run else ():
                row[name.field] = mark.set if is_restricted else mark.lift
            if rows:
                said = "restricted" if is_restricted else "released"
                places.append(Place(*name.owner, len(rows), {name.field: said}))
        if not places:
            return Nothing(way.unreached_in(self._keys))
        seen = digest(self._key, [[place.collection, place.rows] for place in places])
        unreached = way.unreached_in(self._keys)
        return Done(Evidence(tuple(places), unreached=unreached, digest=seen, is_dry_run=call.is_dry_run))

    def _made(self, name: CollectionName) -> Collection:
        return self._own[name.dataset].collections[name.collection]

    def _shown(self, name: CollectionName, row: Record) -> Row:
        made = self._made(name)
        return Row(*name, {each: plain(row.get(each)) for each in made.fields}, made.categories)


def _same(kind: str, value: Any, known: Sequence[str]) -> bool:
    """Compare as the others do: an email without its case."""
    if value is None or value == "":
        return False
    if kind == "email":
        return str(value).lower() in {each.lower() for each in known}
    return str(value) in known
