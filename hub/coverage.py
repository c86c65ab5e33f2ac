"""Coverage: which customers an arrangement reaches by what they were told, and why the others not."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from hub.act import Ask
from hub.crowds import EVERYBODY, Crowd, Heap, Such
from hub.known import Version
from hub.policy.facts import Facts
from hub.policy.remedies import remedies
from hub.policy.rule import Outcome
from hub.policy.values import Consent, MarketingChoice, Notice, Objection, SharingChoice
from hub.questioned import Question
from hub.shapes import LOW, shapes
from hub.telling import Told, tell_as_collected

SAID_NO = frozenset({"consent", "marketing_choice", "sharing_choice", "objection", "limit_sensitive"})


class Cover(StrEnum):
    """Where a customer stands. The first three may be passed on; the rest not, or not yet."""

    SEEN = "SEEN"
    LATER = "LATER"
    AGREED = "AGREED"
    CONSENT = "CONSENT"
    NOTICE = "NOTICE"
    UNKNOWN_NOTICE = "UNKNOWN_NOTICE"
    OBJECTED = "OBJECTED"
    FORMALITY = "FORMALITY"
    BARRED = "BARRED"


@dataclass(frozen=True, slots=True)
class Share:
    """How many customers of one notice version stand where. version: the one that governs; None: none is known."""

    cover: Cover
    version: Version | None
    customers: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """The customer base, split. can_be_asked: of those who need to consent, how many the law lets us ask."""

    customers: int
    shares: tuple[Share, ...]
    can_be_asked: int
    undecided: int

    def of(self, cover: Cover) -> int:
        """How many stand there."""
        return sum(share.customers for share in self.shares if share.cover is cover)


async def coverage(ask: Ask, question: Question, such: Such = EVERYBODY) -> Coverage:
    """Split the customer base by what they were told about a question."""
    crowd = await Crowd.of(ask, question)
    return split(crowd, await crowd.heaps(such))


def split(crowd: Crowd, heaps: Sequence[Heap]) -> Coverage:
    """Add heaps up by where they stand and the version that governs them."""
    counts: Counter[tuple[Cover, str]] = Counter()
    versions: dict[str, Version | None] = {"": None}
    can_be_asked = undecided = 0
    for heap in heaps:
        cover = cover_of(crowd, heap)
        if cover is None or heap.reading is None:
            undecided += heap.customers
            continue
        version = heap.reading.told.version
        versions[version.id if version else ""] = version
        counts[cover, version.id if version else ""] += heap.customers
        can_be_asked += heap.customers if is_askable(crowd, heap) else 0
    order = list(Cover)
    shares = [Share(cover, versions[mark], number) for (cover, mark), number in counts.items()]
    shares.sort(key=lambda share: (order.index(share.cover), _name(share.version)))
    return Coverage(counts.total() + undecided, tuple(shares), can_be_asked, undecided)


def cover_of(crowd: Crowd, heap: Heap) -> Cover | None:
    """Where a heap stands; None where nobody can tell."""
    if heap.decision is None or heap.reading is None:
        return None
    facts, outcome = heap.reading.facts, heap.decision.outcome
    if outcome is Outcome.ALLOW:
        return _allowed(crowd, heap)
    if outcome is Outcome.DENY:
        return Cover.OBJECTED if _said_no(facts, heap) else Cover.BARRED
    if outcome is Outcome.FORMALITY_NEEDED:
        return Cover.FORMALITY
    if facts.notice is Notice.MISSING:
        return Cover.UNKNOWN_NOTICE
    return Cover.CONSENT if outcome is Outcome.CONSENT_NEEDED else Cover.NOTICE


def may_be_asked(on: date) -> Callable[[Facts], bool]:
    """Tell of facts whether consent is what is missing, and the person may be asked for it."""

    def may(facts: Facts) -> bool:
        return any(change.fact == "consent" for remedy in remedies(facts, on) for change in remedy.changes)

    return may


def is_askable(crowd: Crowd, heap: Heap) -> bool:
    """Whether a heap needs to consent and may be asked to: what a consent campaign is for."""
    is_needed = heap.decision is not None and heap.decision.outcome is Outcome.CONSENT_NEEDED
    return is_needed and heap.reading is not None and may_be_asked(crowd.on)(heap.reading.facts)


async def members(
    ask: Ask,
    question: Question,
    cover: Cover,
    such: Such = EVERYBODY,
    after: UUID | None = None,
    size: int = 100,
) -> list[UUID]:
    """A keyset page of those who stand there; of CONSENT, those who may be asked: the list of a consent campaign."""
    crowd = await Crowd.of(ask, question)
    return await crowd.members(
        lambda heap: such.fits(heap.standing) and is_listed(crowd, heap, cover), after, size
    )


def is_listed(crowd: Crowd, heap: Heap, cover: Cover) -> bool:
    """Whether a heap is on the list of a cover: stands there, and of CONSENT may be asked."""
    return cover_of(crowd, heap) is cover and (cover is not Cover.CONSENT or is_askable(crowd, heap))


def _allowed(crowd: Crowd, heap: Heap) -> Cover:
    """By the notice that was shown when the data came in, by one that came later, or by the customer's own yes."""
    assert heap.reading is not None  # noqa: S101 - an ALLOW was read
    told = heap.reading.told
    if not _covers(crowd, told):
        return Cover.AGREED
    holding = shapes(crowd.ask.hub).holdings[heap.stand.part & LOW]
    first = tell_as_collected(crowd.reader.terms, holding, heap.reading.facts.jurisdiction)
    return Cover.SEEN if _covers(crowd, first) else Cover.LATER


def _covers(crowd: Crowd, told: Told) -> bool:
    is_inside = crowd.reader.terms.recipient is None or crowd.reader.terms.is_processor
    return told.purpose_fit != "NEW" and (is_inside or told.reach != "UNCOVERED")


def _said_no(facts: Facts, heap: Heap) -> bool:
    assert heap.decision is not None  # noqa: S101 - a DENY was decided
    named = SAID_NO & {name for name, _ in heap.decision.facts}
    no = {
        "consent": facts.consent in {Consent.REFUSED, Consent.WITHDRAWN},
        "marketing_choice": facts.marketing_choice is not MarketingChoice.NONE,
        "sharing_choice": facts.sharing_choice is not SharingChoice.NONE,
        "objection": facts.objection in {Objection.PENDING, Objection.UPHELD},
        "limit_sensitive": facts.limit_sensitive,
    }
    return any(no[name] for name in named)


def _name(version: Version | None) -> tuple[str, int]:
    return (version.notice_key, version.number) if version else ("", 0)
