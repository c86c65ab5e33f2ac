"""The demo's customers on their way into the database: one COPY for each table, inside one act.

What an act writes for one customer by a verb, this writes for a thousand at once: sealed values, blind
indexes, events with their dates, and ledger entries with a line for each customer.
"""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from hub import identities
from hub.act import Act
from hub.db import new_id
from hub.demo.firm import Described, Firm
from hub.demo.people import CHECKED, TOLD_AGAIN, Person, Standing
from hub.demo.words import Word
from hub.identities import NewIdentifier
from hub.ledger import Detail
from hub.vault import DataKey

_EVENT = ("happened_at", "recorded_at", "act_id")
_OWNED = ("id", "customer_id", "organisation_id")
COLUMNS = {
    "customer": ("id", "kind", "locale", "created_at"),
    "identifier": (*_OWNED, "kind", "system", "sealed", "blind", "blind_key_id", "created_at"),
    "profile_value": (*_OWNED, "category_id", "field", "sealed", "updated_at"),
    "customer_event": (*_OWNED, "aspect", "value", "reason", *_EVENT),
    "collection": (
        *_OWNED, "source", "categories", "notice_version_id", "shown_how", "shown_at", "optout_offered",
        *_EVENT,
    ),
    "delivery": (*_OWNED, "notice_version_id", "how", "locale", *_EVENT),
    "choice": (
        *_OWNED, "kind", "action", "purpose_id", "channel", "recipient_id", "grade", "ends_at", "wording",
        "wording_sha256", "method", *_EVENT,
    ),
    "registry_check": ("id", "customer_id", "jurisdiction", "listed", *_EVENT),
}  # fmt: skip
EVENTS = {
    ("CONSENT", "GIVEN"): "choice.given",
    ("CONSENT", "REFUSED"): "choice.refused",
    ("CONSENT", "WITHDRAWN"): "choice.withdrawn",
    ("OBJECTION", "PENDING"): "choice.objected",
    ("OBJECTION", "UPHELD"): "choice.objection_settled",
    ("OBJECTION", "OVERRULED"): "choice.objection_settled",
}
WORDINGS = {
    "CONSENT": "May we do this? You can say no, and change your mind at any time.",
    "MARKETING": "Send me no marketing.",
    "SHARING": "Do not pass my details on.",
    "SIGNAL": "Sec-GPC: 1",
    "OBJECTION": "I object to this use of my details.",
}
TOWARDS_ONE = frozenset({"RELATIONSHIP", "RESTRICTION"})
# As COPY finds no table outside the first schema, the keys go in by a statement.
_KEYS = "INSERT INTO keys.customer_key (customer_id, wrapped) SELECT * FROM unnest($1::uuid[], $2::bytea[])"


@dataclass(slots=True)
class Load:
    """Rows by table and ledger lines by event, gathered before anything is written."""

    act: Act
    firm: Firm
    said: Described
    rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=lambda: defaultdict(list))
    keys: dict[UUID, bytes] = field(default_factory=dict[UUID, bytes])
    details: dict[str, list[Detail]] = field(default_factory=lambda: defaultdict(list))

    def add(self, person: Person) -> None:
        """Add one customer with their whole history."""
        vault, customer_id = self.act.hub.vault, new_id()
        self.keys[customer_id] = vault.new_customer_key(customer_id)
        key = vault.unwrap(customer_id, self.keys[customer_id])
        self.rows["customer"].append((customer_id, "PERSON", person.locale, self.act.at))
        self._identify(customer_id, key, person)
        self._describe(customer_id, key, person)
        for standing in person.standings:
            self._stand(customer_id, standing)
        self._collect(customer_id, person)
        if person.told_again:
            self._tell_again(customer_id, person)
        if person.is_listed is not None:
            self._check(customer_id, is_listed=person.is_listed)
        for word in person.words:
            self._say(customer_id, word)

    def _identify(self, customer_id: UUID, key: DataKey, person: Person) -> None:
        given = (
            NewIdentifier("EXTERNAL", person.external_id, system="crm"),
            NewIdentifier("EMAIL", person.email),
            NewIdentifier("PHONE", person.phone),
        )
        for each in given:
            row_id, made = new_id(), identities.blind(self.act.hub.vault, each)
            sealed = key.seal("identifier", "sealed", row_id, made.normalised)
            about = (each.kind, each.system, sealed, made.digest, made.key_id, self.act.at)
            self._put("identifier", row_id, customer_id, *about)
        events = [f"{standing.aspect}={standing.value}" for standing in person.standings]
        self._record("customer.created", customer_id, events=events, identifiers=[one.kind for one in given])

    def _describe(self, customer_id: UUID, key: DataKey, person: Person) -> None:
        values = (
            ("identity", "given_name", person.given_name),
            ("identity", "family_name", person.family_name),
            ("contact", "address", person.address),
        )
        for category, name, value in values:
            row_id = new_id()
            sealed = key.seal("profile_value", "sealed", row_id, value)
            about = (self.firm.categories[category], name, sealed, self.act.at)
            self._put("profile_value", row_id, customer_id, *about)

    def _stand(self, customer_id: UUID, standing: Standing) -> None:
        towards = self.firm.id if standing.aspect in TOWARDS_ONE else None
        row = (new_id(), customer_id, towards, standing.aspect, standing.value, "", *self._when(standing.at))
        self.rows["customer_event"].append(row)

    def _collect(self, customer_id: UUID, person: Person) -> None:
        collection_id, at = new_id(), person.joined
        known = [self.firm.categories[key] for key in self.said["intake"]]
        taken = known[:2] if person.source == "THIRD_PARTY" else known
        version = how = shown_at = delivery = None
        if person.shown is not None:
            version, how, shown_at = self.firm.versions[person.shown].id, person.how, at
            delivery = self._deliver(customer_id, person.shown, how, person.locale, at)
        about = (person.source, taken, version, how, shown_at, person.optout_offered)
        self._put("collection", collection_id, customer_id, *about, *self._when(at))
        self._record(
            "collection.recorded",
            customer_id,
            collection=collection_id,
            delivery=delivery,
            source=person.source,
            categories=taken,
            notice_version=version,
            happened_at=at,
        )

    def _deliver(self, customer_id: UUID, version: int, how: str, locale: str, at: datetime) -> UUID:
        """Show a version in the customer's language, or in English where it has no text in theirs."""
        delivery_id, language = new_id(), locale.partition("-")[0]
        spoken = language if language in self.said["notice"]["locales"][version] else "en"
        about = (self.firm.versions[version].id, how, spoken)
        self._put("delivery", delivery_id, customer_id, *about, *self._when(at))
        return delivery_id

    def _tell_again(self, customer_id: UUID, person: Person) -> None:
        """Send the newest version to somebody who joined under an older one."""
        newest = len(self.firm.versions) - 1
        delivery = self._deliver(customer_id, newest, "EMAIL", person.locale, TOLD_AGAIN)
        self._record(
            "notice.delivered",
            customer_id,
            delivery=delivery,
            notice_version=self.firm.versions[newest].id,
            how="EMAIL",
            happened_at=TOLD_AGAIN,
        )

    def _check(self, customer_id: UUID, *, is_listed: bool) -> None:
        place = self.said["customers"]["jurisdiction"]
        self.rows["registry_check"].append((new_id(), customer_id, place, is_listed, *self._when(CHECKED)))
        self._record("registry.checked", customer_id, jurisdiction=place, listed=is_listed)

    def _say(self, customer_id: UUID, word: Word) -> None:
        choice_id, wording = new_id(), WORDINGS[word.kind]
        digest = hashlib.sha256(wording.encode()).hexdigest()
        purpose = self.firm.purposes[word.purpose] if word.purpose else None
        recipient = self.firm.recipients[word.recipient] if word.recipient else None
        about = (word.kind, word.action, purpose, word.channel, recipient, word.grade, word.ends_at)
        self._put(
            "choice", choice_id, customer_id, *about, wording, digest, word.method, *self._when(word.at)
        )
        self._record(
            EVENTS.get((word.kind, word.action), f"choice.{word.action.lower()}"),
            customer_id,
            choices=[choice_id],
            kind=word.kind,
            action=word.action,
            purpose=purpose,
            channels=[word.channel],
            recipient=recipient,
            grade=word.grade,
            method=word.method,
            wording_sha256=digest,
            notice_version=None,
            happened_at=word.at,
        )

    def _put(self, table: str, row_id: UUID, customer_id: UUID, *about: Any) -> None:
        self.rows[table].append((row_id, customer_id, self.firm.id, *about))

    def _when(self, at: datetime) -> tuple[datetime, datetime, UUID]:
        return at, self.act.at, self.act.id

    def _record(self, event: str, customer_id: UUID, **body: Any) -> None:
        self.details[event].append(Detail(customer_id, body))


async def land(act: Act, firm: Firm, said: Described, people: Sequence[Person]) -> None:
    """Write a firm's customers; their standing is worked out once, when the act commits."""
    load = Load(act, firm, said)
    for person in people:
        load.add(person)
    await act.execute("SELECT set_config('hub.project', 'later', true)")
    await act.copy_in("customer", COLUMNS["customer"], load.rows["customer"])
    await act.execute(_KEYS, list(load.keys), list(load.keys.values()))
    for table, columns in COLUMNS.items():
        if table != "customer" and load.rows[table]:
            await act.copy_in(table, columns, load.rows[table])
    for event, details in load.details.items():
        await act.record_crowd(event, details)
