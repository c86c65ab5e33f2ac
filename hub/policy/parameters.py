"""The dated numbers behind the facts: wash periods, ages, lengths of consent, retention, lists of countries.

They stand in ``parameters.toml``, each with its source and the day it was checked. Whoever reduces raw
records to facts reads them here; the rules themselves need none of them.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from importlib.resources import files
from typing import Any, Final, cast

from hub.policy.values import Age, Destination, Jurisdiction

HOUSE: Final = "house"
"""Where a value stands that holds in every jurisdiction which has none of its own."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One dated value with its source; ``since`` None always counted, ``confirmed`` False wants counsel."""

    name: str
    scope: str
    value: object
    unit: str
    reference: str
    checked_on: date
    confirmed: bool
    since: date | None = None


def _load() -> Mapping[tuple[str, str], tuple[Parameter, ...]]:
    text = files(__package__ or "hub.policy").joinpath("parameters.toml").read_text("utf-8")
    raw = cast("dict[str, dict[str, list[dict[str, Any]]]]", tomllib.loads(text))
    return {
        (name, scope): tuple(Parameter(name, scope, **entry) for entry in entries)
        for name, scopes in raw.items()
        for scope, entries in scopes.items()
    }


PARAMETERS: Final = _load()
"""Every parameter by name and scope (a jurisdiction or ``house``), its values in the order of the file."""


def parameter(name: str, jurisdiction: Jurisdiction, on: date | None = None) -> Parameter | None:
    """Find the entry that counts: the jurisdiction's own or the house's, the latest, or the one of a day."""
    entries = PARAMETERS.get((name, jurisdiction)) or PARAMETERS.get((name, HOUSE)) or ()
    counted = [entry for entry in entries if on is None or entry.since is None or entry.since <= on]
    return max(counted, key=lambda entry: entry.since or date.min, default=None)


def _number(name: str, jurisdiction: Jurisdiction, on: date | None) -> int | None:
    found = parameter(name, jurisdiction, on)
    return None if found is None else cast("int", found.value)


def _required(name: str, jurisdiction: Jurisdiction, on: date | None) -> int:
    found = _number(name, jurisdiction, on)
    if found is None:
        message = f"parameters.toml has no `{name}` for {jurisdiction}"
        raise KeyError(message)
    return found


def _countries(name: str, jurisdiction: Jurisdiction, on: date | None) -> frozenset[str]:
    found = parameter(name, jurisdiction, on)
    return frozenset() if found is None else frozenset(cast("list[str]", found.value))


def wash_days(jurisdiction: Jurisdiction, on: date | None = None) -> int | None:
    """Count the days a check against the do-not-contact register stays good; None where there is none."""
    return _number("wash_days", jurisdiction, on)


def call_consent_months(jurisdiction: Jurisdiction, on: date | None = None) -> int | None:
    """Count the months a consent to calls lasts when it states no period; None: the house period counts."""
    return _number("call_consent_months", jurisdiction, on)


def consent_months(jurisdiction: Jurisdiction, on: date | None = None) -> int:
    """Count the months without contact after which a consent that states no period ends."""
    return _required("consent_months", jurisdiction, on)


def prospect_retention_months(jurisdiction: Jurisdiction, on: date | None = None) -> int:
    """Count the months after the last contact for which a prospect's record is kept."""
    return _required("prospect_retention_months", jurisdiction, on)


def child_under(jurisdiction: Jurisdiction, country: str | None = None, on: date | None = None) -> int:
    """Return the age below which a guardian decides; in the EU that of the Member State, if known."""
    national = parameter("digital_age", jurisdiction, on)
    ages = {} if national is None else cast("dict[str, int]", national.value)
    return ages.get(country or "") or _required("child_under", jurisdiction, on)


def teen_under(jurisdiction: Jurisdiction, on: date | None = None) -> int:
    """Return the age from which the jurisdiction treats a person as an adult."""
    return _required("teen_under", jurisdiction, on)


class AgeBand(StrEnum):
    """How we keep an age: coarse enough not to be a birthday, fine enough for every limit in the law."""

    UNDER_13 = "UNDER_13"
    AGE_13 = "AGE_13"
    AGE_14 = "AGE_14"
    AGE_15 = "AGE_15"
    AGE_16_17 = "AGE_16_17"
    ADULT = "ADULT"


YOUNGEST_YEARS: Final[Mapping[AgeBand, int]] = {
    AgeBand.UNDER_13: 0,
    AgeBand.AGE_13: 13,
    AgeBand.AGE_14: 14,
    AgeBand.AGE_15: 15,
    AgeBand.AGE_16_17: 16,
    AgeBand.ADULT: 18,
}
"""The youngest a person of each band can be; a band counts as its youngest."""


def age_for(
    band: AgeBand, jurisdiction: Jurisdiction, country: str | None = None, on: date | None = None
) -> Age:
    """Reduce an age band to what a jurisdiction makes of it; ``country`` matters in the EU."""
    youngest = YOUNGEST_YEARS[band]
    if youngest < child_under(jurisdiction, country, on):
        return Age.CHILD
    return Age.TEEN if youngest < teen_under(jurisdiction, on) else Age.ADULT


def ages(
    jurisdiction: Jurisdiction, country: str | None = None, on: date | None = None
) -> dict[AgeBand, Age]:
    """Tabulate every band as one jurisdiction sees it, for a query that reduces many customers at once."""
    return {band: age_for(band, jurisdiction, country, on) for band in AgeBand}


def home_countries(jurisdiction: Jurisdiction, on: date | None = None) -> frozenset[str]:
    """List the countries (ISO 3166-1 alpha-2) that count as home."""
    return _countries("home_countries", jurisdiction, on)


def adequate_countries(jurisdiction: Jurisdiction, on: date | None = None) -> frozenset[str]:
    """List the countries (ISO 3166-1 alpha-2) found adequate."""
    return _countries("adequate_countries", jurisdiction, on)


def transfers_restricted(jurisdiction: Jurisdiction, on: date | None = None) -> bool:
    """Tell whether the jurisdiction restricts transfers abroad at all; if not, every country is ADEQUATE."""
    found = parameter("transfers_restricted", jurisdiction, on)
    return found is None or bool(found.value)


def destination_for(country: str, jurisdiction: Jurisdiction, on: date | None = None) -> Destination:
    """Reduce a country to DOMESTIC, ADEQUATE or UNSAFE; a safeguard or a consent in hand mends UNSAFE."""
    if country in home_countries(jurisdiction, on):
        return Destination.DOMESTIC
    if not transfers_restricted(jurisdiction, on) or country in adequate_countries(jurisdiction, on):
        return Destination.ADEQUATE
    return Destination.UNSAFE
