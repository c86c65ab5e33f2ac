"""What a customer said, as it is kept: one row per word and scope, with its evidence, never changed.

The scope of a word: organisation x (purpose or all) x (channel or all) x (recipient or all).
"""

import dataclasses
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from hub import inputs, particulars
from hub.act import Act, Ask
from hub.collections import require_version
from hub.db import new_id
from hub.errors import invalid, not_found
from hub.identities import open_key
from hub.policy.values import Channel
from hub.recording import Adding, columns
from hub.scope import hold


class Kind(StrEnum):
    """What a choice is about. SIGNAL is a browser's Global Privacy Control; LIMIT is California's."""

    CONSENT = "CONSENT"
    TRANSFER = "TRANSFER"
    MARKETING = "MARKETING"
    SHARING = "SHARING"
    SIGNAL = "SIGNAL"
    LIMIT = "LIMIT"
    OBJECTION = "OBJECTION"


class Action(StrEnum):
    """What was said."""

    ASKED = "ASKED"
    GIVEN = "GIVEN"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"
    OPTED_OUT = "OPTED_OUT"
    OPTED_IN = "OPTED_IN"
    PENDING = "PENDING"
    UPHELD = "UPHELD"
    OVERRULED = "OVERRULED"


class Grade(StrEnum):
    """What a consent is worth: given, express and recorded as the law prescribes, or a guardian's."""

    GIVEN = "GIVEN"
    EXPLICIT = "EXPLICIT"
    GUARDIAN = "GUARDIAN"


class Method(StrEnum):
    """How a word reached us. LIST: by the list of addresses that get no marketing."""

    WEB = "WEB"
    APP = "APP"
    EMAIL = "EMAIL"
    SMS = "SMS"
    PHONE = "PHONE"
    PAPER = "PAPER"
    BRANCH = "BRANCH"
    SIGNAL = "SIGNAL"
    IMPORT = "IMPORT"
    LIST = "LIST"


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose choice, towards which organisation, for what. Several channels: several choices; none: all."""

    customer_id: UUID
    organisation_id: UUID
    purpose_id: UUID | None = None
    channels: Sequence[str] = ()
    recipient_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What everybody in this situation is shown, how the word reached us, and where the proof is kept.

    wording: without personal data. reference: a recording's or a form's name; it is sealed.
    """

    wording: str
    method: str
    reference: str = dataclasses.field(default="", repr=False)
    notice_version_id: UUID | None = None
    happened_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """A stored choice; its evidence is sealed."""

    id: UUID
    customer_id: UUID
    organisation_id: UUID
    kind: str
    action: str
    purpose_id: UUID | None
    channel: str | None
    recipient_id: UUID | None
    grade: str | None
    ends_at: datetime | None
    wording: str
    wording_sha256: str
    notice_version_id: UUID | None
    method: str
    happened_at: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """Exactly what one row is about; None is all."""

    purpose_id: UUID | None
    channel: str | None
    recipient_id: UUID | None

    def covers(self, other: "Place") -> bool:
        """Whether a word said here reaches the other scope."""
        return (
            self.purpose_id in {None, other.purpose_id}
            and self.channel in {None, other.channel}
            and self.recipient_id in {None, other.recipient_id}
        )


@dataclass(frozen=True, slots=True)
class Word:
    """One thing said in a place. grade and ends_at belong to consents."""

    kind: Kind
    action: Action
    scope: Scope
    evidence: Evidence
    grade: Grade | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Demand:
    needs_purpose: bool = False
    takes_channels: bool = False
    takes_recipient: bool = True
    needs_recipient: bool = False


_DEMANDS = {
    Kind.CONSENT: _Demand(needs_purpose=True, takes_channels=True),
    Kind.TRANSFER: _Demand(needs_recipient=True),
    Kind.MARKETING: _Demand(takes_channels=True, takes_recipient=False),
    Kind.SHARING: _Demand(),
    Kind.SIGNAL: _Demand(),
    Kind.LIMIT: _Demand(takes_recipient=False),
    Kind.OBJECTION: _Demand(takes_channels=True),
}
COLUMNS = """id, customer_id, organisation_id, kind, action, purpose_id, channel, recipient_id, grade,
    ends_at, wording, wording_sha256, notice_version_id, method, happened_at, recorded_at"""
_ROW = columns(Choice)
# The last word in each scope of one kind as of an instant; of one instant, the word that says no, or the weakest yes.
_LAST = f"""
    SELECT DISTINCT ON (purpose_id, channel, recipient_id) {COLUMNS} FROM choice
    WHERE customer_id = $1 AND organisation_id = $2 AND kind = $3 AND happened_at <= $4 AND action <> 'ASKED'
    ORDER BY purpose_id, channel, recipient_id, happened_at DESC,
             array_position(ARRAY['UPHELD', 'PENDING', 'OPTED_OUT', 'REFUSED', 'WITHDRAWN',
                                  'OVERRULED', 'OPTED_IN', 'GIVEN'], action),
             array_position(ARRAY['GIVEN', 'EXPLICIT', 'GUARDIAN'], grade), ends_at, id
"""  # noqa: S608 - joined from constants
_NAMED = """
    SELECT $2::uuid IS NULL OR EXISTS (SELECT FROM purpose p WHERE p.id = $2 AND p.organisation_id = $1),
           $3::uuid IS NULL OR EXISTS (SELECT FROM recipient r WHERE r.id = $3 AND r.organisation_id = $1)
"""


async def check(act: Adding, word: Word) -> Word:
    """Hold the customer and check everything; returns the word with its instant and organisation filled in.

    Refusals: NOT_FOUND for what is unknown or another organisation's, INVALID for what makes no sense,
    CONFLICT for an erased customer or a version that is a draft.
    """
    scope, evidence = word.scope, word.evidence
    reached = await hold(act, scope.customer_id, scope.organisation_id, "customer")
    at = particulars.happened(act, evidence.happened_at, "happened_at")
    check_scope(word.kind, scope)
    [named] = await act.rows(_NAMED, reached.organisation_id, scope.purpose_id, scope.recipient_id)
    for noun, is_known in zip(("purpose", "recipient"), named, strict=True):
        if not is_known:
            raise not_found(noun, noun)
    if evidence.notice_version_id is not None:
        await require_version(act, reached.organisation_id, evidence.notice_version_id, at)
    if word.ends_at is not None and (word.ends_at.tzinfo is None or word.ends_at <= at):
        raise invalid(
            "A consent ends after it was given: give a later instant, with its time zone.", "ends_at"
        )
    wording = inputs.text(evidence.wording, "wording", most=particulars.WORDING_CHARACTERS)
    reference = inputs.text(evidence.reference, "evidence", most=particulars.REFERENCE_CHARACTERS, empty=True)
    method = inputs.choice(Method, evidence.method, "method")
    kept = replace(evidence, wording=wording, reference=reference, method=method, happened_at=at)
    ends_at = word.ends_at and word.ends_at.astimezone(UTC)
    towards = replace(scope, organisation_id=reached.organisation_id)
    return replace(word, scope=towards, evidence=kept, ends_at=ends_at)


def places(scope: Scope) -> list[Place]:
    """List the exact scopes of a word: one for each channel, or one for all."""
    channels: Sequence[str | None] = list(dict.fromkeys(scope.channels)) or [None]
    return [Place(scope.purpose_id, channel, scope.recipient_id) for channel in channels]


async def last(act: Act, word: Word) -> dict[Place, Choice]:
    """Read the last word in each scope of a checked word's kind, as of its instant."""
    scope = word.scope
    rows = await act.rows(
        _LAST, scope.customer_id, scope.organisation_id, word.kind, word.evidence.happened_at
    )
    choices = [Choice(**row) for row in rows]
    return {Place(choice.purpose_id, choice.channel, choice.recipient_id): choice for choice in choices}


async def write(act: Adding, word: Word, where: Sequence[Place]) -> list[Choice]:
    """Write a checked word's rows, one for each place."""
    made = spoken(act, word, where)
    seals = await _seal(act, word, [choice.id for choice in made])
    await act.add(choices=[row(choice, seal) for choice, seal in zip(made, seals, strict=True)])
    return made


def spoken(ask: Ask, word: Word, where: Sequence[Place]) -> list[Choice]:
    """Make a checked word's choices, one for each place, as they will stand."""
    scope, evidence = word.scope, word.evidence
    return [
        Choice(
            id=new_id(),
            customer_id=scope.customer_id,
            organisation_id=scope.organisation_id,
            kind=word.kind,
            action=word.action,
            purpose_id=place.purpose_id,
            channel=place.channel,
            recipient_id=place.recipient_id,
            grade=word.grade,
            ends_at=word.ends_at,
            wording=evidence.wording,
            wording_sha256=hashlib.sha256(evidence.wording.encode()).hexdigest(),
            notice_version_id=evidence.notice_version_id,
            method=evidence.method,
            happened_at=evidence.happened_at or ask.at,
            recorded_at=ask.at,
        )
        for place in where
    ]


def row(choice: Choice, evidence: bytes | None = None) -> tuple[Any, ...]:
    """A choice as the database takes it (its type new_choice), with its sealed evidence."""
    return (*_ROW(choice), evidence)


async def _seal(act: Adding, word: Word, ids: Sequence[UUID]) -> list[bytes | None]:
    reference = word.evidence.reference
    if not reference:
        return [None for _ in ids]
    key = await open_key(act, word.scope.customer_id)
    return [key.seal("choice", "evidence", row_id, reference) for row_id in ids]


def check_scope(kind: Kind, scope: Scope) -> None:
    """Refuse INVALID what a choice of this kind cannot be about, and what it cannot be without."""
    demand = _DEMANDS[kind]
    if demand.needs_purpose and scope.purpose_id is None:
        raise invalid("Name the purpose: this kind of choice is about exactly one.", "purpose")
    if demand.needs_recipient and scope.recipient_id is None:
        raise invalid("Name the recipient: this kind of choice is about exactly one.", "recipient")
    if scope.recipient_id is not None and not demand.takes_recipient:
        raise invalid("This kind of choice is not about a recipient: leave it out.", "recipient")
    if scope.channels and not demand.takes_channels:
        raise invalid("This kind of choice is not about channels: leave them out.", "channels")
    for number, channel in enumerate(scope.channels):
        if inputs.choice(Channel, channel, "channels", number) is Channel.NONE:
            raise invalid("Name a channel, or none at all for every channel.", "channels", number)
