"""Putting an arrangement into force: whom it will reach is looked at first, and kept with it.

The picture is that of coverage, counted as if the draft were in force: how many may be passed on, how many would have
to be asked or told, and where an authority must agree first. Selling, renting and pooling need their formalities and a
signed document; without them the draft stays one, and it is said what is missing.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from hub import arrangements, catalogue, formalities, inputs, register
from hub import known as knowledge
from hub.act import Act, Ask
from hub.arrangements import Arrangement, Kind, NewArrangement, State
from hub.catalogue import Page, Ref
from hub.coverage import Cover, Coverage, cover_of, split
from hub.crowds import ANYBODY, Crowd, Heap
from hub.errors import Code, Refusal, invalid
from hub.known import Arrangement as Agreed
from hub.known import Known
from hub.policy.values import Act as What
from hub.policy.values import Formality, Jurisdiction
from hub.questioned import Question
from hub.reading import Reader
from hub.terms import Terms

LOOKED_WITHIN: Final = timedelta(days=1)
"""How old a picture may be by which something is put into force."""
ACTS: Final = {
    Kind.SALE: What.SELL, Kind.RENTAL: What.SELL, Kind.POOLING: What.POOL, Kind.REFERRAL: What.DISCLOSE,
    Kind.ALLIANCE: What.DISCLOSE, Kind.PROCESSOR: What.DISCLOSE,
}  # fmt: skip
TRADE: Final = frozenset({Kind.SALE, Kind.RENTAL, Kind.POOLING})
HELD: Final = frozenset({Formality.DECLARED, Formality.AUTHORISED})
ACTIVITIES_MOST: Final = 50


@dataclass(frozen=True, slots=True)
class Missing:
    """A formality that stands in the way. customers: of how many; 0: of an entry of the register."""

    rule: str
    citation: str
    staff: str
    customers: int


@dataclass(frozen=True, slots=True)
class Weighed:
    """The picture of a draft, as it was counted by who only read: counting everybody holds up no writer."""

    arrangement_id: UUID
    at: datetime
    picture: dict[str, Any]


async def foresee(ask: Ask, new: NewArrangement) -> Weighed:
    """Count whom it reaches, before it is entered. Refusals as of `agree`."""
    _require_document(inputs.choice(Kind, new.kind, "kind"), new.document_sha256, "document_sha256")
    return await _weighed(ask, await arrangements.proposed(ask, new, State.IN_FORCE))


async def agree(act: Act, new: NewArrangement, weighed: Weighed) -> Arrangement:
    """Enter at once what is in force already, with its true first day. weighed: what `foresee` said of it.

    Refusals: as of `arrangements.agree`; CONFLICT for a sale, a rental or a pooling without its document or formality.
    """
    row = await arrangements.agree(act, new, (weighed.picture, weighed.at))
    await _require_formalities(act, row, "kind")
    return row


async def weigh(ask: Ask, arrangement: Ref) -> Weighed:
    """Count whom a draft would reach, purpose by purpose. Refusals: NOT_FOUND, CONFLICT for no draft."""
    return await _weighed(ask, await _draft(ask, arrangement))


async def _weighed(ask: Ask, row: Arrangement) -> Weighed:
    on = max(ask.at.date(), row.starts_on)
    known = (await knowledge.within(ask, row.organisation_id)).with_things("ARRANGEMENT", [_agreed(row)])
    picture = {
        "at": ask.at.isoformat(),
        "on": on.isoformat(),
        "purposes": [await _purpose(ask, row, known, each, on) for each in row.purposes],
    }
    return Weighed(row.id, ask.at, picture)


async def keep(act: Act, weighed: Weighed) -> Arrangement:
    """Keep a picture with its draft; a newer one stays. Refusals: NOT_FOUND, CONFLICT for a draft no more."""
    row = await _draft(act, weighed.arrangement_id, lock=True)
    if row.pictured_at is not None and row.pictured_at >= weighed.at:
        return row
    row.picture, row.pictured_at = weighed.picture, weighed.at
    await row.save(update_fields=["picture", "pictured_at"], using_db=act.db)
    await arrangements.record(act, "arrangement.weighed", row, covers=_covers(row))
    return row


async def put_in_force(act: Act, arrangement: Ref) -> Arrangement:
    """Let a draft count from now on; it begins today at the earliest. In force already: nothing changes.

    Refusals: CONFLICT where nobody has looked at its picture within a day, its document or a formality is missing;
    INVALID where it would be over already.
    """
    row = await catalogue.read(act, Arrangement, arrangement, "arrangement", lock=True)
    if row.state != State.DRAFT:
        return row
    today = act.at.date()
    if row.ends_on is not None and row.ends_on < today:
        raise invalid(f"This would have ended on {row.ends_on}: draft it anew.", "arrangement")
    await _require_ready(act, row)
    row.state, row.in_force_at = State.IN_FORCE.value, act.at
    row.starts_on = max(row.starts_on, today)
    await row.save(update_fields=["state", "in_force_at", "starts_on"], using_db=act.db)
    await arrangements.record(act, "arrangement.put_in_force", row, covers=_covers(row))
    return row


async def discard(act: Act, arrangement: Ref) -> None:
    """Throw a draft away. Refusals: NOT_FOUND, CONFLICT for one that is or was in force."""
    row = await _draft(act, arrangement, lock=True)
    await arrangements.record(act, "arrangement.discarded", row)
    await row.delete(using_db=act.db)


async def missing(ask: Ask, row: Arrangement) -> list[Missing]:
    """What authorities must have been told or have allowed before this may be in force, and have not."""
    if Kind(row.kind) not in TRADE:
        return []
    found = [
        Missing(**each)
        for purpose in (row.picture or {}).get("purposes", ())
        for each in purpose["formalities"]
    ]
    return found + [each for purpose in row.purposes for each in await _unfiled(ask, row, purpose)]


async def _draft(ask: Ask, arrangement: Ref, *, lock: bool = False) -> Arrangement:
    row = await catalogue.read(ask, Arrangement, arrangement, "arrangement", lock=lock)
    if row.state != State.DRAFT:
        raise Refusal(
            Code.CONFLICT, "This arrangement is in force: it is no draft any more.", ("arrangement",)
        )
    return row


async def _require_ready(act: Act, row: Arrangement) -> None:
    place = ("arrangement",)
    if row.pictured_at is None or row.pictured_at < act.at - LOOKED_WITHIN:
        raise Refusal(Code.CONFLICT, "Look first whom it will reach: nobody has within a day.", place)
    await _require_formalities(act, row, *place)


async def _require_formalities(act: Act, row: Arrangement, *place: str) -> None:
    _require_document(row.kind, row.document_sha256, *place)
    if lacking := await missing(act, row):
        said = " ".join(f"{each.staff} ({each.citation})" for each in lacking[:5])
        raise Refusal(Code.CONFLICT, f"Formalities are missing: {said}", place)


def _require_document(kind: str, sha256: str | None, *place: str) -> None:
    if Kind(kind) in TRADE and not sha256:
        message = "Selling, renting and pooling need the signed document: add it first."
        raise Refusal(Code.CONFLICT, message, place)


async def _purpose(ask: Ask, row: Arrangement, known: Known, purpose_id: UUID, on: date) -> dict[str, Any]:
    purpose = known.get("PURPOSE", str(purpose_id))
    shared = tuple(each for each in row.categories if str(each) in purpose.categories)
    about = Question(
        ANYBODY, ACTS[Kind(row.kind)], purpose_id, row.recipient_id, row.id, categories=shared or None,
        department=ask.actor.department_id,
    )  # fmt: skip
    crowd = Crowd(ask, row.organisation_id, known, Reader(Terms.of(known, about, on)), on)
    heaps = await crowd.heaps()
    found: Coverage = split(crowd, heaps)
    return {
        "purpose": str(purpose_id),
        "customers": found.customers,
        "undecided": found.undecided,
        "can_be_asked": found.can_be_asked,
        "covers": {cover.value: found.of(cover) for cover in Cover},
        "formalities": _formalities(crowd, heaps),
    }


def _formalities(crowd: Crowd, heaps: Sequence[Heap]) -> list[dict[str, Any]]:
    """Which rules say that an authority comes first, of how many customers each."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for heap in heaps:
        if cover_of(crowd, heap) is Cover.FORMALITY and heap.decision is not None:
            decided = heap.decision
            counts[decided.rule, decided.citation, decided.staff] += heap.customers
    return [
        {"rule": rule, "citation": citation, "staff": staff, "customers": number}
        for (rule, citation, staff), number in sorted(counts.items())
    ]


async def _unfiled(ask: Ask, row: Arrangement, purpose_id: UUID) -> list[Missing]:
    """Entries of the register under Moroccan law whose formality is not held: trading needs it, whoever is reached."""
    such = register.Such(purpose=purpose_id, jurisdiction=Jurisdiction.MA.value, archived=False)
    rows = await register.page(ask, Page(ACTIVITIES_MOST), such)
    states = await formalities.states_of_activities(ask, [each.id for each in rows])
    needed = {Formality.AUTHORISED} if Kind(row.kind) is Kind.POOLING else HELD
    rule, cites = (
        ("ma.art12-pooling", "Law 09-08 arts 1(11), 12(1)(f)")
        if Kind(row.kind) is Kind.POOLING
        else ("ma.art12-declaration", "Law 09-08 arts 12(2), 13-15, 19")
    )
    return [
        Missing(rule, cites, f"`{each.key}` is not {' or '.join(sorted(needed)).lower()} with the CNDP.", 0)
        for each in rows
        if states.get((each.id, Jurisdiction.MA), Formality.NONE) not in needed
    ]


def _covers(row: Arrangement) -> dict[str, dict[str, int]]:
    return {each["purpose"]: each["covers"] for each in (row.picture or {}).get("purposes", ())}


def _agreed(row: Arrangement) -> Agreed:
    """The draft as if it were in force."""
    return Agreed(
        key=row.key,
        recipient=str(row.recipient_id),
        kind=row.kind,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        purposes=tuple(str(each) for each in row.purposes),
        categories=tuple(str(each) for each in row.categories),
        country=row.destination_country,
        safeguard=row.safeguard,
        id=str(row.id),
    )
