"""May we ask? Who is left alone and until when, where the others are asked, and how."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.policy import TABLES, Asked, Facts, decide, may_ask, remedies
from hub.policy.asking import Where
from hub.policy.common import consented
from hub.policy.manners import MANNERS
from hub.policy.rule import CONSENT_NEEDED
from hub.policy.silence import GROUNDS, OptedOut, When
from hub.policy.values import Jurisdiction
from tests.policy.spelling import FACTS

NEUTRAL: dict[str, Any] = Facts.unpack(0).to_dict() | {
    "purpose_kind": "OTHER",
    "need_to_know": True,
    "basis": "NONE",
}
LAWS = ("AU", "UK", "ZA", "MA", "EU", "US_CA")
MARKETING_ITSELF = ("AU", "UK", "MA", "EU")
MAIL = {"act": "MESSAGE", "purpose_kind": "MARKETING", "channel": "EMAIL", "offer": "OWN_OTHER"}
SHARE = {"act": "DISCLOSE", "recipient": "UNCOVERED", "purpose_fit": "NEW"}
SELL = {"act": "SELL", "recipient": "NAMED"}


def facts(jurisdiction: str, *changes: dict[str, Any], **more: Any) -> Facts:
    """Make the plainest facts with some changed."""
    raw = NEUTRAL | {"jurisdiction": jurisdiction}
    for change in (*changes, more):
        raw |= change
    return Facts.parse(raw)


def codes(of: Facts) -> list[str]:
    return [each.code for each in may_ask(of).how]


@pytest.mark.parametrize("jurisdiction", LAWS)
def test_who_was_never_asked_may_be_asked_now_and_everywhere(jurisdiction: str) -> None:
    asking = may_ask(facts(jurisdiction, purpose_fit="NEW"))
    assert (asking.allowed, asking.code, asking.when) == (True, "ask.allowed", When.NOW)
    assert asking.where == tuple(Where)
    assert asking.citation


@pytest.mark.parametrize("jurisdiction", LAWS)
def test_every_yes_is_unbundled_unticked_unrewarded_and_can_be_withdrawn(jurisdiction: str) -> None:
    always = ["unbundled", "unticked", "no_reward", "withdrawable"]
    assert codes(facts(jurisdiction, purpose_fit="NEW"))[:4] == always


@pytest.mark.parametrize("jurisdiction", MARKETING_ITSELF)
def test_a_message_that_asks_for_consent_to_marketing_is_itself_marketing(jurisdiction: str) -> None:
    asking = may_ask(facts(jurisdiction, MAIL))
    assert asking.where == (Where.PORTAL, Where.SERVICE_FLOW, Where.IN_PERSON, Where.PAPER)
    assert "not_promotional" in [each.code for each in asking.how]
    assert Where.MESSAGE not in may_ask(facts(jurisdiction, SELL, purpose_kind="MARKETING")).where


def test_south_africa_allows_one_approach_by_form_4_even_to_a_stranger() -> None:
    stranger = facts("ZA", MAIL, relationship="NONE")
    assert decide(stranger).rule == "za.s69-form4"
    assert may_ask(stranger).where == (Where.PORTAL, Where.IN_PERSON, Where.PAPER, Where.MESSAGE)
    assert codes(stranger)[-2:] == ["form_4", "once"]


def test_south_africa_asks_once_only_and_the_others_again() -> None:
    once = Asked(before=True)
    refused = may_ask(facts("ZA", MAIL, relationship="NONE"), once)
    assert (refused.allowed, refused.code, refused.when) == (False, "ask.once", When.WHEN_THEY_RETURN)
    assert refused.where == refused.how == ()
    assert not may_ask(facts("ZA", purpose_fit="NEW"), once).allowed
    assert all(may_ask(facts(law, purpose_fit="NEW"), once).allowed for law in LAWS if law != "ZA")


@pytest.mark.parametrize("jurisdiction", LAWS)
@pytest.mark.parametrize("no", ["REFUSED", "WITHDRAWN"])
def test_who_said_no_is_not_asked_again(jurisdiction: str, no: str) -> None:
    asking = may_ask(facts(jurisdiction, purpose_fit="NEW", consent=no))
    assert (asking.allowed, asking.code, asking.when) == (False, "ask.refused", When.WHEN_THEY_RETURN)


def test_a_south_african_refusal_is_cited_with_its_section() -> None:
    assert may_ask(facts("ZA", MAIL, consent="REFUSED")).citation == "POPIA s 69(2)(a)"
    assert may_ask(facts("UK", consent="REFUSED")).citation == "house rule"
    assert may_ask(facts("UK", MAIL, consent="REFUSED")).citation.startswith("UK GDPR arts 7(3), 21(2)")


@pytest.mark.parametrize("jurisdiction", LAWS)
def test_who_opted_out_of_marketing_is_not_asked_to_consent_to_it(jurisdiction: str) -> None:
    """Company policy may need their agreement first; it is not asked for."""
    passed_on = facts(
        jurisdiction, SHARE, purpose_kind="MARKETING", marketing_choice="OPTED_OUT", strict_sharing=True
    )
    assert decide(passed_on).rule == "hub.strict-sharing"
    assert may_ask(passed_on).code == "ask.marketing_opt_out"
    assert may_ask(facts(jurisdiction, SHARE, marketing_choice="OPTED_OUT")).allowed


@pytest.mark.parametrize("jurisdiction", ["UK", "ZA", "MA", "EU"])
def test_an_objection_is_not_to_be_given_up_on_request(jurisdiction: str) -> None:
    pending = may_ask(facts(jurisdiction, purpose_fit="NEW", objection="PENDING"))
    assert (pending.code, pending.when) == ("ask.objection", When.WHEN_SETTLED)
    upheld = may_ask(facts(jurisdiction, purpose_fit="NEW", objection="UPHELD"))
    assert (upheld.code, upheld.when) == ("ask.objection", When.WHEN_THEY_RETURN)
    assert may_ask(facts(jurisdiction, purpose_fit="NEW", objection="OVERRULED")).allowed


def test_california_waits_twelve_months_after_an_opt_out_of_sale() -> None:
    opted_out = facts("US_CA", SELL, sharing_choice="OPTED_OUT")
    asking = may_ask(opted_out)
    assert (asking.code, asking.when) == ("ask.twelve_months", When.AFTER_TWELVE_MONTHS)
    assert not may_ask(opted_out, Asked(opted_out=OptedOut.WITHIN_TWELVE_MONTHS)).allowed
    later = may_ask(opted_out, Asked(opted_out=OptedOut.EARLIER))
    assert later.allowed
    assert "two_steps" in [each.code for each in later.how]


def test_california_counts_the_months_for_what_leaves_us_and_for_limited_data() -> None:
    recent = Asked(opted_out=OptedOut.WITHIN_TWELVE_MONTHS)
    assert not may_ask(facts("US_CA", SELL, age="TEEN"), recent).allowed
    assert may_ask(facts("US_CA", purpose_fit="NEW"), recent).allowed
    assert not may_ask(facts("US_CA", data="SENSITIVE", limit_sensitive=True)).allowed
    assert may_ask(facts("US_CA", data="SENSITIVE", limit_sensitive=True, purpose_kind="FRAUD")).allowed


def test_elsewhere_an_opt_out_of_sharing_stands_until_they_return() -> None:
    """A disclosure the contract needs is not stopped by it, and is not asked about either."""
    needed = facts("UK", SHARE, recipient="NAMED", basis="CONTRACT", sharing_choice="OPTED_OUT")
    assert decide(needed).rule == "uk.new-purpose"
    assert may_ask(needed).code == "ask.sharing_opt_out"


@pytest.mark.parametrize(
    ("state", "when"), [("RESTRICTED", When.WHEN_SETTLED), ("HOLD", When.NEVER), ("ERASED", When.NEVER)]
)
@pytest.mark.parametrize("jurisdiction", LAWS)
def test_a_record_that_is_not_in_use_is_not_used_to_ask(jurisdiction: str, state: str, when: When) -> None:
    asking = may_ask(facts(jurisdiction, purpose_fit="NEW", record_state=state, basis="LEGAL_OBLIGATION"))
    assert (asking.code, asking.when) == ("ask.record", when)
    assert asking.citation == next(
        rule.citation for rule in TABLES[Jurisdiction(jurisdiction)] if rule.id == f"hub.{state.lower()}"
    )


HOW: list[tuple[str, Facts, Facts]] = [
    ("notice_first", facts("UK", notice="MISSING"), facts("UK")),
    ("name_recipient", facts("AU", SHARE), facts("AU", purpose_fit="NEW")),
    ("guardian", facts("EU", MAIL, age="CHILD"), facts("EU", MAIL)),
    ("express", facts("EU", data="SENSITIVE"), facts("AU", data="SENSITIVE")),
    ("express", facts("US_CA", SELL, age="TEEN"), facts("US_CA", SELL, age="CHILD")),
    ("form_4", facts("ZA", MAIL), facts("ZA", MAIL, channel="POST")),
    ("once", facts("ZA", purpose_fit="NEW"), facts("MA", purpose_fit="NEW")),
    ("two_steps", facts("US_CA", SELL, age="TEEN"), facts("US_CA", MAIL)),
    ("written", facts("US_CA", MAIL, channel="SMS"), facts("US_CA", MAIL)),
    ("not_promotional", facts("MA", MAIL), facts("ZA", MAIL)),
]


@pytest.mark.parametrize(("code", "applies", "does_not"), HOW)
def test_a_manner_belongs_where_it_applies_and_only_there(code: str, applies: Facts, does_not: Facts) -> None:
    assert code in codes(applies)
    assert code not in codes(does_not)


def test_the_cases_name_every_manner_and_every_ground_there_is() -> None:
    assert {code for code, _, _ in HOW} | set(codes(facts("UK"))) == set(MANNERS)
    assert {ground.id for ground in GROUNDS} == {
        "ask.record",
        "ask.refused",
        "ask.once",
        "ask.marketing_opt_out",
        "ask.objection",
        "ask.twelve_months",
        "ask.sharing_opt_out",
    }


def test_no_message_goes_to_a_blocked_number_or_to_a_californian_text_without_a_signature() -> None:
    assert Where.MESSAGE not in may_ask(facts("US_CA", MAIL, channel="SMS")).where
    assert Where.MESSAGE in may_ask(facts("US_CA", MAIL)).where
    assert Where.MESSAGE not in may_ask(facts("ZA", MAIL, channel="PHONE", registry_block=True)).where


def test_a_former_customer_has_no_service_flow() -> None:
    assert Where.SERVICE_FLOW not in may_ask(facts("UK", MAIL, relationship="CLOSED")).where


HISTORIES = st.builds(Asked, before=st.booleans(), opted_out=st.sampled_from(OptedOut))


@given(FACTS, HISTORIES)
def test_an_answer_is_whole_either_way(of: Facts, asked: Asked) -> None:
    asking = may_ask(of, asked)
    assert asking.allowed is (asking.when is When.NOW) is bool(asking.where) is bool(asking.how)
    assert asking.citation
    assert may_ask(of.canonical(), asked) == asking


@given(FACTS)
def test_no_remedy_asks_for_consent_where_asking_is_not_allowed(of: Facts) -> None:
    asks = any(change.fact == "consent" for remedy in remedies(of) for change in remedy.changes)
    assert not asks or may_ask(of).allowed


@given(FACTS)
def test_where_a_single_consent_would_be_enough_and_may_be_asked_for_it_is_suggested(of: Facts) -> None:
    """So the two never drift apart: what may be asked and what is suggested."""
    if decide(of).outcome is not CONSENT_NEEDED or decide(of).also_needed or consented(of):
        return
    if may_ask(of).allowed and of.age != "CHILD":
        yes = Facts.parse(of.to_dict() | {"consent": "EXPLICIT"})
        suggested = {change.fact for remedy in remedies(of) for change in remedy.changes}
        assert decide(yes).outcome != "ALLOW" or "consent" in suggested
