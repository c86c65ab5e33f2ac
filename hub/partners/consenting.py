"""The customer's side of a referral: what they are asked, what they answer, what became of it, and taking it back.

Whoever is signed in sees their own; whoever has a letter's link sees the one it is for, and values only as masks.
Looking changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID

import orjson

from hub import choices, decisions, merges, posed, questions, scope
from hub.act import Act, Ask
from hub.answers import Answer
from hub.db import Record
from hub.errors import not_found
from hub.partners import passing, referrals, settling
from hub.partners.passing import Value
from hub.partners.putting import digest
from hub.partners.referrals import Event, Referral
from hub.policy import asking
from hub.policy.rule import Outcome
from hub.posed import Question, Where
from hub.posed import State as Answered
from hub.questions import Showing
from hub.said import Evidence, Kind, Method, Scope

OWN_MOST: Final = 30
TWO_STEPS: Final = "two_steps"
TAKEN_BACK: Final = "I take this back."

_LINKED: Final = "SELECT id FROM referral WHERE link = $1 AND organisation_id = $2"
_NAMED: Final = """
    SELECT x.id, r.name AS recipient, p.names AS purposes, p.benefits, a.ends_on, a.keep_days, a.gain,
        c.erased_at IS NOT NULL AS is_erased
    FROM referral x JOIN recipient r ON r.id = x.recipient_id JOIN purpose p ON p.id = x.purpose_id
    JOIN arrangement a ON a.id = x.arrangement_id JOIN customer c ON c.id = x.customer_id WHERE x.id = ANY ($1)
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """A referral as its customer sees it.

    question: None where nothing had to be asked. purposes, benefits, gain: per language; gain: what we get from it.
    is_allowed: whether it may go on at this moment. asks_twice: whether a yes is to be confirmed.
    """

    referral: Referral
    question: Question | None
    recipient: str
    purposes: Mapping[str, str]
    benefits: Mapping[str, str]
    gain: Mapping[str, str]
    keep_days: int | None
    ends_on: Any
    events: Sequence[Event]
    need: str = field(default="", repr=False)
    values: Sequence[Value] = field(default=(), repr=False)
    is_allowed: bool = False
    asks_twice: bool = False

    @property
    def can_answer(self) -> bool:
        """Whether the question waits for its answer, here."""
        ask = self.question
        return ask is not None and ask.ended_at is None and Where.PORTAL in ask.places


async def by_link(ask: Ask, token: str) -> UUID:
    """Find the referral that a letter's link is for; Refusal NOT_FOUND for none of ours."""
    found: UUID | None = await ask.value(_LINKED, digest(token), ask.actor.organisation_id)
    if found is None:
        raise not_found("question")
    return found


async def own(ask: Ask, before: UUID | None = None) -> tuple[list[Seen], UUID | None]:
    """A stretch of the referrals of the customer who is signed in, the newest first.

    Also the last one's id, where others follow. before: only those below that one.
    """
    towards = scope.organisation(ask, None)
    found = await referrals.of_people(ask, await _people(ask), towards, OWN_MOST + 1, before)
    some = found[:OWN_MOST]
    return await _seen(ask, some), some[-1].id if len(found) > OWN_MOST else None


async def waiting(ask: Ask) -> list[Seen]:
    """List the referrals about which the customer who is signed in is asked, and may answer here."""
    found = await referrals.asked_of(ask, await _people(ask), scope.organisation(ask, None))
    return [each for each in await _seen(ask, found) if each.can_answer]


async def require_own(ask: Ask, referral_id: UUID) -> None:
    """Refuse NOT_FOUND a referral that is not of the customer who is signed in."""
    referral = await referrals.read(ask, referral_id, "referral")
    if referral.customer_id not in await _people(ask):
        raise not_found("referral", "referral")


async def look(ask: Ask, referral_id: UUID) -> Seen:
    """Read one, whole. Whoever calls has made sure for whom it is; of somebody erased there is none."""
    referral = await referrals.read(ask, referral_id, "referral")
    [seen] = await _seen(ask, [referral]) or [None]
    if seen is None:
        raise not_found("referral", "referral")
    said = (await referrals.needs(ask, [referral_id])).get(referral_id, "")
    values = (await passing.values(ask, [referral]))[referral_id]
    [now] = await decisions.preview_within(ask, referral.organisation_id, [settling.may(referral)])
    facts = now.all_facts if isinstance(now, Answer) else ()
    twice = any(each.code == TWO_STEPS for one in facts for each in asking.may_ask(one).how)
    allowed = isinstance(now, Answer) and now.decision.outcome is Outcome.ALLOW
    return replace(seen, need=said, values=values, is_allowed=allowed, asks_twice=twice)


async def answer(act: Act, referral_id: UUID, *, is_yes: bool) -> None:
    """Record the customer's answer, and release or close the referral; after a yes, a no takes it back.

    Refusal CONFLICT where they may not be asked any more.
    """
    referral = await referrals.read(act, referral_id, "referral")
    if referral.question_id is None:
        return
    question, _ = await posed.hold_question(act, referral.question_id)
    if question.ended_at is not None:
        if question.state is Answered.ANSWERED_YES and not is_yes:  # from an old page: still their last word
            await take_back(act, referral_id)
        return
    showing = Showing(Where.PORTAL, locale=act.locale if act.locale in question.wording else None)
    await questions.show(act, question.id, showing)
    await questions.answer(act, question.id, showing, is_yes=is_yes)


async def take_back(act: Act, referral_id: UUID) -> None:
    """Withdraw the consent, or where there was none stop it; what is offered and not accepted is withdrawn."""
    referral = await referrals.read(act, referral_id, "referral")
    await scope.hold(act, referral.customer_id, referral.organisation_id, "referral")
    about = Scope(
        referral.customer_id, referral.organisation_id, referral.purpose_id, (), referral.recipient_id
    )
    said = Evidence(TAKEN_BACK, Method.WEB)
    if not await settling.allowed(act, [referral]):
        return
    if referral.question_id is not None:
        await choices.withdraw_consent(act, about, said)
    if await settling.allowed(act, [referral]):
        await choices.opt_out(act, Kind.SHARING, about, said)
    await settling.withdrawn(act, referral.customer_id, referral.organisation_id)


async def _people(ask: Ask) -> list[UUID]:
    customer_id = scope.own(ask)
    if customer_id is None:
        raise not_found("customer", "customer")
    return list((await merges.families(ask, [customer_id])).get(customer_id, (customer_id,)))


async def _seen(ask: Ask, some: Sequence[Referral]) -> list[Seen]:
    ids = [each.id for each in some]
    named = {row["id"]: row for row in await ask.rows(_NAMED, ids)} if ids else {}
    asked = await posed.by_ids(ask, [each.question_id for each in some if each.question_id])
    told = await referrals.events_of(ask, ids)
    return [
        _one(each, named[each.id], asked.get(each.question_id) if each.question_id else None, told[each.id])
        for each in some if not named[each.id]["is_erased"]
    ]  # fmt: skip


def _one(referral: Referral, row: Record, question: Question | None, events: Sequence[Event]) -> Seen:
    return Seen(
        referral, question, row["recipient"], orjson.loads(row["purposes"]), orjson.loads(row["benefits"]),
        orjson.loads(row["gain"] or "{}"), row["keep_days"], row["ends_on"], events,
    )  # fmt: skip
