"""Why a request is refused, what deletion may leave, why an answer takes longer, and what a refusal says.

Codes and English stand in ``reasons.toml``; ``words`` holds the same in French and Arabic. Pure, as ``law`` is.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

from hub.policy.values import Jurisdiction
from hub.policy.words import ENGLISH, LANGUAGES, Said, spoken
from hub.rights.law import PLACES, RIGHTS
from hub.rights.values import Kind

ROLES: Final = ("refusal", "exception", "extension")


@dataclass(frozen=True, slots=True)
class Ground:
    """A reason that counts in one jurisdiction, for one kind of request, and the provision it rests on."""

    code: str
    cites: str


@dataclass(frozen=True, slots=True)
class Words:
    """Every sentence in one language, by code. short: completes "... because ...", for extensions."""

    reasons: Mapping[str, Said]
    short: Mapping[str, str]
    says: Mapping[str, str]


def refusals(jurisdiction: Jurisdiction, kind: Kind) -> tuple[Ground, ...]:
    """List why such a request may be refused there; none for those that must simply be done."""
    return tuple(
        Ground(code, where["cites"])
        for code, raw in _ENGLISH["refusal"].items()
        for where in raw["where"]
        if where["in"] == jurisdiction and kind in where["kinds"]
    )


def common(jurisdictions: Iterable[str], kind: Kind) -> dict[str, str]:
    """On which grounds a request under several laws can be refused, and where each stands in every one of them."""
    laws = [refusals(Jurisdiction(place), kind) for place in jurisdictions]
    known = [{each.code: each.cites for each in several} for several in laws]
    codes = [code for code in known[0] if all(code in each for each in known)]
    return {code: "; ".join(dict.fromkeys(each[code] for each in known)) for code in codes}


def exceptions(jurisdiction: Jurisdiction) -> tuple[Ground, ...]:
    """List what may keep data from being deleted there."""
    kept = RIGHTS[jurisdiction, Kind.DELETION].exceptions
    return tuple(Ground(code, cites) for code, cites in kept.items())


def extensions(jurisdiction: Jurisdiction, kind: Kind) -> tuple[Ground, ...]:
    """List why an answer may take longer there; none where there is no extension."""
    timing = RIGHTS[jurisdiction, kind].timing
    extension = timing.extension if timing else None
    return tuple(Ground(code, extension.cites) for code in extension.reasons) if extension else ()


def reason(code: str, language: str | None = None) -> Said:
    """Say a reason, to staff and to the customer; KeyError for a code that is none."""
    return WORDS[spoken(language)].reasons[code]


def closing(
    jurisdiction: Jurisdiction, kind: Kind, language: str | None = None, country: str | None = None
) -> tuple[str, ...]:
    """Say what a refusal must say there, in the law's order; country: the Member State of residence, if it is known."""
    right, words = RIGHTS[jurisdiction, kind], WORDS[spoken(language)].says
    regulators = PLACES[jurisdiction].regulators_for(kind, country)
    codes = right.refusal.codes if right.refusal else ()
    return tuple(words[code].format(regulator="; ".join(each.name for each in regulators)) for code in codes)


def _read(name: str) -> dict[str, Any]:
    text = files(__package__ or "hub.rights").joinpath(name).read_text("utf-8")
    return tomllib.loads(text)


def _words(raw: Mapping[str, Any]) -> Words:
    reasons = {code: each for role in ROLES for code, each in raw[role].items()}
    return Words(
        {code: Said(each["staff"], each["customer"]) for code, each in reasons.items()},
        {code: each["short"] for code, each in raw["extension"].items()},
        raw["says"],
    )


_ENGLISH: Final = _read("reasons.toml")
WORDS: Final[Mapping[str, Words]] = {
    language: _words(_ENGLISH if language == ENGLISH else _read(f"words/{language}.toml"))
    for language in LANGUAGES
}
"""All words by language."""
