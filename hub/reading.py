"""Reading: a question's terms against any customer's state: facts, and the clause they rest on (pure).

A reader keeps what it has read: customers whose states have the same parts get the same reading.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from hub.policy.decision import Decision, decide_packed, strictest
from hub.policy.facts import Facts
from hub.policy.remedies import Remedy, remedies
from hub.policy.values import Consent
from hub.questioned import built
from hub.shapes import LOW, MIXED, SAID, Holding, Saying, Shapes, Standing
from hub.telling import Told, tell
from hub.terms import Terms
from hub.words import Clock, Heard, hear

UNREGISTERED = frozenset({"MA", "EU"})  # no national do-not-contact register there
READINGS_AT_MOST = 50_000
SLOTS_AT_MOST = 63


class Bits(NamedTuple):
    """How a row's instants compare: see `facts.sql`, which packs them in this order."""

    is_quiet: bool
    is_past_retention: bool
    is_old_prospect: bool
    ended: int
    old_calls: int
    slots_before: int
    checks: int

    @classmethod
    def unpack(cls, key: int) -> "Bits":
        """From a key. checks: of each register two bits, how many of the days its check has reached."""
        is_quiet, is_past_retention, is_old_prospect = (not key >> place & 1 for place in (62, 45, 46))
        checks = (key >> 28 & 7).bit_count() | (key >> 47 & 63) << 2
        return cls(
            is_quiet,
            is_past_retention,
            is_old_prospect,
            key >> 31 & 7,
            key >> 34 & 7,
            key >> 37 & 63,
            checks,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """The facts of one state under one jurisdiction, and what was read for them."""

    facts: Facts
    told: Told


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """The strictest decision of several readings, which of them it is, and what would turn it into ALLOW.

    signatures: of the facts of all of them; the same ones have the same verdict.
    """

    decision: Decision
    place: int
    remedies: tuple[Remedy, ...]
    signatures: tuple[int, ...]


State = tuple[tuple[int, int], ...]
"""How a customer stands: part and key (see `facts.sql`) of each of their records, mostly one."""


class Stand(NamedTuple):
    """What a state comes to. verdict: None where nobody can tell. part: of the record that decided."""

    standing: Standing
    part: int
    readings: tuple[Reading, ...]
    verdict: Verdict | None
    state: State = ()


@dataclass(frozen=True, slots=True)
class Supposed:
    """What is not so, but might be: versions that reached everybody; a consent to this very question, of this grade."""

    told: tuple[str, ...] = ()
    grade: str | None = None
    may_ask: Callable[[Facts], bool] = bool


class Reader:
    """Reads states for one question on one day; with ``supposed``, as if that were so."""

    def __init__(self, terms: Terms, supposed: Supposed | None = None) -> None:
        self.terms = terms
        self.supposed = supposed
        self.columns: tuple[Any, ...] | None = None
        self._memory: dict[tuple[int, int], tuple[Reading, ...]] = {}
        self._verdicts: dict[tuple[int, ...], Verdict] = {}
        self._stands: dict[State, Stand] = {}
        self._tolds: dict[tuple[int, str], Told] = {}

    def read(self, shapes: Shapes, part: int, key: int) -> tuple[Reading, ...]:
        """Read a state by its key (see `facts.sql`), a reading per jurisdiction; Refusal where no facts come of it."""
        found = self._memory.get((part, key))
        if found is None:
            if len(self._memory) >= READINGS_AT_MOST:
                self._memory.clear()
            found = self._memory[part, key] = self.read_words(shapes, part, key, shapes.sayings[key & SAID])
        return found

    def verdict(self, readings: tuple[Reading, ...]) -> "Verdict":
        """Decide each reading and keep the strictest; the same facts are decided once."""
        signatures = tuple([each.facts.signature for each in readings])
        found = self._verdicts.get(signatures)
        if found is None:
            if len(self._verdicts) >= READINGS_AT_MOST:
                self._verdicts.clear()
            decisions = [decide_packed(each, self.terms.law.on) for each in signatures]
            decision = strictest(decisions)
            index = decisions.index(decision)
            moves = remedies(readings[index].facts, self.terms.law.on)
            found = self._verdicts[signatures] = Verdict(decision, index, moves, signatures)
        return found

    def unread(self, states: Sequence[State]) -> Sequence[State]:
        """Those among these that `stands` has not read yet: what their numbers name must be known first."""
        news = [state for state in states if state not in self._stands]
        if len(self._stands) + len(news) > READINGS_AT_MOST:
            self._stands, news = {}, list(states)
        return news

    def stands(self, shapes: Shapes, news: Sequence[State]) -> Mapping[State, Stand]:
        """What states come to, these and all read before; left out are those to be read one by one (`is_mixed`)."""
        for state in news:
            if not any(self.is_mixed(key) for _, key in state):
                self._stands[state] = self._stand(shapes, state)
        return self._stands

    def _stand(self, shapes: Shapes, state: State) -> Stand:
        """The records of a family are read together, and the strictest answer counts."""
        read = [(part, each) for part, key in state for each in self.read(shapes, part, key)]
        readings = tuple([each for _, each in read])
        verdict = self.verdict(readings) if readings else None
        part = read[verdict.place][0] if verdict else state[0][0]
        return Stand(shapes.standings[part >> 32], part, readings, verdict, state)

    def is_mixed(self, key: int) -> bool:
        """Whether the words of a key turn on more instants than it counts, so that they must be read one by one."""
        return bool(key & MIXED)

    def read_words(self, shapes: Shapes, part: int, key: int, saying: Saying) -> tuple[Reading, ...]:
        """Read a state whose words are given; nothing is kept."""
        standing, bits = shapes.standings[part >> 32], Bits.unpack(key)
        return tuple([
            self._reading(standing, place, self._told(shapes, part & LOW, place), saying, bits)
            for place in standing.jurisdictions
        ])  # fmt: skip

    def _reading(self, standing: Standing, place: str, told: Told, saying: Saying, bits: Bits) -> Reading:
        clock = Clock(bits.is_quiet, bits.ended, bits.old_calls)
        heard = hear(saying, self.terms.scope, place, self._age(place, standing), clock)
        values = (*self._asked(place, told, bits), *self._heard(place, standing, told, heard, bits))
        question = self.terms.question
        asked = (question.act, question.channel, question.offer, question.footer, question.profile_effect)
        facts = built(values, asked)
        if self.supposed is not None and self.supposed.grade is not None and self.supposed.may_ask(facts):
            facts = replace(facts, consent=Consent(self.supposed.grade))
        return Reading(facts, told)

    def _asked(self, place: str, told: Told, bits: Bits) -> tuple[Any, ...]:
        """From jurisdiction to basis, in the order of GATHERED."""
        terms, purpose = self.terms, self.terms.purpose
        is_counted = bits.slots_before < SLOTS_AT_MOST  # a key counts no further
        is_later = told.first_slot is not None and (told.first_slot <= bits.slots_before or not is_counted)
        return (
            place, purpose.kind, told.purpose_fit, told.source, told.notice, self._recipient(told),
            "AFTER_COLLECTION" if is_later else "AT_COLLECTION", terms.needs_to_know,
            terms.known.organisation.strict_sharing, purpose.bases.get(place, ("NONE", False))[0],
        )  # fmt: skip

    def _heard(self, place: str, standing: Standing, told: Told, heard: Heard, bits: Bits) -> tuple[Any, ...]:
        """From consent to destination, in the order of GATHERED."""
        terms, purpose = self.terms, self.terms.purpose
        return (
            heard.consent, heard.marketing_choice, heard.sharing_choice, heard.limit_sensitive, heard.objection,
            told.is_offered, standing.relationship, self._is_blocked(place, standing, bits), told.data,
            purpose.bases.get(place, ("NONE", False))[1], self._age(place, standing),
            _record_state(standing, bits), terms.known.formality(purpose.id, place, self.terms.law.on),
            self._destination(place, heard),
        )  # fmt: skip

    def _age(self, place: str, standing: Standing) -> str:
        return self.terms.law.ages[place].get(standing.age, "ADULT")

    def _recipient(self, told: Told) -> str:
        if self.terms.recipient is None:
            return "INTERNAL"
        if self.terms.agreed is None:
            return "UNCOVERED"
        return "PROCESSOR" if self.terms.is_processor else told.reach

    def _is_blocked(self, place: str, standing: Standing, bits: Bits) -> bool:
        """An unchecked number, or one checked too long ago, counts as listed."""
        if place in UNREGISTERED:
            return False
        for index, (where, is_listed) in enumerate(standing.registries):
            if where == place:
                return is_listed or self.terms.law.is_washed_out(place, bits.checks >> 2 * index & 3)
        return True

    def _destination(self, place: str, heard: Heard) -> str:
        if self.terms.recipient is None:
            return "DOMESTIC"
        country = self.terms.agreed.country if self.terms.agreed is not None else self.terms.recipient.country
        if free := self.terms.law.destination(place, country):
            return free
        if self.terms.agreed is not None and self.terms.agreed.safeguard != "NONE" and place != "MA":
            return "SAFEGUARDED"
        return "CONSENTED" if heard.transfer else "UNSAFE"

    def _told(self, shapes: Shapes, holding_id: int, place: str) -> Told:
        found = self._tolds.get((holding_id, place))
        if found is None:
            holding = shapes.holdings[holding_id]
            if self.supposed is not None:
                last = max(holding.told.values(), default=0) + 1
                holding = Holding(
                    holding.intakes, {**holding.told, **dict.fromkeys(self.supposed.told, last)}
                )
            found = self._tolds[holding_id, place] = tell(self.terms, holding, place)
        return found


def _record_state(standing: Standing, bits: Bits) -> str:
    if standing.is_erased:
        return "ERASED"
    if standing.is_held:
        return "HOLD"
    if standing.is_restricted:
        return "RESTRICTED"
    if standing.relationship == "CLOSED":
        return "EXPIRED" if bits.is_past_retention else "LIVE"
    return "EXPIRED" if standing.relationship != "ACTIVE" and bits.is_old_prospect else "LIVE"
