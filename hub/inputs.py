"""What a person or a program typed, checked once: keys, names, texts per locale, countries, periods.

Each check returns the value to keep, or refuses with INVALID, the path of the input and the remedy. What
PostgreSQL cannot store (NUL, lone surrogates) is refused here, so that it never becomes a failure further in.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import Enum, StrEnum
from functools import cache
from typing import Final, Literal, TypeVar, cast

from babel import Locale

from hub.errors import invalid
from hub.policy.values import Jurisdiction

LOCALES: Final = ("en", "fr", "ar")
NAME_LENGTH: Final = 200
SENTENCE_LENGTH: Final = 500
PARAGRAPH_LENGTH: Final = 5_000
DOCUMENT_LENGTH: Final = 100_000
LIST_LENGTH: Final = 200

Choice = TypeVar("Choice", bound=StrEnum)
Item = TypeVar("Item")

_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_SYSTEM = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_TWO_LETTERS = re.compile(r"[A-Z]{2}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_IRI = re.compile(r"(https://|[a-z][a-z0-9-]*:)[^\s<>\"{}|\\^`]+")
_NOT_A_COUNTRY = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})


class Keep(Enum):
    """Stands for "leave it as it is" where None has a meaning of its own."""

    KEEP = "keep"


KEEP: Final[Literal[Keep.KEEP]] = Keep.KEEP


def key(value: str, *path: str | int) -> str:
    """Check a key: 1 to 63 of a-z, 0-9 and hyphen, not beginning with a hyphen."""
    if _KEY.fullmatch(value):
        return value
    raise invalid(
        "A key is 1 to 63 lower-case letters, digits and hyphens, and does not begin with a hyphen: "
        "for example `referral-mortgage`.",
        *path,
    )


def system(value: str, *path: str | int) -> str:
    """Check the name of another system, such as Salesforce: 1 to 63 of a-z, 0-9 and . _ -, made lower case."""
    said = fold(value)
    if _SYSTEM.fullmatch(said):
        return said
    raise invalid(
        "A system is named by 1 to 63 letters (a to z), digits, dots, underscores and hyphens, beginning with a "
        "letter or digit: for example `salesforce`.",
        *path,
    )


def fold(value: str) -> str:
    """Bring a system's name to its one spelling, whether or not it may be one."""
    return value.strip().casefold()


def line(value: str, *path: str | int, most: int = NAME_LENGTH) -> str:
    """Check one line of text, trimmed: not empty, at most `most` characters, no control characters."""
    said = text(value, *path, most=most)
    if any(unicodedata.category(letter) in {"Cc", "Zl", "Zp"} for letter in said):
        raise invalid("Write this on one line, without control characters.", *path)
    return said


def text(value: str, *path: str | int, most: int = PARAGRAPH_LENGTH, empty: bool = False) -> str:
    """Check a text of any number of lines, trimmed: at most `most` characters; `empty` allows none."""
    said = unicodedata.normalize("NFC", value.strip())
    if not said and not empty:
        raise invalid("This must not be empty.", *path)
    if len(said) > most:
        raise invalid(f"This has {len(said)} characters; at most {most} fit here.", *path)
    if not storable(said):
        raise invalid("This holds characters that are not text (NUL, or half a surrogate pair).", *path)
    return said


def storable(value: str) -> bool:
    """Tell whether PostgreSQL can hold this text, or be asked for it."""
    return "\0" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)


def texts(values: Mapping[str, str], *path: str | int, most: int = SENTENCE_LENGTH) -> dict[str, str]:
    """Check a text per locale: one at least, each in a locale we speak, none empty."""
    if not values:
        raise invalid(f"Give this in one language at least: {', '.join(LOCALES)}.", *path)
    return {locale(name, *path): text(value, *path, name, most=most) for name, value in values.items()}


def locale(value: str, *path: str | int) -> str:
    """Check a locale: one of en, fr, ar."""
    if value in LOCALES:
        return value
    raise invalid(f"The languages are {', '.join(LOCALES)}.", *path)


def country(value: str, *path: str | int) -> str:
    """Check a country: two letters of ISO 3166-1, such as AU; upper case is made of lower."""
    said = value.strip().upper()
    if said == "UK":
        raise invalid("The United Kingdom's country code is GB (ISO 3166-1).", *path)
    if said in _countries():
        return said
    raise invalid("This is not a country: use the two letters of ISO 3166-1, such as AU, GB or ZA.", *path)


@cache
def _countries() -> frozenset[str]:
    known = cast("Iterable[str]", Locale.parse("en").territories)
    return frozenset(code for code in known if _TWO_LETTERS.fullmatch(code)) - _NOT_A_COUNTRY


def jurisdictions(values: Iterable[str], *path: str | int) -> list[str]:
    """Check a set of jurisdictions: one at least; returned in the order of the law's own list, once each."""
    said = {choice(Jurisdiction, value, *path) for value in values}
    if not said:
        raise invalid("Name one jurisdiction at least: " + ", ".join(Jurisdiction) + ".", *path)
    return [str(one) for one in Jurisdiction if one in said]


def choice(kind: type[Choice], value: str, *path: str | int) -> Choice:
    """Check one of an enumeration's values."""
    try:
        return kind(value)
    except ValueError:
        raise invalid("This must be one of: " + ", ".join(kind) + ".", *path) from None


def sha256(value: str, *path: str | int) -> str:
    """Check a SHA-256 in hexadecimal; lower case is made of upper."""
    said = value.strip().lower()
    if _SHA256.fullmatch(said):
        return said
    raise invalid("A SHA-256 has 64 hexadecimal digits (`sha256sum FILE` prints it).", *path)


def iri(value: str, *path: str | int) -> str:
    """Check a term of a vocabulary: `https://...` or `prefix:Name`, at most 300 characters."""
    said = line(value, *path, most=300)
    if _IRI.fullmatch(said):
        return said
    raise invalid("Give the term's IRI, such as https://w3id.org/dpv#DirectMarketing.", *path)


def period(starts_on: date, ends_on: date | None, *path: str | int) -> None:
    """Refuse a period that ends before it begins; both days count, None means open."""
    if ends_on is not None and ends_on < starts_on:
        raise invalid(f"This ends on {ends_on}, before it begins on {starts_on}: correct a day.", *path)


def distinct(values: Iterable[Item], *path: str | int, least: int = 0, most: int = LIST_LENGTH) -> list[Item]:
    """Check a list's length and drop repetitions, keeping the order."""
    kept = list(dict.fromkeys(values))
    if len(kept) < least:
        raise invalid("Name one at least.", *path)
    if len(kept) > most:
        raise invalid(f"These are {len(kept)}; at most {most} fit here.", *path)
    return kept


def unlike(values: Sequence[str], what: str, *path: str | int) -> None:
    """Refuse a list in which something stands twice; the path's end is the place of the second."""
    seen: set[str] = set()
    for place, value in enumerate(values):
        if value in seen:
            raise invalid(f"The {what} `{value}` stands here twice.", *path, place)
        seen.add(value)
