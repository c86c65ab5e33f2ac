"""What a notice must say, jurisdiction by jurisdiction, and what it should not say that way.

The table is data (``linter.toml``). A finding of level ERROR keeps a version from being published where it
applies, and makes it incomplete for whoever holds it there; a WARNING is advice. What is not known counts
against the notice: a circumstance that was not stated is taken as given; "not applicable" with a reason is
the answer to it.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Final

from hub.policy.values import Jurisdiction

CURLY: Final = "\N{RIGHT SINGLE QUOTATION MARK}"
SOON: Final = timedelta(days=180)


class Level(StrEnum):
    """ERROR: cannot be published there. WARNING: advice."""

    ERROR = "ERROR"
    WARNING = "WARNING"


class Circumstance(StrEnum):
    """What is so about a collection and changes what its notice must say."""

    COLLECTED_ONLINE = "collected_online"
    SOLD_OR_SHARED = "sold_or_shared"
    THIRD_PARTY_SOURCE = "third_party_source"
    DPO_APPOINTED = "dpo_appointed"
    STATUTORY = "statutory"
    OVERSEAS_TRANSFER = "overseas_transfer"
    AUTOMATED_DECISIONS = "automated_decisions"


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """The answer "this does not apply to us", with its reason."""

    reason: str


Statement = str | NotApplicable


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend. code: stable, `field.what`. message: what to do, and which law asks for it."""

    code: str
    field: str
    level: Level
    message: str

    def to_dict(self) -> dict[str, str]:
        """Write the finding as it is stored."""
        return {"code": self.code, "field": self.field, "level": self.level.value, "message": self.message}


@dataclass(frozen=True, slots=True)
class Wording:
    """A purpose's benefits, or a class's names, by locale."""

    key: str
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Draft:
    """What the linter reads of a version. discloses: some clause reaches somebody outside."""

    statements: Mapping[str, Statement]
    circumstances: Mapping[str, bool] = field(default_factory=dict[str, bool])
    locales: Sequence[str] = ("en",)
    benefits: Sequence[Wording] = ()
    classes: Sequence[Wording] = ()
    discloses: bool = False

    def holds(self, circumstance: str) -> bool | None:
        """Tell whether a circumstance is so; None when nobody said."""
        if circumstance == "discloses":
            return self.discloses
        return self.circumstances.get(circumstance)


@dataclass(frozen=True, slots=True)
class Duty:
    """What one law asks of one field."""

    level: Level
    cites: str
    condition: str | None
    starts_on: date | None


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a notice may have to say."""

    key: str
    says: str
    waivable: bool
    contradicted_by: tuple[str, ...]
    duties: Mapping[str, Duty]


def lint(draft: Draft, jurisdiction: Jurisdiction, on: date) -> list[Finding]:
    """Check a version under one law as of a day: errors first, then warnings, each in the table's order."""
    found = [*_fields(draft, jurisdiction, on), *lint_benefits(draft.benefits), *lint_classes(draft.classes)]
    return sorted(found, key=lambda finding: finding.level is Level.WARNING)


def complete(findings: Sequence[Finding]) -> bool:
    """Tell whether a version with these findings may be published, and serves whoever was shown it."""
    return all(finding.level is not Level.ERROR for finding in findings)


def _fields(draft: Draft, jurisdiction: Jurisdiction, on: date) -> Iterator[Finding]:
    for one in fields():
        duty = one.duties.get(jurisdiction)
        if duty is None or (duty.condition and draft.holds(duty.condition) is False):
            continue
        fault = _fault(one, draft)
        if fault and (duty.starts_on is None or duty.starts_on <= on):
            yield _finding(one, duty, *fault)
        elif fault and duty.starts_on and duty.starts_on - on <= SOON:
            yield Finding(
                f"{one.key}.soon",
                one.key,
                Level.WARNING,
                f"From {duty.starts_on} the notice must say {one.says} ({duty.cites}).",
            )


def _fault(one: Field, draft: Draft) -> tuple[str, str] | None:
    """Tell what is wrong with a field's statement and how to mend it; None when nothing is."""
    said = draft.statements.get(one.key)
    if said is None:
        if one.key == "benefit" and _benefits_told(draft):
            return None
        remedy = ", or mark it not applicable with the reason" if one.waivable else ""
        return "missing", f"Say {one.says}: fill in `{one.key}`{remedy}"
    if isinstance(said, str):
        return None
    if not one.waivable:
        return "not_applicable", f"Every notice has to say {one.says}: `{one.key}` cannot be not applicable"
    so = next((each for each in one.contradicted_by if draft.holds(each)), None)
    if so is None:
        return None
    return "contradicted", f"Say {one.says}: `{one.key}` is marked not applicable, but `{so}` is true"


def _benefits_told(draft: Draft) -> bool:
    return bool(draft.benefits) and all(
        benefit.texts.get(locale) for benefit in draft.benefits for locale in draft.locales
    )


def _finding(one: Field, duty: Duty, what: str, message: str) -> Finding:
    return Finding(f"{one.key}.{what}", one.key, duty.level, f"{message} ({duty.cites}).")


def lint_benefits(benefits: Sequence[Wording]) -> list[Finding]:
    """Warn of benefits whose subject is the company, and of those that speak of targeting."""
    found: list[Finding] = []
    for purpose, locale, said in _each(benefits):
        if _opens_with(said, _words("benefit", "about_us", locale)):
            found.append(
                _advice(
                    "benefit",
                    "about_us",
                    purpose,
                    locale,
                    "begins with the company: begin with what you gain",
                )
            )
        if _speaks_of(said, _words("benefit", "targeting", locale)):
            found.append(
                _advice(
                    "benefit",
                    "targeting",
                    purpose,
                    locale,
                    "speaks of targeting: say what the customer gains",
                )
            )
    return found


def lint_classes(classes: Sequence[Wording]) -> list[Finding]:
    """Warn of classes of recipients so vague that they cover anything."""
    return [
        _advice(
            "recipients", "vague", key, locale, "covers anybody: say what they do, such as mortgage brokers"
        )
        for key, locale, said in _each(classes)
        if _only(said, _words("class", "vague", locale))
    ]


def _each(wordings: Sequence[Wording]) -> Iterator[tuple[str, str, str]]:
    for wording in wordings:
        for locale, said in wording.texts.items():
            yield wording.key, locale, said


def _advice(about: str, what: str, key: str, locale: str, message: str) -> Finding:
    return Finding(f"{about}.{what}", about, Level.WARNING, f"The wording of `{key}` ({locale}) {message}.")


def _opens_with(said: str, phrases: frozenset[str]) -> bool:
    plain = " ".join(re.findall(r"[\w'-]+", said.casefold().replace(CURLY, "'")))
    return any(plain == phrase or plain.startswith(phrase + " ") for phrase in phrases)


def _speaks_of(said: str, beginnings: frozenset[str]) -> bool:
    words = re.findall(r"[\w-]+", said.casefold())
    return any(word.startswith(beginning) for word in words for beginning in beginnings)


def _only(said: str, words: frozenset[str]) -> bool:
    found = re.findall(r"[\w-]+", said.casefold())
    return bool(found) and all(word in words for word in found)


@cache
def fields() -> tuple[Field, ...]:
    """Read the table of what a notice must say."""
    return tuple(
        Field(
            key=one["key"],
            says=one["says"],
            waivable=one.get("waivable", False),
            contradicted_by=tuple(one.get("contradicted_by", ())),
            duties={
                place: Duty(Level(duty["level"]), duty["cites"], duty.get("if"), duty.get("from"))
                for place, duty in one["duties"].items()
            },
        )
        for one in _table()["field"]
    )


@cache
def _words(part: str, kind: str, locale: str) -> frozenset[str]:
    return frozenset(word.casefold() for word in _table()[part][kind].get(locale, ()))


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((files("hub") / "linter.toml").read_text(encoding="utf-8"))
