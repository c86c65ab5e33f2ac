"""The pages of a copy: what a person reads first, in their language, with no script and nothing from outside.

Whatever the data hold is text: escaped, under a policy that lets only our own style in, by its digest.
"""

import base64
import hashlib
import html
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final, cast

import orjson
from babel import Locale
from babel.dates import format_date, format_datetime
from jinja2 import Environment

from hub.packaging.context import Context, Topic
from hub.packaging.cutting import Content, Sheet
from hub.policy.values import Jurisdiction, ProfileEffect
from hub.rights import remains, untouched
from hub.rights.copying import SYSTEM
from hub.rights.law import PLACES, RIGHTS
from hub.rights.outcomes import LEFT_OUT, Operation, Step
from hub.rights.parts import upwards
from hub.rights.requests import Request
from hub.texts import LANGUAGES, templates

FOLDER: Final = Path(__file__).parent
CELL_CHARACTERS: Final = 2_000
DAYS: Final = "d MMMM y"
INSTANTS: Final = "d MMMM y, HH:mm z"
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_MARK: Final = "\0"
_UNFIT: Final = re.compile("[^a-z0-9]+")
SECTIONS: Final = (
    "held", "categories", "purposes", "departments", "sources", "recipients", "transfers", "retention", "automated",
    "left-out", "rights", "complain", "files",
)  # fmt: skip
REQUIRED: Final[Mapping[str, Any]] = tomllib.loads((FOLDER / "answer.toml").read_text(encoding="utf-8"))
"""Which sections an answer must have, by jurisdiction, and where that stands."""
WORDS: Final[Mapping[str, dict[str, Any]]] = {
    each: tomllib.loads((FOLDER / "words" / f"{each}.toml").read_text(encoding="utf-8")) for each in LANGUAGES
}
_STYLE: Final = (FOLDER / "package.css").read_text(encoding="utf-8")
_STYLE_HASH: Final = "sha256-" + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()


@dataclass(frozen=True, slots=True)
class Line:
    """A collection as the first page lists it."""

    number: int
    title: str
    system: str
    rows: int


class Pages:
    """Makes the pages of one copy."""

    def __init__(self, request: Request, language: str, made_at: datetime, topics: Sequence[Topic]) -> None:
        self.request, self.language, self.made_at = request, language, made_at
        self.words = WORDS[language]
        self._names = {each.key: each.name for each in topics}
        self._engine = _engine(language)

    def index(self, context: Context, content: Content, steps: Sequence[Step]) -> str:
        """The first page."""
        names = {each.fideslang: each.name for each in reversed(context.topics)}
        topics = self._by_topic(content, names)
        places = [Jurisdiction(each) for each in self.request.jurisdictions]
        return self._render(
            "index.html",
            context=context,
            sections=SECTIONS,
            topics=topics,
            kinds=[each for each, _ in topics if each != self.words["other_topic"]],
            teams=_teams(context),
            abroad=[
                each
                for each in context.receivers
                if each.how in {"AGREED", "TRADED"} and each.country != context.country
            ],
            sold=any(each.how in {"SOLD", "TRADED"} for each in context.receivers),
            machine=[each for each in context.uses if each.effect != ProfileEffect.NONE],
            missing=self._missing(content, steps),
            rights=_rights(places),
            regulators=_regulators(places, self.request),
            places=self.words["places"],
            files=self._files(content),
            made_on=format_date(self.made_at, DAYS, locale=self.language),
        )

    def page(self, sheet: Sheet, page: int, rows: Sequence[Mapping[str, Any]]) -> str:
        """A page of one collection's rows."""
        is_own = sheet.shape.collection.startswith(f"{SYSTEM}.")
        named = {name: self.field(name, is_own=is_own) for name in sheet.shape.fields}
        shown = [
            [(named[name], self._cell(sheet, value, is_own=is_own)) for name, value in row.items()]
            for row in rows
        ]
        title = self.title(sheet.shape.collection)
        listed = _listing(self.language)(
            title, self.system(sheet), sheet.rows, page, sheet.pages, sheet.number, shown
        )
        before, between, after = self._frame
        return f"{before}{html.escape(title)}{between}{listed}{after}"

    @cached_property
    def _frame(self) -> Sequence[str]:
        """What is around the title and the rows of each page, the same for all pages of a copy."""
        return self._render("frame.html", mark=_MARK).split(_MARK)

    def title(self, collection: str) -> str:
        """What people call a collection."""
        system, _, name = collection.partition(".")
        if system != SYSTEM:
            return name.replace("_", " ")
        kind, _, rest = name.partition(".")
        own: str = self.words["own"].get(kind, kind)
        return own.format(topic=self._names.get(rest, rest))

    def system(self, sheet: Sheet) -> str:
        """Whose it is."""
        return sheet.part.system

    def field(self, name: str, *, is_own: bool = False) -> str:
        """What people call a field; those of the hub's own have a name in each language."""
        plain = name.replace("_", " ")
        return self.words["fields"].get(name, plain) if is_own else plain

    def _cell(self, sheet: Sheet, value: Any, *, is_own: bool) -> str:
        text = said(value, self.words)
        if is_own and _INSTANT.fullmatch(text):
            return format_datetime(datetime.fromisoformat(text), INSTANTS, locale=self.language)
        if len(text) <= CELL_CHARACTERS:
            return text
        return text[:CELL_CHARACTERS] + self.words["shortened"].format(file=csv_name(sheet))

    def _by_topic(self, content: Content, names: Mapping[str, str]) -> list[tuple[str, list[Line]]]:
        found: dict[str, list[Line]] = {}
        for sheet in content.sheets:
            line = Line(sheet.number, self.title(sheet.shape.collection), self.system(sheet), sheet.rows)
            for topic in _topics(sheet, names) or [self.words["other_topic"]]:
                found.setdefault(topic, []).append(line)
        other = self.words["other_topic"]
        return sorted(found.items(), key=lambda each: (each[0] == other, each[0]))

    def _missing(self, content: Content, steps: Sequence[Step]) -> list[tuple[str, str]]:
        words = self.words
        cut = [(self._what(each), words["reasons"][each.reason]) for _, each in content.cuts]
        never = [
            (f"{self.title(place)}: {self.field(name)}", words["withheld"])
            for place, name in content.withheld
        ]
        unasked = [(self.title(each), words["not_asked"]) for each in content.unasked]
        left = [
            remains.left_in_words(remains.left_out(each), self.language)
            for each in steps
            if each.state in LEFT_OUT and each.operation is Operation.EXPORT
        ]
        closed = [
            (f"{each.system}: {each.what}", words["unreached"])
            for each in untouched.of([step for step in steps if step.operation is Operation.EXPORT])
        ]
        return [*cut, *never, *unasked, *left, *closed]

    def _what(self, cut: Any) -> str:
        if cut.collection is None:
            return str(self.words["whole_file"])
        what = [self.title(cut.collection)]
        if cut.field:
            what.append(self.field(cut.field))
        if cut.first_row:
            what.append(self.words["row_part"].format(first=cut.first_row, last=cut.last_row))
        return ", ".join(what)

    def _files(self, content: Content) -> list[tuple[str, str, str]]:
        tables = [(csv_name(each), self.title(each.shape.collection), "csv") for each in content.sheets]
        return tables + [(file_name(place, each.name or ""), each.name or "", "attached")
                         for place, each in enumerate(content.files, 1)]  # fmt: skip

    def _render(self, template: str, **given: Any) -> str:
        return self._engine.get_template(template).render(
            language=self.language, direction="rtl" if self.language == "ar" else "ltr",
            reference=self.request.reference, style=_STYLE, style_hash=_STYLE_HASH, **given,
        )  # fmt: skip


def said(value: Any, words: Mapping[str, Any]) -> str:
    """A value as people read it."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(words["yes"] if value else words["no"])
    return orjson.dumps(value, default=str).decode()


def csv_name(sheet: Sheet) -> str:
    """Where a collection's table is in the archive."""
    return f"tables/{sheet.number}-{_slug(sheet.shape.collection)}.csv"


def file_name(number: int, name: str) -> str:
    """Where an added file is in the archive."""
    stem, dot, ending = name.rpartition(".")
    return f"files/{number}-{_slug(stem if dot else name)}{dot}{_slug(ending) if dot else ''}"


def _slug(text: str) -> str:
    return _UNFIT.sub("-", text.lower()).strip("-")[:60] or "x"


def _topics(sheet: Sheet, names: Mapping[str, str]) -> list[str]:
    """The topics of a collection: of each field's categories the nearest that has a name."""
    fields = set(sheet.fields)
    categories = {each for name, those in sheet.shape.fields.items() if name in fields for each in those}
    near = (next((key for key in upwards(each) if key in names), None) for each in sorted(categories))
    return list(dict.fromkeys(names[each] for each in near if each))


def _teams(context: Context) -> list[tuple[str, list[str]]]:
    found: dict[str, list[str]] = {}
    for purpose in context.purposes:
        for team in purpose.departments:
            found.setdefault(team, []).append(purpose.name)
    return sorted(found.items())


def _rights(places: Sequence[Jurisdiction]) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    for (place, kind), right in RIGHTS.items():
        if place in places and right.is_offered:
            found.setdefault(kind, right.standing)
    return list(found.items())


def _regulators(places: Sequence[Jurisdiction], request: Request) -> list[Any]:
    return [each for place in places for each in PLACES[place].regulators_for(request.kind)]


@cache
def _engine(language: str) -> Environment:
    """The templates of a language: compiled once, as a package needs them for a few milliseconds only."""
    engine, countries = templates(FOLDER), cast("Mapping[str, str]", Locale(language).territories)

    def fill(text: str, **given: object) -> str:
        return text.format(**given)

    def day(at: datetime) -> str:
        return format_date(at, DAYS, locale=language)

    def country(code: str) -> str:
        return countries.get(code, code)

    engine.filters.update(fill=fill, day=day, country=country)
    known: dict[str, Any] = engine.globals
    known["words"] = WORDS[language]
    return engine


@cache
def _listing(language: str) -> Callable[..., str]:
    """What lists rows on a page, without the page around it: a copy has many pages, and few rows on most."""
    return cast("Any", _engine(language).get_template("rows.html").module).listed
