"""What no table may ever do, whatever it becomes: properties over all facts that can happen."""

from dataclasses import replace
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from hub.policy import RULES, TABLES, Decision, Facts, Outcome, decide, evaluate, remedies
from hub.policy.rule import otherwise
from hub.policy.values import (
    Act,
    Age,
    Basis,
    Consent,
    Data,
    Footer,
    Formality,
    Jurisdiction,
    MarketingChoice,
    Objection,
    PurposeFit,
    PurposeKind,
    RecordState,
    Relationship,
    SharingChoice,
)
from tests.policy.spelling import FACTS, THIRD_PARTIES, facts_with

ALLOW, DENY = Outcome.ALLOW, Outcome.DENY
NO = (Consent.REFUSED, Consent.WITHDRAWN)
NEEDED = (Basis.LEGAL_OBLIGATION, Basis.CONTRACT, Basis.VITAL_INTEREST)
LADDER = {
    Consent.REFUSED: 0,
    Consent.WITHDRAWN: 0,
    Consent.NEVER_ASKED: 1,
    Consent.EXPIRED: 1,
    Consent.GIVEN: 2,
    Consent.EXPLICIT: 3,
    Consent.GUARDIAN: 4,
}
MARKETING = facts_with(purpose_kind=PurposeKind.MARKETING)


def _changed(facts: Facts, **changes: Any) -> Facts:
    changed = replace(facts, **changes)
    assume(not changed.contradictions())
    return changed


@given(FACTS)
def test_the_strategy_makes_only_facts_that_can_happen(facts: Facts) -> None:
    assert not facts.contradictions()


REFUSALS: list[dict[str, Any]] = [
    {"marketing_choice": MarketingChoice.OPTED_OUT},
    {"marketing_choice": MarketingChoice.REVERSED, "consent": Consent.EXPIRED},
    {"consent": Consent.REFUSED},
    {"consent": Consent.WITHDRAWN},
]


@given(MARKETING, st.sampled_from(REFUSALS))
def test_refused_marketing_is_never_allowed(facts: Facts, refusal: dict[str, Any]) -> None:
    """P1. A reversal counts only while the later consent stands; a guardian may have to be asked first."""
    assert decide(_changed(facts, **refusal)).outcome is not ALLOW


@given(FACTS, st.sampled_from([RecordState.ERASED, RecordState.EXPIRED]))
def test_erased_and_expired_records_are_never_used(facts: Facts, state: RecordState) -> None:
    """P2."""
    assert decide(replace(facts, record_state=state)).outcome is DENY


@given(
    facts_with(act=Act.MESSAGE, purpose_kind=PurposeKind.MARKETING),
    st.sampled_from([Footer.NO_OPTOUT, Footer.NO_SENDER]),
)
def test_no_marketing_message_leaves_without_sender_and_opt_out(facts: Facts, footer: Footer) -> None:
    """P3."""
    assert decide(replace(facts, footer=footer)).outcome is not ALLOW


@given(FACTS, st.sampled_from([Formality.NONE, Formality.PENDING, Formality.REFUSED]))
def test_nothing_runs_in_morocco_before_the_receipt(facts: Facts, formality: Formality) -> None:
    """P4."""
    early = replace(facts, jurisdiction=Jurisdiction.MA, formality=formality)
    assert decide(early).outcome is not ALLOW


@given(st.sampled_from([Act.DISCLOSE, Act.SELL, Act.POOL]).flatmap(lambda act: facts_with(act=act)))
def test_a_sharing_opt_out_is_honoured(facts: Facts) -> None:
    """P5. It covers all that leaves, save a disclosure that a law, the contract or a life needs."""
    assume(facts.recipient in THIRD_PARTIES)
    assume(facts.act is not Act.DISCLOSE or facts.basis not in NEEDED)
    assert decide(replace(facts, sharing_choice=SharingChoice.OPTED_OUT)).outcome is not ALLOW


@given(st.sampled_from([Act.SELL, Act.POOL]).flatmap(lambda act: facts_with(act=act)))
def test_a_browser_signal_is_honoured_in_california(facts: Facts) -> None:
    """P5. There the signal is itself an opt-out of sale and pooling.

    Elsewhere, and for disclosures, it reaches the rules already reduced to OPTED_OUT; SIGNAL is not read.
    """
    signalled = replace(facts, jurisdiction=Jurisdiction.US_CA, sharing_choice=SharingChoice.SIGNAL)
    assert decide(signalled).outcome is not ALLOW


SERVICE_MESSAGES = facts_with(
    act=Act.MESSAGE,
    purpose_kind=PurposeKind.SERVICE,
    age=Age.ADULT,
    record_state=RecordState.LIVE,
    data=Data.ORDINARY,
    consent=Consent.NEVER_ASKED,
    marketing_choice=MarketingChoice.NONE,
)


@given(
    SERVICE_MESSAGES,
    st.sampled_from([PurposeFit.PRIMARY, PurposeFit.NAMED]),
    st.sampled_from([Relationship.ACTIVE, Relationship.CLOSED, Relationship.NEGOTIATING]),
    st.sampled_from(MarketingChoice),
    st.sampled_from([consent for consent in Consent if consent is not Consent.GUARDIAN]),
)
def test_service_messages_depend_neither_on_marketing_choices_nor_on_consent(
    facts: Facts,
    fit: PurposeFit,
    relationship: Relationship,
    choice: MarketingChoice,
    consent: Consent,
) -> None:
    """P6, for an adult with a relationship, a live record, ordinary data and a promised purpose."""
    silent = replace(facts, purpose_fit=fit, relationship=relationship)
    spoken = _changed(silent, marketing_choice=choice, consent=consent)
    said, unsaid = decide(spoken), decide(silent)
    assert (said.outcome, said.rule) == (unsaid.outcome, unsaid.rule)


@given(FACTS, st.sampled_from([Consent.NEVER_ASKED, Consent.GIVEN, Consent.EXPLICIT, Consent.GUARDIAN]))
def test_more_consent_never_closes_a_door(facts: Facts, more: Consent) -> None:
    """P7. The ladder: refused or withdrawn, never asked or ended, given, explicit, a guardian's for a minor.

    A door is an ALLOW. Consent may well lift one block and show another, stricter one that stood behind it.
    """
    age = Age.CHILD if more is Consent.GUARDIAN and facts.age is Age.ADULT else facts.age
    minor = replace(facts, age=age)
    consenting = replace(minor, consent=more)
    if LADDER[more] > LADDER[minor.consent] and not consenting.contradictions():
        assert decide(minor).outcome is not ALLOW or decide(consenting).outcome is ALLOW


NOES: list[dict[str, Any]] = [
    {"consent": Consent.REFUSED},
    {"consent": Consent.WITHDRAWN},
    {"marketing_choice": MarketingChoice.OPTED_OUT},
    {"objection": Objection.PENDING},
    {"objection": Objection.UPHELD},
    {"limit_sensitive": True},
    {"record_state": RecordState.RESTRICTED},
    {"record_state": RecordState.ERASED},
]


@given(FACTS, st.sampled_from(NOES))
def test_saying_no_never_opens_a_door(facts: Facts, no: dict[str, Any]) -> None:
    """P8. To restrict or erase a record is to say no, too: of a live one."""
    if "record_state" in no:
        facts = replace(facts, record_state=RecordState.LIVE)
    refusing = _changed(facts, **no)
    assert decide(facts).outcome is ALLOW or decide(refusing).outcome is not ALLOW


@given(FACTS, st.sampled_from([SharingChoice.OPTED_OUT, SharingChoice.SIGNAL]))
def test_opting_out_of_sharing_never_opens_a_door(facts: Facts, no: SharingChoice) -> None:
    """P8, from no choice at all: a narrower signal never replaces a wider opt-out."""
    silent = replace(facts, sharing_choice=SharingChoice.NONE)
    refusing = replace(silent, sharing_choice=no)
    assert decide(silent).outcome is ALLOW or decide(refusing).outcome is not ALLOW


@given(FACTS)
def test_every_facts_that_can_happen_gets_an_answer(facts: Facts) -> None:
    """The tables are total, because each ends in a row that always applies."""
    assert all(table[-1].when is otherwise and table[-1].id.endswith(".default") for table in TABLES.values())
    assert decide(facts).rule in RULES


@given(FACTS)
def test_canonical_facts_decide_as_the_raw_ones(facts: Facts) -> None:
    raw, canonical = decide(facts), decide(facts.canonical())
    assert (raw.outcome, raw.rule, raw.also_needed) == (
        canonical.outcome,
        canonical.rule,
        canonical.also_needed,
    )


@given(FACTS)
def test_canonical_facts_can_happen_and_are_their_own_canonical_form(facts: Facts) -> None:
    canonical = facts.canonical()
    assert not canonical.contradictions()
    assert canonical.canonical() == canonical


@given(FACTS)
def test_a_decision_is_the_same_however_often_and_with_or_without_memory(facts: Facts) -> None:
    again = Facts.parse(facts.to_dict())
    assert decide(facts) == decide(again) == evaluate(again)


@given(FACTS)
def test_what_is_also_needed_only_ever_blocks(facts: Facts) -> None:
    decision = decide(facts)
    assert ALLOW not in {reason.outcome for reason in decision.also_needed}
    assert decision.outcome is not ALLOW or decision.also_needed == ()


@given(FACTS)
def test_a_decision_names_the_facts_of_its_rule_with_their_values(facts: Facts) -> None:
    decision = decide(facts)
    assert dict(decision.facts) == {name: facts.value(name) for name in RULES[decision.rule].names}


@given(FACTS)
def test_every_remedy_leads_to_allow_and_touches_no_no(facts: Facts) -> None:
    """A remedy never follows a refusal: to somebody who said no, nothing is suggested."""
    for remedy in remedies(facts):
        cured = Facts.parse(facts.to_dict() | {change.fact: change.value for change in remedy.changes})
        assert decide(cured).outcome is ALLOW
        assert decide(cured).rule == remedy.rule
        assert facts.consent not in NO
        assert not _refusal(decide(facts))


def _refusal(decision: Decision) -> bool:
    words = ("opt-out", "objection", "marketing", "erased", "expired", "hold", "restricted", "limit", "once")
    blocked = [decision.rule] if decision.outcome is DENY else []
    blocked += [reason.rule for reason in decision.also_needed if reason.outcome is DENY]
    return any(word in rule for rule in blocked for word in words)
