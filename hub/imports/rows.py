"""One row of a file, understood: what it says of one customer, or every reason why it cannot be used."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

import orjson

from hub.errors import Refusal
from hub.imports import values
from hub.imports.mapping import PROFILE, STOPS, Column
from hub.imports.reading import Record
from hub.imports.terms import Consent, Terms, Version, collected_at
from hub.imports.values import Unclear
from hub.keyring import Use
from hub.policy.values import Jurisdiction, Relationship
from hub.standings import AgeBand
from hub.vault import Blind, Vault

Place = tuple[UUID, str]
_CHANNELS: Final[dict[str, tuple[str, tuple[str | None, ...]]]] = {
    "opt_out": ("MARKETING", (None,)),
    "opt_out_email": ("MARKETING", ("EMAIL",)),
    "opt_out_sms": ("MARKETING", ("SMS",)),
    "opt_out_phone": ("MARKETING", ("PHONE", "AUTO_CALL")),
    "opt_out_post": ("MARKETING", ("POST",)),
    "opt_out_sharing": ("SHARING", (None,)),
}
_ADULT, _MAJOR_BAND, _YOUNGEST = 18, 16, 13


@dataclass(frozen=True, slots=True)
class Stop:
    """An opt-out: of MARKETING on a channel (None: all), or of SHARING. at: when, if the file tells."""

    kind: str
    channel: str | None
    at: datetime | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Row:
    """What a row says. digest: the same for a row that says the same under the same terms, in any file."""

    line: int
    digest: bytes
    external: Blind | None
    emails: tuple[Blind, ...]
    phones: tuple[Blind, ...]
    values: Mapping[Place, str]
    jurisdiction: str
    relationship: Relationship | None
    locale: str | None
    age: AgeBand | None
    joined_at: datetime | None
    version: Version | None
    stops: tuple[Stop, ...]
    consents: tuple[tuple[Consent, datetime | None], ...]

    @property
    def identifiers(self) -> tuple[tuple[str, Blind], ...]:
        """Emails and phones with their kind."""
        return (*(("EMAIL", one) for one in self.emails), *(("PHONE", one) for one in self.phones))


class Draft:
    """The cells of one row by field, and what is wrong with them."""

    __slots__ = ("cells", "reasons")

    def __init__(self) -> None:
        self.cells: dict[str, list[tuple[str, str]]] = {}
        self.reasons: list[str] = []

    def one(self, field: str) -> str:
        """The cell of a field; empty where there is none."""
        found = self.cells.get(field)
        return found[0][1] if found else ""

    def each(self, field: str, read: Callable[[str], values.Read]) -> "list[values.Read]":
        """Read every cell of a field, noting the reasons of those that cannot be."""
        made: list[values.Read] = []
        for header, cell in self.cells.get(field, ()):
            try:
                made.append(read(cell))
            except Unclear as unclear:
                self.reasons.append(f"{header}: {unclear}")
            except Refusal as refusal:
                self.reasons.append(f"{header}: {refusal.message}")
        return made

    def first(self, field: str, read: Callable[[str], values.Read]) -> "values.Read | None":
        """Read the only cell of a field."""
        made = self.each(field, read)
        return made[0] if made else None


class Reader:
    """Understands records under terms. now: the instant of the import, before which everything in it happened."""

    def __init__(self, vault: Vault, terms: Terms, columns: Sequence[Column], now: datetime) -> None:
        self._vault, self._terms, self._now = vault, terms, now
        self._width = len(columns)
        spoken = {one.said.column for one in terms.consents} | {one.said.on for one in terms.consents}
        self._columns = [
            (column.place, column.header, column.meaning or f"column:{column.header}")
            for column in columns
            if column.meaning is not None or column.header in spoken
        ]
        self._meanings = {column.meaning for column in columns}
        self._places = self._profile_places()

    def read(self, record: Record) -> Row | list[str]:
        """Understand a record; returns the reasons where it cannot be used."""
        if record.fault:
            return [record.fault]
        draft = self._draft(record)
        if draft.reasons:
            return draft.reasons
        row = self._row(record.line, draft)
        return draft.reasons or row

    def _draft(self, record: Record) -> Draft:
        draft, cells = Draft(), record.cells
        if len(cells) < self._width or any(cell.strip() for cell in cells[self._width :]):
            draft.reasons.append(f"has {len(cells)} cells where the header has {self._width}")
            return draft
        for place, header, meaning in self._columns:
            cell = cells[place]
            if not cell or cell.isspace():
                continue
            try:
                said = values.clean(cell)
            except Unclear as unclear:
                draft.reasons.append(f"{header}: {unclear}")
                continue
            if len(said) > values.VALUE_CHARACTERS:
                draft.reasons.append(f"{header}: is longer than {values.VALUE_CHARACTERS} characters")
            elif said:
                draft.cells.setdefault(meaning, []).append((header, said))
        return draft

    def _row(self, line: int, draft: Draft) -> Row:
        own, now, order = self._terms.said.values, self._now, self._terms.options.dates
        country = draft.first("country", lambda cell: values.country(cell, own.get("country", {})))
        external = draft.first("external_id", self._external)
        emails, phones = self._emails(draft), self._phones(draft, country)
        if external is None and not emails and not phones and not draft.reasons:
            draft.reasons.append("has no id, email or phone: nobody could be found again by it")
        born_on = draft.first("born_on", lambda cell: values.day(cell, order, now))
        relationship, left = self._status(draft)
        joined_at, is_told = self._joined(draft)
        stops, consents = (*self._stops(draft), *left), self._consents(draft)
        found = {
            "values": self._values(draft, country, born_on),
            "jurisdiction": self._jurisdiction(draft, country) or "",
            "relationship": relationship,
            "locale": draft.first("locale", lambda cell: self._language(cell)),
            "stops": stops,
            "consents": consents,
        }
        version = self._version(draft, joined_at)
        content = [external, *emails, *phones]
        digest = self._digest(
            [one.normalised for one in content if one], found, joined_at if is_told else None
        )
        return Row(
            line=line, digest=digest, external=external, emails=emails, phones=phones, joined_at=joined_at,
            version=version, age=_age(born_on, now.date()), **found,
        )  # fmt: skip

    def _external(self, cell: str) -> Blind:
        return self._vault.blind_external(self._terms.options.system or "", cell)

    def _emails(self, draft: Draft) -> tuple[Blind, ...]:
        several = [
            (header, part.strip())
            for header, cell in draft.cells.get("email", ())
            for part in cell.replace(",", ";").split(";")
        ]
        draft.cells["email"] = [
            (header, part) for header, part in several if part.casefold() not in values.NOTHING and part
        ]
        return _distinct(draft.each("email", self._vault.blind_email))

    def _phones(self, draft: Draft, country: str | None) -> tuple[Blind, ...]:
        cells = draft.cells.get("phone")
        if not cells:
            return ()
        draft.cells["phone"] = [
            (header, cell) for header, cell in cells if cell.casefold() not in values.NOTHING
        ]
        region = country or self._terms.options.region
        return _distinct(
            draft.each("phone", lambda cell: self._vault.blind_phone(values.number(cell), region))
        )

    def _language(self, cell: str) -> str:
        own = self._terms.said.values.get("locale", {})
        return values.language(own.get(cell.casefold(), cell))

    def _jurisdiction(self, draft: Draft, country: str | None) -> str | None:
        said = draft.first("jurisdiction", _said_jurisdiction)
        if said or draft.reasons:
            return said
        if country is None:
            if self._terms.options.jurisdiction is None:
                draft.reasons.append("has no country, and no --jurisdiction was said")
            return self._terms.options.jurisdiction
        return draft.first("country", lambda _: values.jurisdiction(country, draft.one("state")))

    def _status(self, draft: Draft) -> tuple[Relationship | None, tuple[Stop, ...]]:
        own = self._terms.said.values.get("status", {})
        word = draft.one("status").casefold()
        if not word:
            return None, ()
        word = own.get(word, word).casefold()
        if word in values.LEFT:
            return None, (Stop("MARKETING", "EMAIL"),)
        return draft.first("status", lambda _: values.status(word)), ()

    def _joined(self, draft: Draft) -> tuple[datetime | None, bool]:
        order = self._terms.options.dates
        joined_at = draft.first("joined_on", lambda cell: values.moment(cell, order, self._now))
        if joined_at is not None:
            return joined_at, True
        on = self._terms.options.collected_on
        if on is None and self._terms.versions and not draft.cells.get("joined_on"):
            draft.reasons.append("does not say when the notice was shown, and no --collected-on was said")
        return (min(collected_at(on), self._now) if on else None), False

    def _version(self, draft: Draft, joined_at: datetime | None) -> Version | None:
        if not self._terms.versions or joined_at is None:
            return None
        version = self._terms.version_at(joined_at)
        if version is None and not self._terms.is_by_day:
            draft.reasons.append(
                "came in before the notice version was published: give --notice the notice's key, for the version in "
                "force on each day"
            )
        return version

    def _stops(self, draft: Draft) -> list[Stop]:
        order, own = self._terms.options.dates, self._terms.said.values.get("opt_out", {})
        stopped_at = draft.first("opted_out_on", lambda cell: values.moment(cell, order, self._now))

        def read(cell: str) -> tuple[bool, datetime | None]:
            try:
                return values.is_yes(cell, own), stopped_at
            except Unclear:
                return True, self._as_day(cell)

        stops: list[Stop] = []
        for field in STOPS:
            for is_stopped, at in draft.each(field, read):
                kind, channels = _CHANNELS[field]
                stops += [Stop(kind, channel, at) for channel in channels if is_stopped]
        if stopped_at and self._meanings.isdisjoint({*STOPS, "status"}):
            stops.append(Stop("MARKETING", None, stopped_at))
        return list(dict.fromkeys(stops))

    def _as_day(self, cell: str) -> datetime:
        try:
            return values.moment(cell, self._terms.options.dates, self._now)
        except Unclear:
            raise Unclear("is neither yes, no nor a day: give the word a meaning in a mapping file") from None

    def _consents(self, draft: Draft) -> tuple[tuple[Consent, datetime | None], ...]:
        order = self._terms.options.dates
        given: list[tuple[Consent, datetime | None]] = []
        for consent in self._terms.consents:
            if draft.one(f"column:{consent.said.column}").casefold() in consent.said.given:
                at = draft.first(
                    f"column:{consent.said.on}", lambda cell: values.moment(cell, order, self._now)
                )
                given.append((consent, at))
        return tuple(given)

    def _values(self, draft: Draft, country: str | None, born_on: date | None) -> dict[Place, str]:
        made = {place: draft.one(field) for field, place in self._places.items() if field in draft.cells}
        if country and "country" in self._places:
            made[self._places["country"]] = country
        if born_on and "born_on" in self._places:
            made[self._places["born_on"]] = born_on.isoformat()
        return made

    def _profile_places(self) -> dict[str, Place]:
        known = self._terms.categories
        places = {field: (known[category], name) for field, (category, name) in PROFILE.items()}
        for meaning in self._meanings:
            if meaning and "." in meaning:
                category, _, name = meaning.partition(".")
                places[meaning] = (known[category], name)
        return {field: place for field, place in places.items() if field in self._meanings}

    def _digest(
        self, identifiers: Sequence[str], found: Mapping[str, object], joined_at: datetime | None
    ) -> bytes:
        """Hash what the row says, but not what was filled in from the clock."""
        told = {
            name: str(value)
            for name, value in found.items()
            if name in {"jurisdiction", "relationship", "locale"}
        }
        kept: dict[Place, str] = found["values"]  # pyright: ignore[reportAssignmentType] -- as built above
        content = [
            sorted(identifiers),
            told,
            sorted([str(category), name, text] for (category, name), text in kept.items()),
            [[stop.kind, stop.channel, _day(stop.at)] for stop in found["stops"]],  # pyright: ignore
            [[one.said.column, _day(at)] for one, at in found["consents"]],  # pyright: ignore
            _day(joined_at),
        ]
        return self._vault.mac(Use.INDEX, "import_row", self._terms.signature, orjson.dumps(content))


def _day(at: datetime | None) -> str | None:
    return at.date().isoformat() if at else None


def _said_jurisdiction(cell: str) -> Jurisdiction:
    try:
        return Jurisdiction({"GB": "UK"}.get(cell.upper(), cell.upper()))
    except ValueError:
        raise Unclear("is none of " + ", ".join(Jurisdiction)) from None


def _distinct(blinds: Sequence[Blind]) -> tuple[Blind, ...]:
    return tuple({blind.digest: blind for blind in blinds}.values())


def _age(born_on: date | None, today: date) -> AgeBand | None:
    """The age band of a minor; None for adults and for those of whom nothing is known."""
    if born_on is None:
        return None
    years = today.year - born_on.year - ((today.month, today.day) < (born_on.month, born_on.day))
    if years >= _ADULT:
        return None
    if years < _YOUNGEST:
        return AgeBand.UNDER_13
    return AgeBand.AGE_16_17 if years >= _MAJOR_BAND else AgeBand(f"AGE_{years}")
