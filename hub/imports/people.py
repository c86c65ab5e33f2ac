"""What a row changes about a customer: gaps are filled, news added, nothing the hub knows better is touched.

The rules, each stated where it is applied: a value written in the hub stays; an ended or verified address
stays; an opt-out is only ever added; a consent never goes against a no; a closed relationship is not opened
again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from hub.db import new_id
from hub.imports.additions import Intake, Put, Said, Showing, Text
from hub.imports.rows import Place, Row, Stop
from hub.imports.terms import Consent, Terms, Version
from hub.policy.values import Relationship
from hub.standings import AgeBand
from hub.vault import Blind, DataKey

Held = tuple[str, bytes]
_NO: Final = {"MARKETING", "SHARING", "SIGNAL"}
_BANDS: Final = list(AgeBand)
# A relationship goes forward, or ends; an import does not open again what was closed.
_FORWARD: Final = {
    Relationship.NONE: {Relationship.NEGOTIATING, Relationship.ACTIVE, Relationship.CLOSED},
    Relationship.NEGOTIATING: {Relationship.ACTIVE, Relationship.CLOSED},
    Relationship.ACTIVE: {Relationship.CLOSED},
    Relationship.CLOSED: set[Relationship](),
}


@dataclass(slots=True, repr=False)
class Person:
    """A customer of a chunk: what is known, and what is to be added. import_id: which import made them."""

    id: UUID
    key: DataKey
    locale: str
    import_id: UUID | None
    wrapped: bytes | None = None
    held: set[Held] = field(default_factory=set[Held])
    verified: set[str] = field(default_factory=set[str])
    texts: dict[Place, Text] = field(default_factory=dict[Place, Text])
    jurisdictions: set[str] = field(default_factory=set[str])
    relationship: str = Relationship.NONE
    age: str = AgeBand.ADULT
    choices: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    intakes: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    shown: dict[UUID, datetime] = field(default_factory=dict[UUID, datetime])
    identifiers: list[tuple[UUID, str, Blind]] = field(default_factory=list[tuple[UUID, str, Blind]])
    puts: dict[Place, Put] = field(default_factory=dict[Place, Put])
    events: list[tuple[str, str, bool, datetime]] = field(
        default_factory=list[tuple[str, str, bool, datetime]]
    )
    collections: list[Intake] = field(default_factory=list[Intake])
    deliveries: list[Showing] = field(default_factory=list[Showing])
    said: list[Said] = field(default_factory=list[Said])
    kept: int = 0

    @property
    def is_new(self) -> bool:
        """Whether this chunk makes the customer."""
        return self.wrapped is not None

    @property
    def news(self) -> int:
        """How many things are to be written about the customer."""
        added = (self.identifiers, self.puts, self.events, self.collections, self.deliveries, self.said)
        return self.is_new + sum(map(len, added))

    def is_somebody_else(self, row: Row, names: Iterable[Place]) -> bool:
        """Whether a row with this customer's id is about another: no name, email or phone in common."""
        ours, theirs = set[str](), set[str]()
        for place in names:
            if place in self.texts:
                ours.update(self.texts[place].text.casefold().split())
            theirs.update(row.values.get(place, "").casefold().split())
        if not ours or not theirs or ours & theirs:
            return False
        return not any(
            (kind, digest) in self.held for kind, one in row.identifiers for digest in one.candidates
        )

    def take(self, row: Row, terms: Terms, now: datetime) -> None:
        """Add what a row says."""
        at = row.joined_at or now
        fresh = self._take_identifiers(row) | self._take_values(row)
        self._take_standing(row, terms, at, now)
        self._take_intake(row, terms, fresh, at)
        for stop in row.stops:
            self.stop(stop, now)
        for consent, given_at in row.consents:
            self._take_consent(consent, given_at or at)

    def stop(self, stop: Stop, now: datetime, *, is_passed_on: bool = False) -> None:
        """Add an opt-out, unless it stands already with no consent after it, or is older than one that stood."""
        if not self._is_stopped(stop):
            said = Said(new_id(), stop.kind, stop.channel, stop.at or now, is_passed_on=is_passed_on)
            self.said.append(said)
            self.choices.append(_standing(said, "OPTED_OUT"))

    def _take_identifiers(self, row: Row) -> set[str]:
        """Add what is not held, nor was ended; a kind of which one is verified is left alone."""
        fresh: set[str] = set()
        for kind, blind in row.keys:
            if any((kind, digest) in self.held for digest in blind.candidates):
                continue
            if kind in self.verified:
                self.kept += 1
                continue
            self.held.add((kind, blind.digest))
            self.identifiers.append((new_id(), kind, blind))
            if kind != "EXTERNAL":
                fresh.add("contact")
        return fresh

    def _take_values(self, row: Row) -> set[str]:
        """Fill gaps and overwrite what an import wrote; what was written in the hub stays."""
        fresh: set[str] = set()
        for place, text in row.values.items():
            there = self.texts.get(place)
            if there is not None and there.text == text:
                continue
            if there is not None and there.import_id is None and place not in self.puts:
                self.kept += 1
                continue
            before = self.puts.get(place)
            put = Put(text, there.row_id if there else new_id(), before.former if before else there)
            self.puts[place] = put
            self.texts[place] = Text(put.row_id, text, None, self.import_id)
            fresh.add(str(place[0]))
        return fresh

    def _take_standing(self, row: Row, terms: Terms, at: datetime, now: datetime) -> None:
        """A protecting place is only ever added; a relationship goes forward; an age only gets younger."""
        since = at if self.is_new and not self.events else now
        if row.jurisdiction not in self.jurisdictions:
            self.jurisdictions.add(row.jurisdiction)
            self.events.append(("JURISDICTION_BEGAN", row.jurisdiction, False, since))
        wanted = row.relationship or (Relationship(terms.options.relationship) if self.is_new else None)
        if wanted in _FORWARD[Relationship(self.relationship)]:
            closed = wanted is Relationship.CLOSED
            self._tell_relationship(str(wanted), now if closed else since)
        elif self.is_new and since == at and not self._has_relationship():
            self._tell_relationship(Relationship.NONE, since)
        elif row.relationship and row.relationship != self.relationship:
            self.kept += 1
        if row.age and _BANDS.index(row.age) < _BANDS.index(AgeBand(self.age)):
            self.age = row.age
            self.events.append(("AGE", row.age, False, since))

    def _has_relationship(self) -> bool:
        return any(aspect == "RELATIONSHIP" for aspect, *_ in self.events)

    def _tell_relationship(self, value: str, at: datetime) -> None:
        self.relationship = value
        self.events.append(("RELATIONSHIP", value, True, at))

    def _take_intake(self, row: Row, terms: Terms, fresh: set[str], at: datetime) -> None:
        """Record the categories that came in: all if the customer is new or saw a notice, else the news."""
        contact = {terms.categories["contact"]} if row.emails or row.phones else set[UUID]()
        all_of_row = contact | {category for category, _ in row.values}
        news = {place for place in all_of_row if str(place) in fresh}
        news |= contact if "contact" in fresh else set()
        categories = all_of_row if self.is_new or row.version else news
        if not categories and self.is_new and not self.collections:
            categories = {terms.categories["identity"]}
        if categories and not self._came_in(categories, row.version, at):
            self.collections.append(Intake(new_id(), tuple(sorted(categories)), row.version, at))
        version = row.version
        if version is not None and not (version.id in self.shown and self.shown[version.id] <= at):
            self.shown[version.id] = at
            self.deliveries.append(
                Showing(new_id(), version.id, version.text_for(row.locale or self.locale), at)
            )

    def _came_in(self, categories: set[UUID], version: Version | None, at: datetime) -> bool:
        """Whether the same intake is recorded already."""
        wanted = version.id if version else None
        mine = [
            one
            for one in self.collections
            if one.at == at and (one.version.id if one.version else None) == wanted
        ]
        there = {category for one in mine for category in one.categories}
        for intake in self.intakes:
            if datetime.fromisoformat(intake["at"]) == at and _id(intake["version"]) == wanted:
                there.add(UUID(intake["category"]))
        return categories <= there

    def _take_consent(self, consent: Consent, at: datetime) -> None:
        """Add a consent, unless it stands already, or a no stands that it would reverse."""
        said = consent.said
        for choice in self.choices:
            if choice["kind"] in _NO and choice["action"] == "OPTED_OUT":
                self.kept += 1
                return
            about = choice["purpose"] in {None, str(consent.purpose_id)}
            if choice["kind"] in {"CONSENT", "OBJECTION"} and about and choice["action"] != "OVERRULED":
                self.kept += choice["action"] != "GIVEN"
                if choice["action"] != "GIVEN" or choice["channel"] in {None, said.channel}:
                    return
        given = Said(new_id(), "CONSENT", said.channel, at, consent)
        self.said.append(given)
        self.choices.append(_standing(given, "GIVEN"))

    def _is_stopped(self, stop: Stop) -> bool:
        given = [_at(choice) for choice in self.choices if choice["action"] == "GIVEN"]
        standing = [
            _at(choice)
            for choice in self.choices
            if choice["kind"] == stop.kind and choice["action"] == "OPTED_OUT"
            and choice["channel"] in {None, stop.channel}
            and choice["purpose"] is None and choice["recipient"] is None
        ]  # fmt: skip
        if not standing:
            return False
        told = stop.since or stop.at
        return all(max(standing) >= at for at in given) or (told is not None and max(standing) >= told)


def _standing(said: Said, action: str) -> dict[str, Any]:
    """What a choice to be written will look like in the projection."""
    consent = said.consent
    return {
        "kind": said.kind, "action": action, "channel": said.channel, "at": said.at.isoformat(),
        "purpose": str(consent.purpose_id) if consent else None,
        "recipient": str(consent.recipient_id) if consent and consent.recipient_id else None,
    }  # fmt: skip


def _at(choice: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(choice["at"])


def _id(said: str | None) -> UUID | None:
    return UUID(said) if said else None
