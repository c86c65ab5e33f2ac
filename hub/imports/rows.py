"""One row of a file, understood: what it says of one customer, or every reason why it cannot be used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final
from uuid import UUID

import orjson

from hub.imports import values
from hub.imports.drafts import Draft
from hub.imports.mapping import PROFILE, STOPS, Column, spell
from hub.imports.reading import Record
from hub.imports.terms import Consent, Terms, Version, collected_at
from hub.imports.values import Unclear
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
    """An opt-out: of MARKETING on a channel (None: all), or of SHARING. at: when, if the file tells.

    since: whoever opted out since then has been told of this one already.
    """

    kind: str
    channel: str | None
    at: datetime | None = None
    since: datetime | None = None


@dataclass(slots=True, repr=False)
class Row:
    """What a row says. digest: the same for a row that says the same under the same terms, in any file."""

    line: int
    external: Blind | None
    emails: tuple[Blind, ...]
    phones: tuple[Blind, ...]
    values: Mapping[Place, str]
    jurisdiction: str
    relationship: Relationship | None
    locale: str | None
    age: AgeBand | None
    joined_at: datetime | None
    stops: tuple[Stop, ...]
    consents: tuple[tuple[Consent, datetime | None], ...]
    version: Version | None = None
    digest: bytes = b""

    @property
    def identifiers(self) -> tuple[tuple[str, Blind], ...]:
        """Emails and phones with their kind."""
        return (*(("EMAIL", one) for one in self.emails), *(("PHONE", one) for one in self.phones))

    @property
    def keys(self) -> tuple[tuple[str, Blind], ...]:
        """Everything by which the customer is found, with its kind."""
        return (*self.identifiers, ("EXTERNAL", self.external)) if self.external else self.identifiers


class Reader:
    """Understands records under terms. now: the instant of the import; all that is in it happened before."""

    def __init__(self, vault: Vault, terms: Terms, columns: Sequence[Column], now: datetime) -> None:
        self._vault, self._terms, self._now = vault, terms, now
        self._width = len(columns)
        self._columns = _used(columns, terms.consents)
        self._meanings = {column.meaning for column in columns}
        self._places = self._profile_places()

    def read(self, record: Record) -> Row | list[str]:
        """Understand a record; returns the reasons where it cannot be used."""
        if record.fault:
            return [record.fault]
        draft = Draft.of(record, self._columns, self._width)
        if draft.reasons:
            return draft.reasons
        row = self._row(record.line, draft)
        return draft.reasons or row

    def _row(self, line: int, draft: Draft) -> Row:
        countries = self._terms.said.values.get("country", {})
        country = draft.first("country", lambda cell: values.country(cell, countries))
        born_on = draft.first("born_on", lambda cell: self._moment(cell).date())
        joined_at = draft.first("joined_on", self._moment)
        relationship, left = self._status(draft)
        row = Row(
            line=line,
            external=draft.first("external_id", self._external),
            emails=self._emails(draft),
            phones=self._phones(draft, country),
            values=self._values(draft, country, born_on),
            jurisdiction=self._jurisdiction(draft, country) or "",
            relationship=relationship,
            locale=draft.first("locale", self._language),
            age=_age(born_on, self._now.date()),
            joined_at=joined_at or self._said_day(draft),
            stops=(*self._stops(draft), *left),
            consents=self._consents(draft),
        )
        row.version = self._version(draft, row.joined_at)
        row.digest = self._digest(row, joined_at)
        if not (row.external or row.emails or row.phones or draft.reasons):
            draft.reasons.append("has no id, email or phone: nobody could be found again by it")
        return row

    def _moment(self, cell: str) -> datetime:
        return values.moment(cell, self._terms.options.dates, self._now)

    def _external(self, cell: str) -> Blind:
        return self._vault.blind_external(self._terms.options.system or "", cell)

    def _emails(self, draft: Draft) -> tuple[Blind, ...]:
        several = [
            (header, part.strip())
            for header, cell in draft.cells.get("email", ())
            for part in cell.replace(",", ";").split(";")
        ]
        draft.cells["email"] = [
            (header, part)
            for header, part in several
            if part.casefold() not in values.words().nothing and part
        ]
        return _distinct(draft.each("email", self._vault.blind_email))

    def _phones(self, draft: Draft, country: str | None) -> tuple[Blind, ...]:
        cells = draft.cells.get("phone")
        if not cells:
            return ()
        draft.cells["phone"] = [
            (header, cell) for header, cell in cells if cell.casefold() not in values.words().nothing
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
        if word in values.words().left:
            return None, (Stop("MARKETING", "EMAIL"),)
        return draft.first("status", lambda _: values.status(word)), ()

    def _said_day(self, draft: Draft) -> datetime | None:
        on = self._terms.options.collected_on
        if on is None and self._terms.versions and "joined_on" not in draft.cells:
            draft.reasons.append("does not say when the notice was shown, and no --collected-on was said")
        return min(collected_at(on), self._now) if on else None

    def _version(self, draft: Draft, joined_at: datetime | None) -> Version | None:
        if not self._terms.versions or joined_at is None:
            return None
        version = self._terms.version_at(joined_at)
        if version is None and not self._terms.is_by_day:
            draft.reasons.append(
                "came in before the notice version was published: give --notice the notice's key, for the "
                "version in force on each day"
            )
        return version

    def _stops(self, draft: Draft) -> list[Stop]:
        own = self._terms.said.values.get("opt_out", {})
        stopped_at = draft.first("opted_out_on", self._moment)

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
            return self._moment(cell)
        except Unclear:
            raise Unclear("is neither yes, no nor a day: give the word a meaning in a mapping file") from None

    def _consents(self, draft: Draft) -> tuple[tuple[Consent, datetime | None], ...]:
        given: list[tuple[Consent, datetime | None]] = []
        for consent in self._terms.consents:
            if draft.one(_spoken(consent.said.column)).casefold() in consent.said.given:
                at = draft.first(_spoken(consent.said.on), self._moment) if consent.said.on else None
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

    def _digest(self, row: Row, joined_at: datetime | None) -> bytes:
        """Hash what the row says, but not what was filled in from the clock."""
        identifiers = [one.normalised for one in (row.external, *row.emails, *row.phones) if one]
        content = [
            sorted(identifiers),
            sorted([str(category), name, text] for (category, name), text in row.values.items()),
            [row.jurisdiction, row.relationship, row.locale, _day(joined_at)],
            [[stop.kind, stop.channel, _day(stop.at)] for stop in row.stops],
            [[consent.said.column, _day(at)] for consent, at in row.consents],
        ]
        return self._vault.steady("import_row", self._terms.signature, orjson.dumps(content))


def _used(columns: Sequence[Column], consents: Sequence[Consent]) -> list[Column]:
    """The columns that mean something, those of consents under a name of their own."""
    spoken = {_spoken(name) for one in consents for name in (one.said.column, one.said.on) if name}
    return [
        column if column.meaning else replace(column, meaning=_spoken(column.header))
        for column in columns
        if column.meaning or _spoken(column.header) in spoken
    ]


def _spoken(header: str) -> str:
    return f"column {spell(header)}"


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
