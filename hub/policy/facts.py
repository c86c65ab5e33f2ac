"""The twenty-nine facts a decision stands on: small enumerations and booleans, nothing else.

Whatever needs a clock, a contract or a comparison of texts has been reduced to one of these values before the
rules run, so that a decision can be repeated, stored, and shared by every customer with the same facts.

Raw values enter through :meth:`Facts.parse`, which refuses anything it does not know and says how to mend it.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from enum import Enum
from operator import attrgetter, getitem
from typing import Any, Final, Self, cast

from hub.policy.consistency import CONSISTENCY, NEUTRAL
from hub.policy.values import (
    Act,
    Age,
    Arrangement,
    Basis,
    Channel,
    Consent,
    Data,
    Destination,
    Footer,
    Formality,
    Jurisdiction,
    MarketingChoice,
    Notice,
    Objection,
    Offer,
    ProfileEffect,
    PurposeFit,
    PurposeKind,
    Recipient,
    RecordState,
    Relationship,
    SharingChoice,
    Source,
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with raw facts: the fact, the consistency check if one failed, and what to do."""

    fact: str
    message: str
    check: str | None = None


class FactsError(ValueError):
    """These are not facts a decision can stand on; ``problems`` names every one of them."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """All facts of one question about one customer, in the order in which they are always written.

    ``signature`` packs them into 62 bits, so that equal facts share one decision and one group of a query.
    """

    jurisdiction: Jurisdiction
    act: Act
    purpose_kind: PurposeKind
    purpose_fit: PurposeFit
    source: Source
    notice: Notice
    recipient: Recipient
    arrangement: Arrangement
    need_to_know: bool
    strict_sharing: bool
    basis: Basis
    consent: Consent
    marketing_choice: MarketingChoice
    sharing_choice: SharingChoice
    limit_sensitive: bool
    objection: Objection
    channel: Channel
    footer: Footer
    optout_at_collection: bool
    relationship: Relationship
    offer: Offer
    registry_block: bool
    data: Data
    special_condition: bool
    age: Age
    record_state: RecordState
    formality: Formality
    destination: Destination
    profile_effect: ProfileEffect
    signature: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        values = _read_all(self)
        if tuple(map(type, values)) != _TYPES:
            _refuse_untyped(self)
        object.__setattr__(self, "signature", sum(map(getitem, _CODES, values)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Facts) and self.signature == other.signature

    def __hash__(self) -> int:
        return self.signature

    @classmethod
    def parse(cls, raw: Mapping[str, object]) -> Self:
        """Read plain names and values; raises :class:`FactsError` naming everything that is wrong."""
        problems = [*_unknown_names(raw), *_bad_values(raw)]
        if problems:
            raise FactsError(*problems)
        values = {name: _value(kind, raw[name]) for name, kind in FACTS.items()}
        facts = cls(**cast("dict[str, Any]", values))
        if contradictions := facts.contradictions():
            raise FactsError(*contradictions)
        return facts

    @classmethod
    def unpack(cls, signature: int) -> Self:
        """Return the facts behind a signature; raises :class:`FactsError` for a number that is not one."""
        values: dict[str, Any] = {}
        for packed in PACKING:
            code = signature >> packed.shift & (1 << packed.width) - 1
            if code >= len(packed.values):
                raise FactsError(Problem(packed.name, f"`{packed.name}` has no value with code {code}"))
            values[packed.name] = packed.values[code]
        facts = cls(**values)
        if facts.signature != signature:
            raise FactsError(Problem("signature", f"{signature} is not the signature of any facts"))
        return facts

    def to_dict(self) -> dict[str, str | bool]:
        """Write plain names and values in the order of the fields, ready for JSON; ``parse`` reads them."""
        return {name: self.value(name) for name in FACTS}

    def value(self, name: str) -> str | bool:
        """Return the plain value of one fact."""
        value = getattr(self, name)
        return value if value is True or value is False else str(value)

    def contradictions(self) -> tuple[Problem, ...]:
        """Name the consistency checks I1 to I8 that these facts violate, each with what to do."""
        return tuple(
            Problem(check.fact, f"{check.id}: {check.remedy}", check.id)
            for check in CONSISTENCY
            if not check.holds(self)
        )

    def canonical(self) -> Self:
        """Set to neutral what the rules cannot read: the same decision, and fewer distinct facts."""
        changes: dict[str, Any] = {}
        for neutral in NEUTRAL:
            if neutral.applies(self):
                changes.update(neutral.values)
        return replace(self, **changes)


@dataclass(frozen=True, slots=True)
class Packed:
    """Where one fact sits in the signature: ``signature >> shift & (2**width - 1)`` indexes ``values``."""

    name: str
    shift: int
    width: int
    values: tuple[Enum | bool, ...]


FACTS: Final[Mapping[str, type]] = {f.name: cast("type", f.type) for f in fields(Facts) if f.init}
"""Every fact's name and type, in order."""


def _values(kind: type) -> tuple[Enum | bool, ...]:
    return (False, True) if kind is bool else tuple(cast("type[Enum]", kind))


def _packing() -> Iterator[Packed]:
    shift = 0
    for name, kind in FACTS.items():
        values = _values(kind)
        width = (len(values) - 1).bit_length()
        yield Packed(name, shift, width, values)
        shift += width


PACKING: Final = tuple(_packing())
"""The layout of the signature, so that SQL can compute the same number; the order of values never changes."""

_TYPES: Final = tuple(FACTS.values())
_CODES: Final = tuple({value: code << p.shift for code, value in enumerate(p.values)} for p in PACKING)
_read_all: Final[Callable[[Facts], tuple[Enum | bool, ...]]] = attrgetter(*FACTS)


def _refuse_untyped(facts: Facts) -> None:
    wrong = [name for name, kind in FACTS.items() if type(getattr(facts, name)) is not kind]
    raise FactsError(
        *(Problem(name, f"`{name}` is not a {FACTS[name].__name__}; use `Facts.parse`") for name in wrong)
    )


def allowed(name: str) -> tuple[str, ...]:
    """List the values a fact may take, as they are written in JSON."""
    return tuple(str(value).lower() if FACTS[name] is bool else str(value) for value in _values(FACTS[name]))


SHOWN_CHARACTERS: Final = 60
SHOWN_UNKNOWN: Final = 5


def quote(value: object) -> str:
    """Show a raw value to a person: JSON, ASCII, short, in backticks."""
    try:
        text = json.dumps(value, default=repr)
    except RecursionError:
        text = "..."
    return f"`{text[:SHOWN_CHARACTERS]}{'...' if len(text) > SHOWN_CHARACTERS else ''}`"


def meant(said: object, known: Iterable[str]) -> str:
    """Suggest, at the end of a sentence, the known word that somebody may have meant; nothing if none is near."""
    by_case = {word.casefold(): word for word in known}
    near = (
        get_close_matches(str(said)[:SHOWN_CHARACTERS].casefold(), by_case, n=1)
        if isinstance(said, str)
        else []
    )
    return f"; did you mean `{by_case[near[0]]}`?" if near else ""


def _unknown_names(raw: Mapping[str, object]) -> Iterator[Problem]:
    unknown = [name for name in raw if name not in FACTS]
    for name in unknown[:SHOWN_UNKNOWN]:
        yield Problem(name, f"unknown fact {quote(name)}{meant(name, FACTS)}")
    if len(unknown) > SHOWN_UNKNOWN:
        yield Problem(unknown[SHOWN_UNKNOWN], f"and {len(unknown) - SHOWN_UNKNOWN} more unknown facts")


def _bad_values(raw: Mapping[str, object]) -> Iterator[Problem]:
    for name, kind in FACTS.items():
        if name not in raw:
            yield Problem(name, f"fact `{name}` is missing; give one of {', '.join(allowed(name))}")
        elif _value(kind, raw[name]) is None:
            choices = ", ".join(allowed(name))
            hint = meant(raw[name], allowed(name))
            yield Problem(name, f"fact `{name}` is {quote(raw[name])}; it must be one of {choices}{hint}")


def _value(kind: type, raw: object) -> Enum | bool | None:
    if kind is bool:
        return raw if isinstance(raw, bool) else None
    members = cast("type[Enum]", kind).__members__
    return members.get(raw) if isinstance(raw, str) else None
