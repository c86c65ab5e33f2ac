"""Which column means what: recognised by its header, or said by a mapping file.

A mapping file is TOML or JSON: a table ``columns`` from header to field, ``values`` for words of one's own,
and ``consents``, each with the wording that people were shown. See docs/import.md.
"""

import json
import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, cast

from hub import inputs, particulars
from hub.errors import invalid

MAPPING_BYTES: Final = 256 * 1024
IGNORE: Final = "ignore"
STOPS: Final = ("opt_out", "opt_out_email", "opt_out_sms", "opt_out_phone", "opt_out_post", "opt_out_sharing")
SEVERAL: Final = frozenset({"email", "phone", *STOPS})
# Where a field's value is kept in the profile; the other fields say how a customer stands, is found or chose.
PROFILE: Final[dict[str, tuple[str, str]]] = {
    "name": ("identity", "name"),
    "given_name": ("identity", "given_name"),
    "family_name": ("identity", "family_name"),
    "title": ("identity", "title"),
    "born_on": ("demographic", "born_on"),
    "gender": ("demographic", "gender"),
    "street": ("contact", "street"),
    "city": ("contact", "city"),
    "postcode": ("contact", "postcode"),
    "state": ("contact", "state"),
    "country": ("contact", "country"),
    "company": ("professional", "company"),
    "job_title": ("professional", "job_title"),
}
FINDABLE: Final = ("external_id", "email", "phone")
VALUED: Final = ("status", "country", "locale", "opt_out")

_OWN_FIELD = re.compile(r"([a-z][a-z-]{0,62})\.([a-z][a-z0-9_]{0,63})")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_NOT_WORD = re.compile(r"[\W_]+")
_TATWEEL = "\u0640"
_ALIKE = str.maketrans("أإآٱىة", "اااايه", _TATWEEL)
_TOP: Final = frozenset({"columns", "values", "consents", "dates"})
_CONSENT_KEYS: Final = frozenset(
    {"column", "purpose", "channel", "recipient", "wording", "given", "grade", "on", "method"}
)


@dataclass(frozen=True, slots=True)
class ConsentColumn:
    """A column of consents to one purpose. given: the words that mean yes. on: the column with the day."""

    column: str
    purpose: str
    wording: str
    given: frozenset[str]
    channel: str | None = None
    recipient: str | None = None
    grade: str = "GIVEN"
    method: str = "IMPORT"
    on: str | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What a mapping file says."""

    columns: Mapping[str, str] = field(default_factory=dict[str, str])
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    consents: Sequence[ConsentColumn] = ()
    dates: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the file: its place, its header, and the field it means (None: it is left out).

    is_said: the mapping file speaks of it. instead: the header that counts for the field this one looks like.
    """

    place: int
    header: str
    meaning: str | None
    is_said: bool = False
    instead: str | None = None


def knows(header: str) -> bool:
    """Whether a header is one of those that exports use."""
    return spell(header) in _headers()


def spell(header: str) -> str:
    """Spell a header as headers.toml does: lower case, words apart, accents and Arabic variants dropped."""
    apart = _HUMP.sub(" ", header.strip().translate(_ALIKE)).replace("ß", "ss")
    plain = "".join(
        letter for letter in unicodedata.normalize("NFKD", apart) if not unicodedata.combining(letter)
    )
    return _NOT_WORD.sub(" ", plain.casefold()).strip()


def match(header: Sequence[str], said: Said) -> list[Column]:
    """Give each column its meaning; Refusal INVALID where two would mean one thing, or none anything."""
    names = [_clean(cell) for cell in header]
    wanted = {spell(name): meaning for name, meaning in said.columns.items()}
    taken = {spell(name) for consent in said.consents for name in (consent.column, consent.on) if name}
    _refuse_absent(
        {*said.columns, *(name for one in said.consents for name in (one.column, one.on) if name)}, names
    )
    columns = [_column(place, name, wanted, taken) for place, name in enumerate(names)]
    _refuse_same(columns, taken)
    kept = _rank(columns)
    _refuse_useless(kept)
    return kept


def load(path: Path | None) -> Said:
    """Read a mapping file; Refusal INVALID names what is wrong in it, and where."""
    if path is None:
        return Said()
    if not path.is_file() or path.stat().st_size > MAPPING_BYTES:
        raise invalid(f"There is no such file, or it has more than {MAPPING_BYTES} bytes.", "mapping")
    raw = _parse(path)
    if unknown := sorted(set(raw) - _TOP):
        raise invalid(f"`{unknown[0]}` means nothing here: use {', '.join(sorted(_TOP))}.", "mapping")
    columns = _texts(raw.get("columns", {}), "columns")
    for name, meaning in columns.items():
        _check_meaning(meaning, name)
    values = raw.get("values", {})
    if not isinstance(values, dict) or not set(cast("dict[str, Any]", values)) <= set(VALUED):
        raise invalid(f"Words of your own can be given for {', '.join(VALUED)}.", "mapping", "values")
    own = {name: _texts(table, "values", name) for name, table in cast("dict[str, Any]", values).items()}
    consents = [_consent(one, place) for place, one in enumerate(raw.get("consents", []))]
    return Said(columns, {name: _folded(table) for name, table in own.items()}, consents, raw.get("dates"))


def _parse(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        return json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        place = f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else "see its syntax"
        raise invalid(
            f"This is not TOML (or JSON, for a name that ends in .json): {place}.", "mapping"
        ) from None


def _texts(table: Any, *path: str) -> dict[str, str]:
    if isinstance(table, dict):
        texts = cast("dict[str, Any]", table)
        if all(isinstance(value, str) for value in texts.values()):
            return texts
    raise invalid("This must be a table of texts.", "mapping", *path)


def _folded(table: Mapping[str, str]) -> dict[str, str]:
    return {word.strip().casefold(): meaning for word, meaning in table.items()}


def _consent(raw: Any, place: int) -> ConsentColumn:
    said = cast("dict[str, Any]", raw) if isinstance(raw, dict) else {}
    if missing := {"column", "purpose", "wording", "given"} - set(said):
        raise invalid(f"A consent needs {', '.join(sorted(missing))}.", "mapping", "consents", place)
    if unknown := sorted(set(said) - _CONSENT_KEYS):
        raise invalid(f"`{unknown[0]}` means nothing here.", "mapping", "consents", place)
    words = said.pop("given")
    several = cast("list[Any]", words) if isinstance(words, list) else [words]
    given = frozenset(str(word).strip().casefold() for word in several)
    texts = _texts(said, "consents", str(place))
    inputs.text(
        texts["wording"], "mapping", "consents", place, "wording", most=particulars.WORDING_CHARACTERS
    )
    return ConsentColumn(given=given, **texts)


def _check_meaning(meaning: str, header: str) -> None:
    if meaning == IGNORE or meaning in fields() or _OWN_FIELD.fullmatch(meaning):
        return
    known = ", ".join(sorted(fields()))
    raise invalid(
        f"`{meaning}` is no field: use one of {known}, `ignore`, or `category.field`: transaction.plan.",
        "mapping", "columns", header,
    )  # fmt: skip


def _column(place: int, name: str, wanted: Mapping[str, str], taken: set[str]) -> Column:
    spelt = spell(name)
    if spelt in wanted:
        meaning = wanted[spelt]
        return Column(place, name, None if meaning == IGNORE else meaning, is_said=True)
    if spelt in taken:
        return Column(place, name, None, is_said=True)
    return Column(place, name, _headers().get(spelt))


def _refuse_absent(said: set[str], names: Sequence[str]) -> None:
    there = {spell(name) for name in names}
    for name in sorted(said):
        if spell(name) not in there:
            raise invalid(f"The file has no column `{name}`: correct the mapping file.", "mapping")


def _refuse_same(columns: Sequence[Column], taken: set[str]) -> None:
    """Refuse a header that stands twice, if it is used."""
    named: dict[str, Column] = {}
    for column in columns:
        spelt = spell(column.header)
        if spelt in named and (column.meaning is not None or spelt in taken):
            raise invalid(
                f"The header `{column.header}` stands in column {named[spelt].place + 1} and again in column "
                f"{column.place + 1}: rename one of them.", "file",
            )  # fmt: skip
        named.setdefault(spelt, column)


def _rank(columns: Sequence[Column]) -> list[Column]:
    """Let one column count for each field: the one that was said, else the one with the usual header."""
    best: dict[str, Column] = {}
    for column in sorted(columns, key=lambda column: (not column.is_said, _usual(column), column.place)):
        if column.meaning is None or column.meaning in SEVERAL:
            continue
        first = best.setdefault(column.meaning, column)
        if (
            first is not column
            and (column.is_said or column.meaning == "external_id")
            and first.is_said == column.is_said
        ):
            raise invalid(
                f"The columns `{first.header}` and `{column.header}` both look like {column.meaning}: say in "
                "a mapping file which one counts, and let the other be `ignore`.", "file",
            )  # fmt: skip
    return [
        replace(column, meaning=None, instead=best[column.meaning].header)
        if column.meaning in best and best[column.meaning] is not column
        else column
        for column in columns
    ]


def _usual(column: Column) -> int:
    return list(_headers()).index(spelt) if (spelt := spell(column.header)) in _headers() else 0


def _refuse_useless(columns: Sequence[Column]) -> None:
    meanings = {column.meaning for column in columns}
    if meanings.isdisjoint(FINDABLE):
        looks = (
            "" if meanings - {None} else " None of its headers is known: does the file begin with a header?"
        )
        raise invalid(
            f"No usable column: a customer needs an id, an email or a phone.{looks} Say with --mapping what "
            "the columns mean.", "file",
        )  # fmt: skip


def _clean(cell: str) -> str:
    name = " ".join(cell.split())
    return "".join(letter for letter in name if letter.isprintable())[: inputs.NAME_LENGTH]


def fields() -> frozenset[str]:
    """Every field that a column can mean, beside `category.field` and `ignore`."""
    return frozenset(_headers().values())


@cache
def _headers() -> dict[str, str]:
    text = (files("hub.imports") / "headers.toml").read_text(encoding="utf-8")
    table = cast("dict[str, list[str]]", tomllib.loads(text))
    return {spell(name): meaning for meaning, names in table.items() for name in names}


__all__ = ["PROFILE", "Column", "ConsentColumn", "Said", "knows", "load", "match", "spell"]
