"""Where a correction reaches in a system, by the map of fields that its export and its erasure read too.

A field is corrected where one is called as it is, and where the only one stands that holds its kind of data. Of several
that hold the kind, and of several rows, those are corrected in which the value stands that was wrong: another may be
another person's, or another address. What is left as it is, and why, is said in the evidence.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hub.rights.correcting import Wanted
from workers.connectors.connector import Change
from workers.connectors.datasets import Dataset, Field, FieldName

UNKNOWN, READ_ONLY, PRIMARY_KEY, JOINED, AMBIGUOUS = (
    "unknown",
    "read_only",
    "primary_key",
    "joined",
    "ambiguous",
)


class Reached(NamedTuple):
    """What is asked of a system, and what is not: a field of the request or of the system, and why."""

    changes: list[Change]
    left: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Found:
    name: FieldName
    made: Field
    is_called_so: bool


def reach(wanted: Sequence[Wanted], own: Sequence[Dataset], everybody: Sequence[Dataset]) -> Reached:
    """Find the places. own: the datasets of this system; everybody: of all of them, which may refer to it."""
    reached, joined = Reached([], {}), _joined(everybody)
    for each in wanted:
        found = list(_found(each, own))
        left = {one.name: why for one in found if (why := _fixed(one, joined))}
        free = [one for one in found if one.name not in left]
        reached.left.update(
            {str(name): why for name, why in left.items()} if found else {each.field: UNKNOWN}
        )
        for one in free:
            changes = list(_changes(each, one, is_only=len(free) == 1))
            reached.changes.extend(changes)
            reached.left.update({} if changes else {str(one.name): AMBIGUOUS})
    return reached


def _found(wanted: Wanted, own: Sequence[Dataset]) -> Iterator[_Found]:
    for made in (made for each in own for made in each.collections.values() if not made.is_skipped):
        for name, one in made.fields.items():
            is_called_so = name == wanted.field
            if is_called_so or any(wanted.is_held_by(kind) for kind in one.categories):
                yield _Found(FieldName(*made.name, name), one, is_called_so)


def _joined(everybody: Sequence[Dataset]) -> frozenset[FieldName]:
    """What leads to other places, and where it leads: one corrected alone would lead nowhere."""
    both: set[FieldName] = set()
    for made in (made for each in everybody for made in each.collections.values()):
        for name, one in made.fields.items():
            if one.references:
                both |= {FieldName(*made.name, name), *(each.target for each in one.references)}
    return frozenset(both)


def _fixed(one: _Found, joined: frozenset[FieldName]) -> str | None:
    """Why a field is never corrected; None for one that may be."""
    if one.made.is_primary:
        return PRIMARY_KEY
    if one.made.is_read_only:
        return READ_ONLY
    return JOINED if one.name in joined else None


def _changes(wanted: Wanted, one: _Found, *, is_only: bool) -> Iterator[Change]:
    is_certain = one.is_called_so or is_only
    if is_certain and not wanted.were:
        yield Change(str(one.name), wanted.value)
    for was in wanted.were:
        before = {"among": was} if is_certain else {"was": was}
        yield Change(str(one.name), wanted.value, **before)


def in_words(left: Mapping[str, str], differing: Sequence[str]) -> str | None:
    """What staff read of places that hold the kind of data, and were left as they are; None where there are none."""
    fixed = {name: why.replace("_", " ") for name, why in left.items() if why != UNKNOWN}
    fixed |= dict.fromkeys(differing, "another value stands there")
    said = ", ".join(f"`{name}` ({why})" for name, why in sorted(fixed.items()))
    return f"Not corrected: {said}." if said else None
