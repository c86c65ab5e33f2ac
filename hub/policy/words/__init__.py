"""What the law says to people, in English, French and Arabic: the sentences of rules, remedies and duties.

English stands beside the rule, change or duty it explains; ``fr.toml`` and ``ar.toml`` hold the others under the
same ids. Whatever other language is asked for, English answers.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Final

from hub.policy.asking import ALLOWED, ALLOWED_CUSTOMER, ALLOWED_STAFF, Asking
from hub.policy.decision import RULES, Decision
from hub.policy.manners import MANNERS
from hub.policy.obligations import DUTIES, Obligation
from hub.policy.remedies import CURES, Remedy
from hub.policy.rule import Reason
from hub.policy.silence import GROUNDS

ENGLISH: Final = "en"
LANGUAGES: Final = (ENGLISH, "fr", "ar")


@dataclass(frozen=True, slots=True)
class Said:
    """The same thing said to two people: to staff and to the customer."""

    staff: str
    customer: str


@dataclass(frozen=True, slots=True)
class Words:
    """Every sentence in one language, by id."""

    rules: Mapping[str, Said]
    changes: Mapping[str, Said]
    asking: Mapping[str, Said]
    duties: Mapping[str, str]
    manners: Mapping[str, str]


def _english() -> Words:
    grounds = {ground.id: Said(ground.staff, ground.customer) for ground in GROUNDS}
    return Words(
        rules={rule.id: Said(rule.staff, rule.customer) for rule in RULES.values()},
        changes={cure.change.code: Said(cure.change.staff, cure.change.customer) for cure in CURES},
        asking={ALLOWED: Said(ALLOWED_STAFF, ALLOWED_CUSTOMER), **grounds},
        duties=DUTIES,
        manners=MANNERS,
    )


def _load(language: str) -> Words:
    text = files(__name__).joinpath(f"{language}.toml").read_text("utf-8")
    raw = tomllib.loads(text)
    said = {name: {id_: Said(**each) for id_, each in raw[name].items()} for name in _SAID}
    return Words(**said, duties=raw["duties"], manners=raw["manners"])


_SAID: Final = ("rules", "changes", "asking")
WORDS: Final[Mapping[str, Words]] = {
    language: _english() if language == ENGLISH else _load(language) for language in LANGUAGES
}
"""All words by language."""


def spoken(language: str | None) -> str:
    """Choose one of our languages by a tag such as `fr` or `ar-MA`; English for any other."""
    primary = (language or ENGLISH).partition("-")[0].lower()
    return primary if primary in LANGUAGES else ENGLISH


def sentences(rule: str, language: str | None = None) -> Said:
    """Both sentences of a rule; raises KeyError for an id that is none."""
    return WORDS[spoken(language)].rules[rule]


def reason_in(reason: Reason, language: str | None) -> Reason:
    """Say a reason in another language."""
    said = sentences(reason.rule, language)
    return replace(reason, staff=said.staff, customer=said.customer)


def decision_in(decision: Decision, language: str | None) -> Decision:
    """Say a decision, and what else stands in the way, in another language."""
    said = sentences(decision.rule, language)
    others = tuple(reason_in(reason, language) for reason in decision.also_needed)
    return replace(decision, staff=said.staff, customer=said.customer, also_needed=others)


def remedy_in(remedy: Remedy, language: str | None) -> Remedy:
    """Say what would change the answer in another language."""
    words = WORDS[spoken(language)].changes
    changes = [
        replace(change, staff=words[change.code].staff, customer=words[change.code].customer)
        for change in remedy.changes
    ]
    return replace(remedy, changes=tuple(changes))


def obligation_in(obligation: Obligation, language: str | None) -> Obligation:
    """Say a duty, or how to ask, in another language."""
    words = WORDS[spoken(language)]
    return replace(obligation, text={**words.duties, **words.manners}[obligation.code])


def asking_in(asking: Asking, language: str | None) -> Asking:
    """Say whether and how we may ask in another language."""
    said = WORDS[spoken(language)].asking[asking.code]
    how = tuple(obligation_in(each, language) for each in asking.how)
    return replace(asking, staff=said.staff, customer=said.customer, how=how)
