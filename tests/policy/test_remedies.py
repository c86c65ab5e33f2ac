"""What would change the answer: honest, smallest, in fixed order, and silent after a no."""

from typing import Any

import pytest

from hub.policy import Facts, decide, remedies

NEUTRAL: dict[str, Any] = Facts.unpack(0).to_dict() | {"need_to_know": True, "basis": "NONE"}
MAIL = {"act": "MESSAGE", "purpose_kind": "MARKETING", "channel": "EMAIL", "offer": "OWN_SIMILAR"}
CALL = MAIL | {"channel": "PHONE"}
SHARE = {"act": "DISCLOSE", "recipient": "UNCOVERED", "purpose_fit": "NAMED"}
LIKELY = {"basis": "LEGITIMATE_INTEREST"}


def cures(jurisdiction: str, *changes: dict[str, Any], **more: Any) -> list[str]:
    """List the codes of the remedies for the plainest facts with some changed."""
    raw = NEUTRAL | {"jurisdiction": jurisdiction}
    for change in (*changes, more):
        raw |= change
    return [remedy.code for remedy in remedies(Facts.parse(raw))]


def test_what_is_allowed_needs_no_remedy() -> None:
    assert cures("AU") == []


def test_a_later_notice_may_name_a_recipient_in_the_united_kingdom_and_not_in_australia() -> None:
    assert cures("UK", SHARE, LIKELY) == ["notice.name_recipient", "consent.given"]
    assert cures("AU", SHARE) == ["consent.given"]


def test_a_notice_that_names_a_related_purpose_is_enough_and_one_that_names_a_new_purpose_is_not() -> None:
    assert cures("UK", LIKELY, purpose_fit="RELATED") == ["notice.name_purpose", "consent.given"]
    assert cures("UK", LIKELY, purpose_fit="NEW") == ["consent.given"]


def test_two_changes_are_named_when_no_single_one_is_enough() -> None:
    assert cures("AU", MAIL, footer="NO_OPTOUT", relationship="CLOSED") == ["footer.complete+consent.given"]
    assert cures("UK", SHARE, LIKELY, notice="MISSING") == [
        "notice.give+notice.name_recipient",
        "notice.give+consent.given",
    ]


def test_three_changes_are_too_many_to_suggest() -> None:
    assert cures("AU", MAIL, footer="NO_OPTOUT", relationship="CLOSED", notice="MISSING") == []


def test_the_weakest_consent_that_is_enough_is_asked_for() -> None:
    assert cures("EU", LIKELY, purpose_fit="NEW") == ["consent.given"]
    assert cures("EU", LIKELY, data="SENSITIVE") == ["consent.explicit"]
    assert cures("ZA", MAIL, relationship="NONE", consent="GIVEN") == ["consent.explicit"]


def test_a_guardian_is_asked_for_a_child_and_the_child_is_not() -> None:
    assert cures("UK", MAIL, LIKELY, age="CHILD") == ["consent.guardian"]
    assert cures("UK", MAIL, LIKELY, age="CHILD", consent="EXPLICIT") == ["consent.guardian"]
    assert cures("US_CA", SHARE, act="SELL", recipient="NAMED", age="TEEN") == ["consent.explicit"]


@pytest.mark.parametrize(
    "refusal",
    [
        {"marketing_choice": "OPTED_OUT"},
        {"marketing_choice": "REVERSED", "consent": "EXPIRED"},
        {"consent": "REFUSED"},
        {"consent": "WITHDRAWN"},
        {"record_state": "ERASED"},
        {"record_state": "EXPIRED"},
        {"record_state": "HOLD"},
        {"record_state": "RESTRICTED"},
    ],
)
@pytest.mark.parametrize("jurisdiction", ["AU", "UK", "ZA", "MA", "EU", "US_CA"])
def test_after_a_no_nothing_is_suggested(jurisdiction: str, refusal: dict[str, Any]) -> None:
    assert cures(jurisdiction, MAIL, LIKELY, refusal, formality="DECLARED") == []


def test_objections_limits_and_opt_outs_of_sharing_are_left_alone() -> None:
    assert cures("UK", LIKELY, objection="PENDING") == []
    assert cures("UK", objection="PENDING") == []
    assert cures("AU", SHARE, recipient="NAMED", sharing_choice="OPTED_OUT") == []
    assert cures("US_CA", SHARE, act="SELL", recipient="NAMED", sharing_choice="SIGNAL") == []
    assert cures("US_CA", purpose_kind="OTHER", data="SENSITIVE", limit_sensitive=True) == []


def test_a_withdrawn_consent_is_not_worked_around_by_a_notice() -> None:
    assert cures("UK", LIKELY, purpose_fit="RELATED", consent="WITHDRAWN") == []


def test_consent_never_lifts_a_deny() -> None:
    """A number on the register is washed first; consent alone would lift the rule, and is not suggested."""
    assert cures("AU", CALL, registry_block=True) == ["registry.check"]
    assert cures("AU", CALL, registry_block=True, source="PUBLIC") == ["registry.check+consent.given"]


def test_an_authority_is_asked_before_it_refused_and_not_after() -> None:
    contract = {"basis": "CONTRACT"}
    assert cures("MA", contract) == ["formality.declare"]
    assert cures("MA", contract, data="NATIONAL_ID") == ["formality.authorise"]
    assert cures("MA", contract, formality="REFUSED") == []


def test_a_transfer_is_safeguarded_and_a_department_put_on_the_list() -> None:
    assert cures("EU", act="DISCLOSE", recipient="PROCESSOR", basis="CONTRACT", destination="UNSAFE") == [
        "destination.safeguard"
    ]
    assert cures("AU", need_to_know=False) == ["department.add"]
    assert cures("AU", SHARE, basis="LEGAL_OBLIGATION", destination="UNSAFE") == ["destination.safeguard"]


def test_a_remedy_says_what_to_do_what_it_sets_and_which_rule_would_allow() -> None:
    facts = Facts.parse(NEUTRAL | {"jurisdiction": "UK", "basis": "CONTRACT", "notice": "MISSING"})
    assert decide(facts).rule == "uk.art13-notice"
    assert remedies(facts)[0].to_dict() == {
        "code": "notice.give",
        "staff": "Give the customer a complete notice, and keep proof that it arrived.",
        "customer": "We must first tell you what we collect and why.",
        "sets": {"notice": "GIVEN"},
        "rule": "uk.art6-basis",
    }
