"""Deciding who of the customers who are held may be handed over, and what each decision rests on.

Who stands alike is decided once, and the same Facts are one decision, whoever they are about. From customer to customer
only what is cited differs: which delivery, which collection.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson

from hub import citing, keeping, statements
from hub.act import Ask
from hub.db import Record, new_id, new_ids
from hub.errors import Refusal
from hub.gather import Several, readings, several
from hub.partners.offers import Offer
from hub.policy.decision import RULESET
from hub.policy.rule import Outcome
from hub.reading import Reading, State, Verdict
from hub.vault import DataKey

EVENT: Final = "disclosure.recorded"
BLANKS: Final = ("subject", "disclosure", "collection", "delivery")
"""What the ledger says of each customer by itself."""
Row = tuple[str, str, str, str, str]
"""A decision's own columns: id, question, facts, outcome, rule."""


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """Why those who stand alike may be handed over. place: which of their records decided. reading: what of it.

    categories: those that are held of what is offered, which the decision is about. body: what the ledger says of it.
    """

    decision: Row
    place: int
    reading: Reading
    categories: tuple[UUID, ...]
    body: statements.Alike


class Allowed(NamedTuple):
    """One who may be handed over, and the ids of what is written and cited, as text. named: the customer's own.

    rows: how each of their records stood.
    """

    customer_id: UUID
    named: str
    ground: Ground
    rows: Sequence[Record]
    subject_id: str
    disclosure_id: str
    collection_id: str | None
    delivery_id: str | None
    key: DataKey


async def allowed(
    ask: Ask, offer: Offer, ids: Sequence[UUID], held: set[UUID] | None = None
) -> list[Allowed]:
    """Those who may be. held: who is held, where somebody is; not who has become one with somebody that is not."""
    if not ids:
        return []
    found = await several(ask, offer.organisation_id, offer.question, ids)
    grounds = _Grounds(ask, offer, found)
    decided: list[tuple[UUID, Ground, Sequence[Record]]] = []
    wrapped: list[tuple[str, bytes]] = []
    for customer_id, rows in zip(ids, found.rows, strict=True):
        secret = _wrapped(rows, customer_id, held)
        ground = grounds.of(rows) if secret is not None else None
        if secret is not None and ground is not None:
            decided.append((customer_id, ground, rows))
            wrapped.append((str(customer_id), secret))
    keys, fresh = ask.hub.vault.unwrap_each(wrapped), iter(new_ids(2 * len(decided)))
    return [
        Allowed(customer_id, named, ground, rows, next(fresh), next(fresh), *_cited(ground, rows), key)
        for (customer_id, ground, rows), (named, _), key in zip(decided, wrapped, keys, strict=True)
    ]


def _wrapped(rows: Sequence[Record], customer_id: UUID, held: set[UUID] | None) -> bytes | None:
    """The data key of a customer whose records are all held, as it is stored."""
    if len(rows) == 1:  # mostly: their own
        return rows[0]["wrapped"]
    if held is not None and not held.issuperset([row["record_id"] for row in rows]):
        return None
    return next((row["wrapped"] for row in rows if row["record_id"] == customer_id), None)


def _cited(ground: Ground, rows: Sequence[Record]) -> tuple[str | None, str | None]:
    row = rows[ground.place]
    return citing.collection_id(row, ground.reading), citing.delivery_id(row, ground.reading.told)


class _Grounds:
    """The grounds of one offer, found once for each way to stand; None: those are not handed over."""

    def __init__(self, ask: Ask, offer: Offer, found: Several) -> None:
        self._hub, self._offer, self._found = ask.hub, offer, found
        self._question = keeping.question_json(found.reader.terms.resolved, found.reader.terms.agreed_id)
        self._known: dict[State, Ground | None] = {}
        self._decisions: dict[tuple[int, ...], Row] = {}

    def of(self, rows: Sequence[Record]) -> Ground | None:
        """Why a customer with these records may be handed over."""
        state = tuple([(row["part"], row["key"]) for row in rows])
        if state in self._known:
            return self._known[state]
        ground = self._ground(rows)
        if not any(self._found.reader.is_mixed(key) for _, key in state):
            self._known[state] = ground
        return ground

    def _ground(self, rows: Sequence[Record]) -> Ground | None:
        one, mixed = self._found.reader, self._found.mixed
        try:
            pairs = [
                (at, each) for at, row in enumerate(rows) for each in readings(self._hub, one, row, mixed)
            ]
        except Refusal:
            return None
        verdict = one.verdict(tuple([each for _, each in pairs])) if pairs else None
        if verdict is None or verdict.decision.outcome is not Outcome.ALLOW:
            return None
        about = _about([each for _, each in pairs], self._offer)
        decision = self._decision(verdict, [each for _, each in pairs])
        place, reading = pairs[verdict.place]
        return (
            Ground(decision, place, reading, about, self._body(decision, reading, about)) if about else None
        )

    def _body(self, decision: Row, reading: Reading, about: tuple[UUID, ...]) -> statements.Alike:
        shown = reading.told.shown
        said: dict[str, Any] = {
            "event": EVENT, "decision": decision[0], "outcome": decision[3], "rule": decision[4], "rules": RULESET,
            "facts": f"{reading.facts.signature:x}", "clause": _text(shown and shown.clause_id),
            "notice_version": _text(shown and shown.version_id), "recipient": str(self._offer.recipient_id),
            "arrangement": str(self._offer.arrangement_id), "purpose": str(self._offer.purpose_id),
            "categories": [str(each) for each in about],
        }  # fmt: skip
        return statements.Alike(said, BLANKS)

    def _decision(self, verdict: Verdict, several: Sequence[Reading]) -> Row:
        found = self._decisions.get(verdict.signatures)
        if found is None:
            facts = orjson.dumps([each.facts.to_dict() for each in several]).decode()
            decision = verdict.decision
            found = (str(new_id()), self._question, facts, decision.outcome.value, decision.rule)
            self._decisions[verdict.signatures] = found
        return found


def _about(several: Sequence[Reading], offer: Offer) -> tuple[UUID, ...]:
    """Of what is offered the categories that every reading was about."""
    about = set(several[0].told.categories)
    about.intersection_update(*[each.told.categories for each in several[1:]])
    return tuple([each for each in offer.categories if str(each) in about])


def _text(found: UUID | None) -> str | None:
    return str(found) if found else None
