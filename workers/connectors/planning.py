"""Plans how a person is followed through the datasets of all connected systems, before anything is touched.

It begins where the person's identities stand and follows references, each collection once and after all that lead
to it. References without a direction are followed away from where the traversal already is. What is wrong with
the datasets is said all at once; what this person's identities do not lead to is named in `unreached`.
"""

from collections.abc import Collection as Some
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple

from workers.connectors import datasets as described
from workers.connectors.connector import Refused, Stopped
from workers.connectors.datasets import CollectionName, Dataset, Direction, FieldName, Unusable


class Edge(NamedTuple):
    """Rows whose `target` holds a value that was met in `source` belong to the person."""

    source: FieldName
    target: FieldName


@dataclass(frozen=True, slots=True)
class Node:
    """One collection and all that leads to it. identities: pairs of a field and the kind of identity it holds."""

    name: CollectionName
    identities: tuple[tuple[str, str], ...] = ()
    edges: tuple[Edge, ...] = ()


@dataclass(frozen=True, eq=False)
class Plan:
    """The way through all datasets. stages: what one stage holds may be asked at once, after the stages before."""

    datasets: Mapping[str, Dataset]
    stages: tuple[tuple[Node, ...], ...]
    unreached: tuple[CollectionName, ...] = ()
    erase_rounds: tuple[tuple[str, ...], ...] = field(default=())
    """Datasets in an order of erasing: what is found by a key goes before what holds the key; `erase_after` wins."""

    @cached_property
    def find_rounds(self) -> tuple[tuple[str, ...], ...]:
        """Datasets in the order in which `find` must be asked for the keys that lead to others; may repeat."""
        lending = {edge.source.owner for edge in self._crossing}
        rounds = (
            sorted({node.name.dataset for node in stage if node.name in lending}) for stage in self.stages
        )
        return tuple(tuple(each) for each in rounds if each)

    def nodes(self, datasets: Some[str]) -> list[Node]:
        """The nodes of some datasets, each after those that lead to it."""
        return [node for stage in self.stages for node in stage if node.name.dataset in datasets]

    def lent(self, datasets: Some[str]) -> list[FieldName]:
        """The fields of these datasets whose values lead into others."""
        here = {edge.source for edge in self._crossing if edge.source.dataset in datasets}
        return sorted(
            name for name in here if any(e.target.dataset not in datasets for e in self._from(name))
        )

    def unreached_in(self, datasets: Some[str]) -> tuple[str, ...]:
        """What cannot be reached of these datasets, for evidence."""
        return tuple(str(name) for name in self.unreached if name.dataset in datasets)

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """All references that are followed."""
        return tuple(edge for stage in self.stages for node in stage for edge in node.edges)

    def targets(self, datasets: Some[str], target: str) -> list[FieldName]:
        """The fields of these datasets that a correction reaches, by category or by name.

        Stopped REFUSED where there is none of this name, and where one of them may not change.
        """
        found = [
            FieldName(*made.name, name)
            for key in datasets
            for made in self.datasets[key].collections.values()
            for name in made.targets(target)
            if not made.is_skipped
        ]
        if not found and target.partition(".")[0] in datasets:
            raise Stopped(Refused(f"No dataset describes a field `{target}`."))
        for name in found:
            self._allow(name, target)
        return found

    def _allow(self, name: FieldName, target: str) -> None:
        of = self.datasets[name.dataset].collections[name.collection].fields[name.field]
        if of.is_primary or of.is_read_only:
            raise Stopped(Refused(f"`{name}` is a key or read-only: it cannot be corrected."))
        left = self._parted(name, target)
        if left:
            raise Stopped(
                Refused(f"`{name}` is joined with `{left[0]}`, which this correction would leave behind.")
            )

    def _parted(self, name: FieldName, target: str) -> list[FieldName]:
        """Fields that hold what this one holds, and that a correction of `target` does not reach."""
        others = {e.source for e in self.edges if e.target == name} | {
            e.target for e in self.edges if e.source == name
        }
        made = {other: self.datasets[other.dataset].collections[other.collection] for other in sorted(others)}
        return [other for other, of in made.items() if other.field not in of.targets(target)]

    @property
    def _crossing(self) -> list[Edge]:
        return [edge for edge in self.edges if edge.source.dataset != edge.target.dataset]

    def _from(self, source: FieldName) -> list[Edge]:
        return [edge for edge in self._crossing if edge.source == source]


def plan(datasets: Iterable[Dataset], identities: Some[str] | None = None) -> Plan:
    """Plan for the kinds of identity that are known of a person; None: for all that the datasets name.

    Unusable lists unknown names, circles and collections that nothing leads to.
    """
    given = tuple(datasets)
    _Graph(given).check()
    graph = _Graph(each.as_asked for each in given)
    return graph.plan(graph.kinds if identities is None else identities)


class _Graph:
    """Collections and references of all datasets."""

    def __init__(self, datasets: Iterable[Dataset]) -> None:
        given = tuple(datasets)
        self.datasets = {each.key: each for each in given}
        if len(self.datasets) < len(given):
            raise Unusable(["Two datasets have the same fides_key: rename one."])
        self.collections = {
            made.name: made
            for each in given
            for made in each.collections.values()
            if not made.is_skipped
        }  # fmt: skip
        self.problems: list[str] = []
        self.one_way, self.two_way = self._edges()

    @property
    def kinds(self) -> set[str]:
        """The kinds of identity that the datasets hold."""
        return {
            each.identity
            for made in self.collections.values()
            for each in made.fields.values()
            if each.identity
        }

    def check(self) -> None:
        """Raise Unusable with everything that is wrong for everybody."""
        for made in self.collections.values():
            self._check_names(made)
        if not self.problems:
            self.problems += [
                f"{name}: nothing leads here: no identity stands in it, and no reference comes from what is reached."
                for name in sorted(self.collections.keys() - self._reached(self.kinds))
            ]
        if self.problems:
            raise Unusable(sorted(set(self.problems)))

    def plan(self, kinds: Some[str]) -> Plan:
        """Put what these kinds of identity reach into stages."""
        waiting, met = self._reached(kinds), list[CollectionName]()
        unreached = tuple(sorted(self.collections.keys() - waiting))
        stages: list[tuple[Node, ...]] = []
        before = self._before(waiting)
        while waiting:
            stage = [self._node(name, kinds, met) for name in sorted(waiting) if not before[name] & waiting]
            stage = [node for node in stage if node.identities or node.edges]
            if not stage:
                raise Unusable([f"{_circle(before, waiting)}."])
            stages.append(tuple(stage))
            met += [node.name for node in stage]
            waiting -= set(met)
        return Plan(self.datasets, tuple(stages), unreached, self._erase_rounds(stages))

    def _edges(self) -> tuple[set[Edge], set[Edge]]:
        """References with a direction, and those without, which count both ways unless the other side says one."""
        one_way, two_way = set[Edge](), set[Edge]()
        for here, target, direction in self._references():
            if direction is not Direction.TO:
                (one_way if direction else two_way).add(Edge(target, here))
            if direction is not Direction.FROM:
                (one_way if direction else two_way).add(Edge(here, target))
        directed = one_way | {Edge(edge.target, edge.source) for edge in one_way}
        return one_way, two_way - directed

    def _references(self) -> Iterator[tuple[FieldName, FieldName, Direction | None]]:
        for name, made in self.collections.items():
            for each in made.fields.values():
                for reference in each.references:
                    if reference.target.owner in self.collections:
                        yield FieldName(*name, each.name), reference.target, reference.direction

    def _check_names(self, made: described.Collection) -> None:
        for each in made.fields.values():
            for reference in each.references:
                self._check_reference(FieldName(*made.name, each.name), reference.target)
        for name in (*made.after, *made.erase_after):
            if (
                name.dataset not in self.datasets
                or name.collection not in self.datasets[name.dataset].collections
            ):
                self.problems.append(f"{made.name}: waits for `{name}`, which no dataset describes.")

    def _check_reference(self, here: FieldName, target: FieldName) -> None:
        dataset = self.datasets.get(target.dataset)
        if dataset is None:
            self.problems.append(f"{here}: refers to dataset `{target.dataset}`, which is not connected.")
        elif target.collection not in dataset.collections:
            self.problems.append(f"{here}: refers to `{target.owner}`, which its dataset does not describe.")
        elif target.field not in dataset.collections[target.collection].fields:
            self.problems.append(f"{here}: refers to `{target}`, which its dataset does not describe.")

    def _reached(self, kinds: Some[str]) -> set[CollectionName]:
        """Everything that identities of these kinds lead to, in whatever order."""
        reached = {name for name in self.collections if self._node(name, kinds, ()).identities}
        fresh = set(reached)
        while fresh:
            onward = {e.target.owner for e in self.one_way | self.two_way if e.source.owner in fresh}
            fresh = onward - reached
            reached |= fresh
        return reached

    def _before(self, reached: set[CollectionName]) -> dict[CollectionName, set[CollectionName]]:
        """For each collection those that must come before it; Unusable where they run in a circle."""
        before = {name: set(self.collections[name].after) & reached for name in reached}
        for edge in self.one_way:
            if edge.target.owner in reached and edge.source.owner in reached:
                before[edge.target.owner].add(edge.source.owner)
        try:
            TopologicalSorter(before).prepare()
        except CycleError as error:
            raise Unusable([f"{_told(error.args[1])}."]) from None
        return before

    def _node(self, name: CollectionName, kinds: Some[str], met: Iterable[CollectionName]) -> Node:
        fields, visited = self.collections[name].fields.values(), set(met)
        identities = tuple(
            (each.name, each.identity) for each in fields if each.identity in kinds and each.identity
        )
        edges = (
            e for e in self.one_way | self.two_way if e.target.owner == name and e.source.owner in visited
        )
        return Node(name, identities, tuple(sorted(edges)))

    def _erase_rounds(self, stages: list[tuple[Node, ...]]) -> tuple[tuple[str, ...], ...]:
        before: dict[str, set[str]] = {key: set() for key in sorted(self.datasets)}
        for made in self.collections.values():
            before[made.name.dataset] |= {each.dataset for each in made.erase_after} - {made.name.dataset}
        try:
            _rounds(before)
        except CycleError as error:
            raise Unusable([f"erase_after: {_told(error.args[1])}."]) from None
        for edge in sorted(edge for stage in stages for node in stage for edge in node.edges):
            _order(before, edge.target.dataset, edge.source.dataset)
        return _rounds(before)


def _order(before: dict[str, set[str]], first: str, then: str) -> None:
    """Let one dataset go before another, unless something else already says the contrary."""
    if first == then or first in before[then]:
        return
    before[then].add(first)
    try:
        _rounds(before)
    except CycleError:
        before[then].discard(first)


def _rounds(before: Mapping[str, set[str]]) -> tuple[tuple[str, ...], ...]:
    sorter, rounds = TopologicalSorter(before), list[tuple[str, ...]]()
    sorter.prepare()
    while sorter.is_active():
        ready = tuple(sorted(sorter.get_ready()))
        sorter.done(*ready)
        rounds.append(ready)
    return tuple(rounds)


def _circle(before: Mapping[CollectionName, set[CollectionName]], waiting: set[CollectionName]) -> str:
    """What waits for each other where references have no direction: nothing of it can be first."""
    names = ", ".join(str(name) for name in sorted(waiting) if before[name] & waiting) or ", ".join(
        map(str, waiting)
    )
    return f"References and `after` run in a circle; none of these can be first: {names}"


def _told(cycle: Iterable[object]) -> str:
    return f"References run in a circle: {' -> '.join(str(each) for each in reversed(list(cycle)))}"
