"""Groups: customers who get the same answer by the same rule, and what would move them, whatever order they come in."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from hub.policy.decision import Decision
from hub.policy.facts import Facts
from hub.policy.remedies import Remedy
from hub.policy.rule import Outcome
from hub.reading import Verdict

ALLOW_FIRST: Final = {outcome: place for place, outcome in enumerate(reversed(Outcome))}


class Part(NamedTuple):
    """How many get one verdict, and the facts that decided."""

    facts: Facts
    verdict: Verdict
    customers: int

    @property
    def decision(self) -> Decision:
        """What they are answered."""
        return self.verdict.decision


@dataclass(frozen=True, slots=True)
class Move:
    """What would turn the answer into ALLOW for how many."""

    remedy: Remedy
    customers: int


@dataclass(frozen=True, slots=True)
class Group:
    """All who get the same outcome by the same rule; moves: what would move them, the most first.

    citations: of a rule that each law has, those of all, that of most of them first. decision: one that cites that.
    """

    outcome: Outcome
    decision: Decision
    customers: int
    moves: tuple[Move, ...]
    citations: tuple[str, ...]

    @property
    def citation(self) -> str:
        """All that is cited, as one line."""
        return "; ".join(self.citations)


def grouped(parts: Iterable[Part]) -> tuple[Group, ...]:
    """Add parts up by outcome and rule: from ALLOW to DENY, the largest of an outcome first."""
    alike: defaultdict[tuple[Outcome, str], list[Part]] = defaultdict(list)
    for part in parts:
        alike[part.decision.outcome, part.decision.rule].append(part)
    groups = [_group(each) for each in alike.values()]
    groups.sort(key=lambda group: (ALLOW_FIRST[group.outcome], -group.customers, group.decision.rule))
    return tuple(groups)


def _group(parts: Sequence[Part]) -> Group:
    cited: Counter[str] = Counter()
    for part in parts:
        cited[part.decision.citation] += part.customers

    def rank(part: Part) -> tuple[int, str, int, int]:
        law = part.facts.jurisdiction.value
        return -cited[part.decision.citation], law, -part.customers, part.facts.signature

    ranked = [part.decision for part in sorted(parts, key=rank)]
    citations = tuple(dict.fromkeys(decision.citation for decision in ranked))
    return Group(ranked[0].outcome, ranked[0], cited.total(), _moves(parts), citations)


def _moves(parts: Sequence[Part]) -> tuple[Move, ...]:
    counts: Counter[Remedy] = Counter()
    for part in parts:
        for remedy in part.verdict.remedies:
            counts[remedy] += part.customers
    moves = [Move(remedy, number) for remedy, number in counts.items()]
    return tuple(sorted(moves, key=lambda move: (-move.customers, move.remedy.code, move.remedy.rule)))
