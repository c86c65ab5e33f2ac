"""What is asked for in detail: checked when a request comes in, sealed with it, and read again by who works on it."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from hub import inputs, particulars, said
from hub.act import Act
from hub.errors import Code, Refusal, invalid, not_found
from hub.policy.values import Channel as Way
from hub.rights import recognising
from hub.rights.values import Kind
from hub.said import Kind as Said
from hub.said import Scope

TEXT_CHARACTERS: Final = 5_000
VALUE_CHARACTERS: Final = 4_000
CHANGES_MOST: Final = 50
SAID: Final[Mapping[Kind, Said]] = {
    Kind.STOP_MARKETING: Said.MARKETING,
    Kind.STOP_SHARING: Said.SHARING,
    Kind.LIMIT_SENSITIVE: Said.LIMIT,
    Kind.WITHDRAW_CONSENT: Said.CONSENT,
    Kind.OBJECTION: Said.OBJECTION,
}
"""The requests that are choices, and what kind of choice each is."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for. text: in the customer's words. changes: of a rectification, field and new value; all sealed.

    topics: category keys of an access request; none means everything. purpose, channels, recipient: of a choice.
    represented: for whom somebody else asks, as they say it.
    entry: of a complaint by whoever is signed in, what they do not recognise of what they read about themselves.
    tells_recipients: whether whoever received the data shall hear of it, also where that has to be asked for.
    """

    text: str = dataclasses.field(default="", repr=False)
    topics: Sequence[str] = ()
    changes: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    purpose_id: UUID | None = None
    channels: Sequence[str] = ()
    recipient_id: UUID | None = None
    represented: "Represented | None" = dataclasses.field(default=None, repr=False)
    tells_recipients: bool = False
    entry: recognising.Named | None = None


@dataclass(frozen=True, slots=True)
class Represented:
    """A customer as somebody names them who asks for them; sealed, and never told to be right or wrong."""

    name: str = field(repr=False)
    email: str = field(repr=False)


_NAMED = """
    SELECT ($2::uuid IS NULL OR EXISTS (SELECT FROM purpose WHERE id = $2 AND organisation_id = $1)) AS purpose,
        ($3::uuid IS NULL OR EXISTS (SELECT FROM recipient WHERE id = $3 AND organisation_id = $1)) AS recipient,
        ARRAY(SELECT wanted FROM unnest($4::text[]) AS wanted WHERE wanted NOT IN (SELECT key FROM category)) AS unknown
"""


async def content(act: Act, kind: Kind, towards: UUID, asked: Asked) -> dict[str, Any]:
    """Check what is asked for; returns it as it is sealed. Refusals: INVALID, NOT_FOUND, TOO_LARGE."""
    text = inputs.text(asked.text, "asked", "text", most=TEXT_CHARACTERS, empty=True)
    _require_fit(kind, towards, asked)
    if asked.purpose_id or asked.recipient_id or asked.topics:
        await _require_named(act, towards, asked)
    return {
        "text": text,
        "topics": list(asked.topics),
        "changes": _changes(asked.changes),
        "purpose_id": asked.purpose_id and str(asked.purpose_id),
        "channels": [
            inputs.choice(Way, way, "asked", "channels", place) for place, way in enumerate(asked.channels)
        ],
        "recipient_id": asked.recipient_id and str(asked.recipient_id),
        **_represented(act, asked.represented),
        **await _entry(act, asked.entry),
        "tells_recipients": asked.tells_recipients,
    }


async def _require_named(act: Act, towards: UUID, asked: Asked) -> None:
    row = await act.row(_NAMED, towards, asked.purpose_id, asked.recipient_id, list(asked.topics))
    if row is None or not row["purpose"]:
        raise not_found("purpose", "asked", "purpose")
    if not row["recipient"]:
        raise not_found("recipient", "asked", "recipient")
    if row["unknown"]:
        raise invalid("There is no such category: " + row["unknown"][0] + ".", "asked", "topics")


async def _entry(act: Act, named: recognising.Named | None) -> dict[str, dict[str, str]]:
    """Only the customer who reads an entry names it: everybody else is told that there is none."""
    if named is None:
        return {}
    await recognising.own(act, named)
    return {"entry": {"kind": named.kind.value, "id": str(named.id)}}


def _represented(act: Act, named: Represented | None) -> dict[str, dict[str, str]]:
    if named is None:
        return {}
    try:
        email = act.hub.vault.blind_email(named.email).normalised
    except Refusal as refusal:
        raise Refusal(refusal.code, refusal.message, ("asked", "represented", "email")) from None
    return {"represented": {"name": inputs.line(named.name, "asked", "represented", "name"), "email": email}}


def _changes(given: Mapping[str, str]) -> dict[str, str]:
    if len(given) > CHANGES_MOST:
        raise Refusal(
            Code.TOO_LARGE, f"Ask for at most {CHANGES_MOST} changes in one request.", ("asked", "changes")
        )
    return {
        particulars.field_name(name, "asked", "changes"): inputs.text(
            value, "asked", "changes", most=VALUE_CHARACTERS
        )
        for name, value in given.items()
    }


def _require_fit(kind: Kind, towards: UUID, asked: Asked) -> None:
    """Refuse what a request of this kind cannot be about, and what it cannot be without."""
    if kind in SAID:
        _require_scope(
            SAID[kind], Scope(towards, towards, asked.purpose_id, asked.channels, asked.recipient_id)
        )
    elif asked.purpose_id or asked.channels or asked.recipient_id:
        raise invalid("A request of this kind names no purpose, channel or recipient.", "asked")
    if asked.entry and kind is not Kind.COMPLAINT:
        raise invalid("Only a complaint names an entry.", "asked", "entry")
    if asked.changes and kind is not Kind.RECTIFICATION:
        raise invalid("Only a rectification has changes.", "asked", "changes")
    if kind is Kind.RECTIFICATION and not asked.changes and not asked.text:
        raise invalid("Say what is wrong: the fields and their new values, or a text.", "asked", "changes")


def _require_scope(kind: Said, scope: Scope) -> None:
    try:
        said.check_scope(kind, scope)
    except Refusal as refusal:
        raise Refusal(refusal.code, refusal.message, ("asked", *refusal.path)) from None
