"""What a cell says: text made safe, yes or no, days, countries, languages, statuses.

Whatever is not understood is refused with a reason that never repeats the cell.
"""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import cache
from importlib.resources import files
from typing import Any, Final, TypeVar, cast

from babel import Locale
from babel.core import get_global

from hub.policy.values import Jurisdiction, Relationship
from hub.spreadsheets import unguard

VALUE_CHARACTERS: Final = 4_000
EARLIEST_YEAR: Final = 1900
LANGUAGES: Final = ("en", "fr", "de", "ar")
_EU: Final = frozenset({
    "AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE", "IT", "LV", "LT",
    "LU", "MT", "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE", "AX", "GP", "GF", "MQ", "RE", "YT", "MF",
})  # fmt: skip
_AT_HOME: Final = {"AU": "AU", "CX": "AU", "CC": "AU", "NF": "AU", "GB": "UK", "ZA": "ZA", "MA": "MA"}
_ISO = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?)?"
)
_SLASHED = re.compile(
    r"(\d{1,2})([/.-])(\d{1,2})\2(\d{2}|\d{4})(?:,?\s+(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?\s*([AaPp]\.?[Mm]\.?)?)?"
)
_NAMED = re.compile(
    r"(\d{1,2})[ -]([A-Za-zéû]{3,9})\.?,?[ -](\d{4})|([A-Za-zéû]{3,9})\.? (\d{1,2}),? (\d{4})"
)
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SPOILT = re.compile(r"\d+(?:[.,]\d+)?[eE]\+\d+")
_TAG = re.compile(r"[a-zA-Z]{2,3}([-_][a-zA-Z0-9]{2,8})*")
_HARMLESS = {ord(mark): None for mark in "\u200b\u200e\u200f\u061c\ufeff\u00ad"}
_JOINERS = frozenset("\u200c\u200d")


Read = TypeVar("Read")


class Unclear(ValueError):
    """A cell that cannot be accepted; the text says why, without repeating it."""


@dataclass(frozen=True, slots=True)
class Words:
    """What words.toml says: words by meaning, and the meaning of words."""

    yes: frozenset[str]
    no: frozenset[str]
    nothing: frozenset[str]
    left: frozenset[str]
    california: frozenset[str]
    statuses: Mapping[str, Relationship]
    countries: Mapping[str, str]


@cache
def words() -> Words:
    """Read words.toml, once."""
    raw: dict[str, Any] = tomllib.loads((files("hub.imports") / "words.toml").read_text(encoding="utf-8"))
    statuses = {word: Relationship(name) for name, several in raw["statuses"].items() for word in several}
    countries = {word: code for code, several in raw["countries"].items() for word in several}
    lists = {name: frozenset(raw[name]) for name in ("yes", "no", "nothing", "left", "california")}
    return Words(**lists, statuses=statuses, countries=countries)


def clean(cell: str) -> str:
    """Make a cell plain text on one line: guards undone, trimmed, NFC; Unclear where it hides characters."""
    said = unguard(cell.strip())
    if said.isascii() and said.isprintable():
        return said
    said = unicodedata.normalize("NFC", " ".join(said.translate(_HARMLESS).split()))
    for letter in said:
        if not letter.isprintable() and letter not in _JOINERS:
            raise Unclear(_hidden(letter))
    return said


def _hidden(letter: str) -> str:
    if letter == "\0":
        return "holds a NUL character"
    if "\ud800" <= letter <= "\udfff":
        return "holds bytes that do not fit the file's encoding"
    if unicodedata.category(letter) == "Cf":
        return "holds a character that hides or turns round what is written"
    return "holds a control character"


def is_yes(cell: str, own: Mapping[str, str] = {}) -> bool:
    """Read yes or no, as the words of an opt-out; Unclear for anything else."""
    word = cell.casefold()
    word = own.get(word, word).casefold()
    if word in words().yes:
        return True
    if word in words().no:
        return False
    raise Unclear("is neither yes nor no: give the word a meaning in a mapping file")


def moment(cell: str, order: str | None, now: datetime) -> datetime:
    """Read a day, or a day and time.

    A bare day is noon UTC, which is that day everywhere; never after `now`.
    """
    read = _read_moment(cell, order)
    if read.year < EARLIEST_YEAR:
        raise Unclear(f"lies before {EARLIEST_YEAR}")
    if read > now:
        if read.date() > now.date() + timedelta(days=1):
            raise Unclear("lies in the future")
        return now
    return read


def _read_moment(cell: str, order: str | None) -> datetime:
    try:
        if found := _ISO.fullmatch(cell):
            year, month, on, hour, minute, second, zone = found.groups()
            return _at(date(int(year), int(month), int(on)), (hour, minute, second), zone)
        if found := _SLASHED.fullmatch(cell):
            first, mark, second, year, hour, minute, seconds, half = found.groups()
            on = _ordered(int(first), int(second), mark, year, order)
            return _at(on, (_of_day(hour, half), minute, seconds), None)
        if found := _NAMED.fullmatch(cell):
            on, name, year = found.group(1, 2, 3) if found[1] else found.group(5, 4, 6)
            return _at(date(int(year), _months()[name.casefold()], int(on)), (None, None, None), None)
    except (ValueError, KeyError) as error:
        if isinstance(error, Unclear):
            raise
        raise Unclear("is no day of the calendar") from None
    raise Unclear("is not a day: write it as 2026-11-22")


def _ordered(first: int, second: int, mark: str, year: str, order: str | None) -> date:
    if len(year) != len("2026"):
        raise Unclear("has a year of two digits: write four")
    most = 12
    if mark == "." and order is None:
        order = "day-first"
    if order is None and first <= most and second <= most and first != second:
        raise Unclear("is ambiguous: say --dates day-first or --dates month-first")
    is_month_first = order == "month-first" or (order is None and second > most)
    return date(int(year), first, second) if is_month_first else date(int(year), second, first)


def _of_day(hour: str | None, half: str | None) -> str | None:
    if hour is None or half is None:
        return hour
    return str(int(hour) % 12 + (12 if half[0] in "pP" else 0))


def _at(on: date, clock: tuple[str | None, str | None, str | None], zone: str | None) -> datetime:
    hour, minute, second = clock
    if hour is None:
        return datetime.combine(on, time(12), UTC)
    offset = UTC
    if zone and zone not in {"Z", "UTC"}:
        span = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
        offset = timezone(-span if zone[0] == "-" else span)
    return datetime.combine(on, time(int(hour), int(minute or 0), int(second or 0)), offset).astimezone(UTC)


@cache
def _months() -> dict[str, int]:
    known = {name: number for number, name in enumerate(_MONTHS, 1)}
    for language in ("en", "fr", "de"):
        names = Locale.parse(language).months["format"]
        for width in ("wide", "abbreviated"):
            known |= {name.casefold().rstrip("."): number for number, name in names[width].items()}
    return known


def country(cell: str, own: Mapping[str, str] = {}) -> str:
    """Read a country: its ISO 3166 code (letters or digits) or its name in one of our languages."""
    word = cell.casefold()
    word = own.get(word, word)
    found = _countries().get(word.casefold())
    if found is None:
        raise Unclear("is not a country that we know: use its ISO 3166 code")
    return found


def jurisdiction(code: str, state: str) -> str:
    """Tell whose law protects somebody who lives there; Unclear where we have no rules for it."""
    if code in _AT_HOME:
        return _AT_HOME[code]
    if code in _EU:
        return Jurisdiction.EU
    if code == "US":
        if state.casefold().strip(" .") in words().california:
            return Jurisdiction.US_CA
        raise Unclear("is in the United States but the state is not California: there are no rules for it")
    raise Unclear("is a country for which there are no rules")


@cache
def _countries() -> dict[str, str]:
    aliases = cast("Mapping[str, list[str]]", get_global("territory_aliases"))
    codes = {code for code in _names("en", "territories") if len(code) == len("AU") and code.isalpha()}
    found = {code.casefold(): code for code in codes}
    found |= {alias.casefold(): new[0] for alias, new in aliases.items() if len(new) == 1 and new[0] in codes}
    for language in LANGUAGES:
        names = _names(language, "territories")
        found |= {names[code].casefold(): code for code in codes if code in names}
    return {**found, **words().countries}


def _names(language: str, what: str) -> Mapping[str, str]:
    return cast("Mapping[str, str]", getattr(Locale.parse(language), what))


def language(cell: str) -> str:
    """Read a language: a tag of BCP 47, or its name in one of our languages."""
    if found := _languages().get(cell.casefold().split("(")[0].strip()):
        return found
    if _TAG.fullmatch(cell) and re.split("[-_]", cell)[0].casefold() in _names("en", "languages"):
        return cell.replace("_", "-")
    raise Unclear("is not a language: use a tag such as en-AU or fr")


@cache
def _languages() -> dict[str, str]:
    return {
        name.casefold(): code
        for language in LANGUAGES
        for code, name in _names(language, "languages").items()
        if len(code) == len("en")  # the languages people name, not their dialects
    }


def status(word: str) -> Relationship:
    """Read how a customer stands, from a word of ours or of a CRM's."""
    if word.upper() in Relationship.__members__:
        return Relationship[word.upper()]
    if word in words().statuses:
        return words().statuses[word]
    raise Unclear("is a status that we do not know: give the word a meaning in a mapping file")


def number(cell: str) -> str:
    """Refuse a phone number that a spreadsheet has turned into a quantity."""
    if _SPOILT.fullmatch(cell):
        raise Unclear("was spoilt by a spreadsheet (as in 6.14E+10): export it again as text")
    return cell
