"""Choices: what a customer agrees to, refuses, withdraws, opts out of or objects to.

Each verb keeps what was said with its evidence and records it; the next word is a new row, never a change.
How scopes combine is for decisions, not here.

An opt-out is always recorded, also one that repeats an earlier one. A withdrawal reaches every consent that
its scope covers, so that nobody has to name each channel to be left alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from hub import inputs, particulars, said
from hub.act import Act, Ask
from hub.errors import Code, Refusal, invalid, not_found
from hub.ledger import Detail
from hub.recording import Adding
from hub.said import Action, Choice, Evidence, Grade, Kind, Place, Scope, Word
from hub.scope import organisation, reach
from hub.standings import AgeBand

OPT_OUTS = frozenset({Kind.SHARING, Kind.SIGNAL, Kind.LIMIT})


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of a customer's choices in the order in which they were recorded."""

    items: tuple[Choice, ...] = field(default=())
    has_more: bool = False


_HISTORY = f"SELECT {said.COLUMNS} FROM choice WHERE customer_id = $1 AND organisation_id = $2"  # noqa: S608
_FORWARDS = f"{_HISTORY} AND ($3::uuid IS NULL OR id > $3) ORDER BY id LIMIT $4"
_BACKWARDS = f"{_HISTORY} AND ($3::uuid IS NULL OR id < $3) ORDER BY id DESC LIMIT $4"
_BY_IDS = f"""
    SELECT {said.COLUMNS} FROM choice WHERE id = ANY ($1) AND ($2::uuid IS NULL OR organisation_id = $2)
"""  # noqa: S608 - joined from constants
_LATEST = f"""
    SELECT latest.* FROM unnest($1::uuid[]) AS wanted (id) CROSS JOIN LATERAL (
        SELECT {said.COLUMNS} FROM choice WHERE customer_id = wanted.id AND organisation_id = $2
        ORDER BY id DESC LIMIT $3
    ) latest
"""  # noqa: S608 - joined from constants
_AGE = "SELECT (s.standing).age FROM standing_at($1, $2, $3) s"
_OBJECTION = f"""
    SELECT {said.COLUMNS} FROM choice WHERE id = $1 AND kind = 'OBJECTION' AND action = 'PENDING'
"""  # noqa: S608 - joined from constants


async def give_consent(
    act: Adding, scope: Scope, evidence: Evidence, grade: str = Grade.GIVEN, ends_at: datetime | None = None
) -> list[Choice]:
    """Record a consent to one purpose, for each channel named and one recipient: exactly these."""
    worth = inputs.choice(Grade, grade, "grade")
    if worth is Grade.GUARDIAN:
        await _require_minor(act, scope, evidence)
    return await _keep(act, Word(Kind.CONSENT, Action.GIVEN, scope, evidence, worth, ends_at), "choice.given")


async def refuse_consent(act: Adding, scope: Scope, evidence: Evidence) -> list[Choice]:
    """Record that the customer was asked and said no."""
    return await _keep(act, Word(Kind.CONSENT, Action.REFUSED, scope, evidence), "choice.refused")


async def ask_consent(act: Adding, scope: Scope, evidence: Evidence) -> list[Choice]:
    """Record that the customer was asked; the answer is another word."""
    return await _keep(act, Word(Kind.CONSENT, Action.ASKED, scope, evidence), "choice.asked")


async def ask_many(act: Act, words: Sequence[Word]) -> list[list[Choice]]:
    """Record by one statement that many customers are asked now, each once.

    words: one for each customer, checked by the caller, who holds the customers; without a sealed reference.
    """
    several = [said.spoken(act, word, said.places(word.scope)) for word in words]
    await act.add(choices=[said.row(choice) for made in several for choice in made])
    details = [
        Detail(word.scope.customer_id, _body(word, each)) for word, each in zip(words, several, strict=True)
    ]
    await act.record_crowd("choice.asked", details)
    return several


async def withdraw_consent(act: Act, scope: Scope, evidence: Evidence) -> list[Choice]:
    """Record that every consent the scope covers is taken back; where that stands already, return it."""
    return await _withdraw(act, Word(Kind.CONSENT, Action.WITHDRAWN, scope, evidence), "choice.withdrawn")


async def consent_to_transfer(
    act: Adding, scope: Scope, evidence: Evidence, ends_at: datetime | None = None
) -> list[Choice]:
    """Record an explicit, informed consent to a transfer abroad to one recipient."""
    word = Word(Kind.TRANSFER, Action.GIVEN, scope, evidence, Grade.EXPLICIT, ends_at)
    return await _keep(act, word, "choice.given")


async def withdraw_transfer(act: Act, scope: Scope, evidence: Evidence) -> list[Choice]:
    """Record that the consent to a transfer abroad is taken back."""
    return await _withdraw(act, Word(Kind.TRANSFER, Action.WITHDRAWN, scope, evidence), "choice.withdrawn")


async def opt_out(act: Adding, kind: str, scope: Scope, evidence: Evidence) -> list[Choice]:
    """Record an opt-out of SHARING, a browser's SIGNAL, or California's LIMIT."""
    word = Word(_opt_out_kind(kind), Action.OPTED_OUT, scope, evidence)
    return await _keep(act, word, "choice.opted_out")


async def opt_in(act: Adding, kind: str, scope: Scope, evidence: Evidence) -> list[Choice]:
    """Record that an opt-out of exactly this scope is taken back by the customer."""
    word = Word(_opt_out_kind(kind), Action.OPTED_IN, scope, evidence)
    return await _keep(act, word, "choice.opted_in")


async def opt_out_of_marketing(act: Adding, scope: Scope, evidence: Evidence) -> list[Choice]:
    """Record that no marketing is wanted on these channels, or on any. Only a later consent reverses it."""
    return await _keep(act, Word(Kind.MARKETING, Action.OPTED_OUT, scope, evidence), "choice.opted_out")


async def object_to(act: Adding, scope: Scope, evidence: Evidence) -> list[Choice]:
    """Record an objection to processing; it stands until it is settled or withdrawn."""
    return await _keep(act, Word(Kind.OBJECTION, Action.PENDING, scope, evidence), "choice.objected")


async def settle_objection(act: Act, objection_id: UUID, evidence: Evidence, *, is_upheld: bool) -> Choice:
    """Uphold or overrule a pending objection; Refusal CONFLICT where it does not stand any more."""
    row = await act.row(_OBJECTION, objection_id)
    if row is None or act.actor.organisation_id not in {None, row["organisation_id"]}:
        raise not_found("objection", "objection")
    made = Choice(**row)
    channels = [made.channel] if made.channel else []
    scope = Scope(made.customer_id, made.organisation_id, made.purpose_id, channels, made.recipient_id)
    action = Action.UPHELD if is_upheld else Action.OVERRULED
    word = await said.check(act, Word(Kind.OBJECTION, action, scope, evidence))
    standing = (await said.last(act, word)).get(Place(made.purpose_id, made.channel, made.recipient_id))
    if standing is None or standing.id != made.id:
        raise Refusal(Code.CONFLICT, "This objection is settled or withdrawn already.", ("objection",))
    [settled] = await said.write(act, word, said.places(scope))
    await _record(act, "choice.objection_settled", word, [settled])
    return settled


async def withdraw_objection(act: Act, scope: Scope, evidence: Evidence) -> list[Choice]:
    """Record that the customer takes back every objection the scope covers."""
    word = Word(Kind.OBJECTION, Action.WITHDRAWN, scope, evidence)
    return await _withdraw(act, word, "choice.objection_withdrawn")


async def history(
    ask: Ask,
    customer_id: UUID,
    after: UUID | None = None,
    limit: int = 50,
    *,
    backwards: bool = False,
    organisation_id: UUID | None = None,
) -> Page:
    """Read a stretch of choices after an id (backwards: before it), always in ascending order."""
    reached = await reach(ask, customer_id, organisation_id, "customer")
    sql = _BACKWARDS if backwards else _FORWARDS
    most = particulars.page_size(limit, "limit")
    rows = await ask.rows(sql, customer_id, reached.organisation_id, after, most + 1)
    items = [Choice(**row) for row in rows[:most]]
    return Page(tuple(reversed(items) if backwards else items), len(rows) > most)


async def by_ids(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, Choice]:
    """Read many choices by one statement; those unknown or of others are left out."""
    rows = await ask.rows(_BY_IDS, list(ids), ask.actor.organisation_id)
    return {row["id"]: Choice(**row) for row in rows}


async def of_customers(
    ask: Ask, ids: Sequence[UUID], organisation_id: UUID | None = None, limit: int = 1_000
) -> dict[UUID, tuple[Choice, ...]]:
    """Read the latest choices of each of many customers by one statement, the last word first."""
    found: dict[UUID, list[Choice]] = {customer_id: [] for customer_id in ids}
    for row in await ask.rows(_LATEST, list(ids), organisation(ask, organisation_id), limit):
        found[row["customer_id"]].append(Choice(**row))
    return {customer_id: tuple(items) for customer_id, items in found.items()}


async def _keep(act: Adding, word: Word, event: str) -> list[Choice]:
    checked = await said.check(act, word)
    kept = await said.write(act, checked, said.places(checked.scope))
    await _record(act, event, checked, kept)
    return kept


_STANDS = {Action.GIVEN, Action.PENDING, Action.UPHELD}


async def _withdraw(act: Act, word: Word, event: str) -> list[Choice]:
    """Write it where it covers something that stands, and in its own places unless it stands there."""
    checked = await said.check(act, word)
    last, own = await said.last(act, checked), said.places(checked.scope)
    reached = [
        place
        for place, choice in last.items()
        if choice.action in _STANDS and any(mine.covers(place) for mine in own)
    ]
    said_no = {Action.WITHDRAWN, Action.REFUSED}
    fresh = [mine for mine in own if mine not in last or last[mine].action not in {*said_no, *_STANDS}]
    where = reached + fresh
    if not where:
        return [last[mine] for mine in own]
    kept = await said.write(act, checked, where)
    await _record(act, event, checked, kept)
    return kept


async def _record(act: Adding, event: str, word: Word, kept: list[Choice]) -> None:
    await act.record(event, word.scope.customer_id, **_body(word, kept))


def _body(word: Word, kept: Sequence[Choice]) -> dict[str, Any]:
    return {
        "choices": [choice.id for choice in kept],
        "kind": word.kind,
        "action": word.action,
        "purpose": word.scope.purpose_id,
        "channels": [choice.channel for choice in kept],
        "recipient": word.scope.recipient_id,
        "grade": word.grade,
        "method": word.evidence.method,
        "wording_sha256": kept[0].wording_sha256,
        "notice_version": word.evidence.notice_version_id,
        "happened_at": kept[0].happened_at,
    }


def _opt_out_kind(kind: str) -> Kind:
    chosen = inputs.choice(Kind, kind, "kind")
    if chosen not in OPT_OUTS:
        raise invalid("Use SHARING, SIGNAL or LIMIT; marketing has a verb of its own.", "kind")
    return chosen


async def _require_minor(act: Adding, scope: Scope, evidence: Evidence) -> None:
    reached = await reach(act, scope.customer_id, scope.organisation_id, "customer")
    at = particulars.happened(act, evidence.happened_at, "happened_at")
    age = await act.value(_AGE, reached.id, reached.organisation_id, at)
    if age == AgeBand.ADULT:
        raise invalid("A guardian agrees for a minor only; this customer was an adult then.", "grade")
