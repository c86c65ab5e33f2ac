"""Suppression: addresses that get no marketing, whoever we meet with them, kept without keeping the address.

What is left of an address is a keyed hash for each channel that it is reached on, with the day and the reason: enough
to recognise it when somebody brings it again, not to write to it, and not to find whose it was. Whoever is met with it
is opted out on those channels as of that day; a consent of theirs that comes later reverses it, as any opt-out, and
takes no entry away. Only what is marketing is stopped: letters about what somebody has with us go on.

Nobody is found by where they live: of a postal address, those who are met with it from then on are opted out.

Grounds: art 17(3)(b), 21(3) GDPR and UK GDPR; Civ. Code §1798.105(c)(2); POPIA s 11(4).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Final
from uuid import UUID

from hub import choices, identities, inputs, journal, postal
from hub.act import Act, Ask
from hub.db import Record, Session
from hub.errors import invalid
from hub.identities import Identifier, IdentifierKind, NewIdentifier
from hub.policy.values import Channel
from hub.said import Evidence, Method, Scope
from hub.scope import require_organisation
from hub.vault import Blind, DataKey, Vault

REACHES: Final[Mapping[str, tuple[Channel, ...]]] = {
    IdentifierKind.EMAIL: (Channel.EMAIL,),
    IdentifierKind.PHONE: (Channel.SMS, Channel.PHONE, Channel.AUTO_CALL),
    postal.KIND: (Channel.POST,),
}
"""On which channels each kind of address is reached."""
WORDING: Final = "This address is on our list of those that get no marketing."
HOLDERS_AT_A_TIME: Final = 100
POSTAL_MOST: Final = 500


class Reason(StrEnum):
    """Why an address gets no marketing. ASKED: by whoever has it, customer or not."""

    ERASURE = "ERASURE"
    ASKED = "ASKED"
    COMPLAINT = "COMPLAINT"


@dataclass(frozen=True, slots=True)
class Address:
    """An email, phone or postal address in its one spelling."""

    kind: str
    normalised: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Hit:
    """That an address is on the list, for one channel."""

    kind: str
    channel: str
    reason: str
    added_on: date

    @property
    def since(self) -> datetime:
        """The beginning of the day on which it was listed."""
        return datetime.combine(self.added_on, time(), UTC)

    @property
    def until(self) -> datetime:
        """The end of that day: what was agreed to by then does not count."""
        return self.since + timedelta(days=1)


_ANY: Final = "SELECT EXISTS (SELECT FROM suppression WHERE organisation_id = $1)"
_MET: Final = """
    SELECT asked.place, s.kind, s.channel, s.reason, s.added_on
    FROM unnest($2::integer[], $3::text[], $4::bytea[]) AS asked (place, kind, digest)
    JOIN suppression s ON s.organisation_id = $1 AND s.kind = asked.kind AND s.digest = asked.digest
    ORDER BY asked.place, s.channel, s.added_on DESC
"""
_ADD: Final = """
    INSERT INTO suppression (organisation_id, kind, digest, channel, key_id, reason, added_on)
    SELECT new.organisation_id, new.kind, new.digest, new.channel, new.key_id, $1,
        ($2::timestamptz AT TIME ZONE 'UTC')::date
    FROM unnest($3::uuid[], $4::text[], $5::bytea[], $6::text[], $7::text[])
         AS new (organisation_id, kind, digest, channel, key_id)
    ON CONFLICT DO NOTHING
"""
_OWN: Final = """
    SELECT id, organisation_id, kind, sealed FROM identifier
    WHERE customer_id = $1 AND kind <> 'EXTERNAL' AND ended_at IS NULL ORDER BY id
"""
_HOLDERS: Final = """
    SELECT DISTINCT i.customer_id FROM identifier i JOIN customer c ON c.id = i.customer_id AND c.erased_at IS NULL
    WHERE i.blind = ANY ($1) AND i.kind = $2 AND i.organisation_id = $3 AND i.ended_at IS NULL
      AND i.customer_id IS DISTINCT FROM $5 AND ($6::uuid IS NULL OR i.customer_id > $6)
    ORDER BY i.customer_id LIMIT $4
"""
_KEYS: Final = "SELECT DISTINCT key_id FROM suppression"


async def suppress(act: Act, new: NewIdentifier, reason: str, organisation_id: UUID | None = None) -> int:
    """Put an email or phone on the list; whoever has it now is opted out by the same act. Returns how many have it.

    Done again it adds nothing. Refusals: INVALID for an external id, or for what is no address.
    """
    towards = await require_organisation(act, organisation_id, "organisation")
    why = inputs.choice(Reason, reason, "reason")
    if new.kind not in REACHES:
        raise invalid(
            "Give an email or a phone number: nobody is written to by another system's id.", "address", "kind"
        )
    address = Address(new.kind, identities.blind(act.hub.vault, new, "address").normalised)
    await _list(act, towards, address, why)
    return await _strike_holders(act, towards, address)


async def suppress_home(act: Act, said: str, reason: str, organisation_id: UUID | None = None) -> None:
    """Put a postal address on the list, in whatever order and lines it is said; done again it adds nothing.

    Refusal INVALID for what no letter would reach.
    """
    towards = await require_organisation(act, organisation_id, "organisation")
    why = inputs.choice(Reason, reason, "reason")
    home = postal.normalised([inputs.text(said, "postal_address", most=POSTAL_MOST)])
    if home is None:
        raise invalid("Give the whole address: the street with its number, and the place.", "postal_address")
    await _list(act, towards, Address(postal.KIND, home), why)


async def _list(act: Act, organisation_id: UUID, address: Address, reason: Reason) -> None:
    await _add(act, [(organisation_id, address)], reason)
    await journal.write(act)
    await act.record("suppression.added", kind=address.kind, reason=reason)


async def keep_of(act: Act, customer_id: UUID, key: DataKey) -> None:
    """Keep what is left of the addresses of a customer who is about to be erased.

    Others who have one of them now are opted out too: whose of them it was is not known better.
    """
    kept = [
        (row["organisation_id"], Address(row["kind"], key.open_text("identifier", "sealed", row["id"], row["sealed"])))
        for row in await act.rows(_OWN, customer_id)
    ]  # fmt: skip
    homes = (await postal.of(act, customer_id, key)).items()
    await _add(act, [*kept, *((each, Address(postal.KIND, home)) for each, home in homes)], Reason.ERASURE)
    for organisation_id, address in kept:
        await _strike_holders(act, organisation_id, address, but=customer_id)


async def strike_home(
    act: Act, customer_id: UUID, organisation_id: UUID, key: DataKey, before: str | None
) -> None:
    """Opt a customer out of marketing by post where they live at an address on the list, and did not before."""
    home = (await postal.of(act, customer_id, key)).get(organisation_id)
    if home not in {None, before}:
        since = await act.value("SELECT created_at FROM customer WHERE id = $1", customer_id)
        await strike(act, customer_id, organisation_id, [Address(postal.KIND, home or "")], since)


async def strike(
    act: Act, customer_id: UUID, organisation_id: UUID, given: Iterable[Address], since: datetime
) -> tuple[str, ...]:
    """Opt a customer out wherever an address of theirs is on the list; returns the channels.

    since: when they became one: a word of theirs is not older than they are.
    """
    found = [hit for hits in (await met(act, organisation_id, list(given))).values() for hit in hits]
    latest = {each.channel: each for each in sorted(found, key=lambda hit: hit.added_on)}
    by_day = sorted(latest.values(), key=lambda hit: (hit.added_on, hit.channel))
    for _, several in groupby(by_day, lambda hit: hit.added_on):
        hits = list(several)
        scope = Scope(customer_id, organisation_id, channels=[hit.channel for hit in hits])
        happened_at = min(act.at, max(hits[0].until, since))
        evidence = Evidence(WORDING, Method.LIST, happened_at=happened_at)
        await choices.opt_out_of_marketing(act, scope, evidence)
    return tuple(sorted(latest))


async def met(ask: Ask, organisation_id: UUID, given: Sequence[Address]) -> dict[int, list[Hit]]:
    """Look many addresses up by one statement: by their places, those that are on the list."""
    if not given or not await ask.value(_ANY, organisation_id):
        return {}
    asked = [
        (place, address.kind, digest)
        for place, address in enumerate(given)
        for digest in _mark(ask, organisation_id, address).candidates
    ]
    columns = [[row[column] for row in asked] for column in range(3)]
    found: dict[int, list[Hit]] = {}
    for row in await ask.rows(_MET, organisation_id, *columns):
        found.setdefault(row["place"], []).append(_hit(row))
    return found


async def add_identifier(
    act: Act, customer_id: UUID, new: NewIdentifier, organisation_id: UUID | None = None
) -> Identifier:
    """Give a customer one more identifier, and opt them out where it is on the list."""
    added = await identities.add_identifier(act, customer_id, new, organisation_id)
    if new.kind in REACHES and added.created_at == act.at:
        made = identities.blind(act.hub.vault, new, "identifier")
        towards = await require_organisation(act, organisation_id, "organisation")
        await strike(act, customer_id, towards, [Address(new.kind, made.normalised)], added.created_at)
    return added


async def strike_new(
    act: Act, customer_id: UUID, organisation_id: UUID, given: Sequence[NewIdentifier], since: datetime
) -> None:
    """Opt a customer who was just made out where one of their identifiers is on the list."""
    addresses = [
        Address(new.kind, identities.blind(act.hub.vault, new).normalised)
        for new in given
        if new.kind in REACHES
    ]
    await strike(act, customer_id, organisation_id, addresses, since)


async def lost_keys(session: Session, vault: Vault) -> list[str]:
    """Name index keys that entries were made with and the keyring does not hold: those addresses are not recognised.

    No entry can be made anew under another key, as the address is not kept: an index key that was used stays.
    """
    held = {key.id for key in vault.index_keys}
    return sorted({row["key_id"] for row in await session.rows(_KEYS)} - held)


async def _strike_holders(act: Act, organisation_id: UUID, address: Address, but: UUID | None = None) -> int:
    blind = identities.blind(act.hub.vault, NewIdentifier(address.kind, address.normalised))
    after: UUID | None = None
    struck = 0
    while True:
        holders = await act.rows(
            _HOLDERS, list(blind.candidates), address.kind, organisation_id, HOLDERS_AT_A_TIME, but, after
        )
        for holder in holders:
            after = holder["customer_id"]
            await strike(act, holder["customer_id"], organisation_id, [address], act.at)
        struck += len(holders)
        if len(holders) < HOLDERS_AT_A_TIME:
            return struck


async def _add(act: Act, given: Sequence[tuple[UUID, Address]], reason: Reason) -> None:
    """The one place that writes the list."""
    rows = [
        (organisation_id, address.kind, mark.digest, channel, mark.key_id)
        for organisation_id, address in given
        for mark in (_mark(act, organisation_id, address),)
        for channel in REACHES[address.kind]
    ]
    if rows:
        await act.execute(_ADD, reason, act.at, *([row[column] for row in rows] for column in range(5)))


def _mark(ask: Ask, organisation_id: UUID, address: Address) -> Blind:
    """Hash an address as nothing else is hashed: it cannot be compared with what customers are found by."""
    return ask.hub.vault.marked("suppression", str(organisation_id), address.kind, address.normalised)


def _hit(row: Record) -> Hit:
    return Hit(row["kind"], row["channel"], row["reason"], row["added_on"])
