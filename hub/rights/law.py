"""The law of rights requests, read from ``law.toml``: which right exists where, until when, and what belongs to it.

Pure: no database, no clock. What a right says to people (grounds, exceptions, reasons) stands in ``reasons``.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any, Final

from hub.policy.values import Jurisdiction
from hub.rights.values import (
    FeeCode,
    Identity,
    Kind,
    RestsOn,
    Rolls,
    Standing,
    Start,
    Told,
    Unit,
    Unless,
)


@dataclass(frozen=True, slots=True)
class Cited:
    """Codes of ``reasons``, and the provision they rest on."""

    codes: tuple[str, ...]
    cites: str


@dataclass(frozen=True, slots=True)
class Period:
    """So many units; first_day_counts: the day it begins with is its first. cites: empty for the right's own."""

    amount: int
    unit: Unit
    rests_on: RestsOn
    cites: str = ""
    first_day_counts: bool = False


@dataclass(frozen=True, slots=True)
class Extension:
    """How much longer, counted from the same start; reasons: codes of ``reasons``."""

    amount: int
    unit: Unit
    reasons: tuple[str, ...]
    cites: str


@dataclass(frozen=True, slots=True)
class Timing:
    """How a time limit runs. due None: the law names no last day. pauses_cites: None where nothing pauses it."""

    name: str
    due: Period | None
    rolls: Rolls = Rolls.NO
    rolls_cites: str = ""
    starts: frozenset[Start] = frozenset({Start.RECEIPT})
    starts_cites: str = ""
    pauses_cites: str | None = None
    acknowledge: Period | None = None
    extension: Extension | None = None
    target: Period | None = None


@dataclass(frozen=True, slots=True)
class Fee:
    """What may be charged, and where that stands."""

    code: FeeCode
    cites: str


@dataclass(frozen=True, slots=True)
class Telling:
    """Who else must be told, unless what, and where that stands."""

    who: Told
    unless: Unless
    cites: str


@dataclass(frozen=True, slots=True)
class Checking:
    """How sure we must be of who asks: for ordinary data and for sensitive data."""

    ordinary: Identity
    sensitive: Identity
    cites: str


@dataclass(frozen=True, slots=True)
class Regulator:
    """Whom a person may complain to. becomes: the name it is to bear, from a day not yet confirmed.

    kinds: the requests it is named for; None for all.
    """

    name: str
    about: str
    web: str
    cites: str
    full: str | None = None
    becomes: str | None = None
    kinds: frozenset[Kind] | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A jurisdiction as requests need it. days: whose days count. refusal: what one says, `within` when.

    authorities: by country, where each has its own.
    """

    jurisdiction: Jurisdiction
    name: str
    days: str
    fee: Fee
    refusal: Cited
    refused_within: str
    identity_cites: str
    regulators: tuple[Regulator, ...]
    authorities: Mapping[str, Regulator]

    def regulators_for(self, kind: Kind, country: str | None = None) -> tuple[Regulator, ...]:
        """Whom to name in an answer to such a request; country: the Member State of residence, if it is known."""
        own = self.authorities.get(country) if country else None
        if own:
            return (own,)
        return tuple(each for each in self.regulators if each.kinds is None or kind in each.kinds)


@dataclass(frozen=True, slots=True)
class Right:
    """One right in one jurisdiction. timing, identity, fee: None where it is not offered.

    refusal: what a refusal says, with the provisions. conduct: what else to mind. exceptions: what deletion may
    leave, code to provision. instead: what to offer where it is not. confirmed False: have counsel look.
    """

    jurisdiction: Jurisdiction
    kind: Kind
    standing: Standing
    cites: str
    timing: Timing | None
    since: date | None
    identity: Checking | None
    fee: Fee | None
    refusal: Cited | None
    tells: Telling | None
    conduct: tuple[str, ...]
    exceptions: Mapping[str, str]
    instead: Kind | None
    confirmed: bool

    @property
    def is_offered(self) -> bool:
        """Whether a customer may ask for it at all."""
        return self.standing is not Standing.NONE

    def standing_on(self, day: date) -> Standing:
        """What the right is on a day: before its first day as law, we honour it as house policy."""
        return Standing.HOUSE if self.since and day < self.since else self.standing


# --- reading the file -------------------------------------------------------------------------------------------------


def _timing(name: str, raw: Mapping[str, Any]) -> Timing:
    rolls, starts, pauses = raw.get("rolls"), raw.get("starts"), raw.get("pauses")
    return Timing(
        name,
        due=_period(raw.get("due")),
        rolls=Rolls(rolls["what"]) if rolls else Rolls.NO,
        rolls_cites=rolls["cites"] if rolls else "",
        starts=frozenset(Start(each) for each in starts["from"]) if starts else frozenset({Start.RECEIPT}),
        starts_cites=starts["cites"] if starts else "",
        pauses_cites=pauses["cites"] if pauses else None,
        acknowledge=_period(raw.get("acknowledge")),
        extension=_extension(raw.get("extension")),
        target=_period(raw.get("target")),
    )


def _period(raw: Mapping[str, Any] | None) -> Period | None:
    if raw is None:
        return None
    return Period(
        raw["amount"],
        Unit(raw["unit"]),
        RestsOn(raw["rests_on"]),
        raw.get("cites", ""),
        first_day_counts=raw.get("first_day_counts", False),
    )


def _extension(raw: Mapping[str, Any] | None) -> Extension | None:
    if raw is None:
        return None
    return Extension(raw["amount"], Unit(raw["unit"]), tuple(raw["reasons"]), raw["cites"])


def _fee(raw: Mapping[str, Any]) -> Fee:
    return Fee(FeeCode(raw["code"]), raw["cites"])


def _place(code: str, raw: Mapping[str, Any]) -> Place:
    return Place(
        Jurisdiction(code),
        raw["name"],
        raw["days"],
        _fee(raw["fee"]),
        Cited(tuple(raw["refusal"]["says"]), raw["refusal"]["cites"]),
        raw["refusal"]["within"],
        raw["identity"]["cites"],
        tuple(_regulator(each) for each in raw["regulator"]),
        {
            country: _regulator({**raw["regulator"][0], **own})
            for country, own in raw.get("authority", {}).items()
        },
    )


def _regulator(raw: Mapping[str, Any]) -> Regulator:
    known = dict(raw)
    kinds = known.pop("kinds", None)
    return Regulator(**known, kinds=frozenset(Kind(each) for each in kinds) if kinds else None)


def _right(place: Place, kind: Kind, raw: Mapping[str, Any], timings: Mapping[str, Timing]) -> Right:
    offered = Standing(raw["standing"]) is not Standing.NONE
    tells, instead = raw.get("tells"), raw.get("instead")
    return Right(
        place.jurisdiction,
        kind,
        Standing(raw["standing"]),
        raw["cites"],
        timing=timings[raw["timing"]] if offered else None,
        since=raw.get("since"),
        identity=_checking(place, kind) if offered else None,
        fee=(_fee(raw["fee"]) if "fee" in raw else place.fee) if offered else None,
        refusal=_refusal(place, raw.get("says")) if offered else None,
        tells=Telling(Told(tells["who"]), Unless(tells["unless"]), tells["cites"]) if tells else None,
        conduct=tuple(raw.get("conduct", ())),
        exceptions=raw.get("exceptions", {}),
        instead=Kind(instead) if instead else None,
        confirmed=raw.get("confirmed", True),
    )


def _checking(place: Place, kind: Kind) -> Checking:
    raw = _RAW["identity"][kind]
    return Checking(Identity(raw["ordinary"]), Identity(raw["sensitive"]), place.identity_cites)


def _refusal(place: Place, extra: Mapping[str, Any] | None) -> Cited:
    if extra is None:
        return place.refusal
    return Cited((*place.refusal.codes, *extra["codes"]), f"{place.refusal.cites}; {extra['cites']}")


def _load() -> dict[str, Any]:
    text = files(__package__ or "hub.rights").joinpath("law.toml").read_text("utf-8")
    return tomllib.loads(text)


_RAW: Final = _load()

CHECKED_ON: Final[date] = _RAW["checked"]
"""The day on which all of this was held against the law."""

TIMINGS: Final[Mapping[str, Timing]] = {name: _timing(name, raw) for name, raw in _RAW["timing"].items()}
"""How time limits run, by name."""

PLACES: Final[Mapping[Jurisdiction, Place]] = {
    each: _place(each, _RAW["jurisdiction"][each]) for each in Jurisdiction
}
"""What holds for every right of a jurisdiction."""

RIGHTS: Final[Mapping[tuple[Jurisdiction, Kind], Right]] = {
    (place, kind): _right(PLACES[place], kind, _RAW["right"][place][kind], TIMINGS)
    for place in Jurisdiction
    for kind in Kind
}
"""Every right in every jurisdiction, those too that are not offered."""

CALENDARS: Final[Mapping[Jurisdiction, Mapping[str, Any]]] = {
    each: _RAW["calendar"][each] for each in Jurisdiction
}
"""Which days are holidays, as ``calendars`` reads it."""
