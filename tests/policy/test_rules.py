"""The tables as tables: complete, cited, explained, dated, and an island."""

import ast
import sys
from datetime import date
from pathlib import Path

import pytest

from hub import policy
from hub.policy import RULES, TABLES, Facts, Outcome, Rule, decide, evaluate, rules_in_force, strictest
from hub.policy.rule import otherwise
from hub.policy.values import Act, Channel, Jurisdiction, MarketingChoice, Offer, PurposeFit, PurposeKind

PREFIXES = {"AU": "au.", "UK": "uk.", "ZA": "za.", "MA": "ma.", "EU": "eu.", "US_CA": "ca."}
EVERY_ROW = [rule for table in TABLES.values() for rule in table]


def facts(jurisdiction: Jurisdiction = Jurisdiction.AU, **changes: str | bool) -> Facts:
    """Make the plainest facts (all first values) with some changed."""
    neutral = {"jurisdiction": str(jurisdiction), "need_to_know": True, "basis": "NONE"}
    return Facts.parse(Facts.unpack(0).to_dict() | neutral | changes)


def test_there_are_129_rules_seven_of_them_in_the_gate() -> None:
    own = {jurisdiction: len(table) - 7 for jurisdiction, table in TABLES.items()}
    assert own == {"AU": 21, "UK": 21, "ZA": 22, "MA": 23, "EU": 20, "US_CA": 15}
    assert len(RULES) == 129


@pytest.mark.parametrize("jurisdiction", Jurisdiction)
def test_the_gate_comes_first_and_a_default_last(jurisdiction: Jurisdiction) -> None:
    ids = [rule.id for rule in TABLES[jurisdiction]]
    assert all(rule_id.startswith("hub.") for rule_id in ids[:7])
    assert all(rule_id.startswith(PREFIXES[jurisdiction]) for rule_id in ids[7:])
    assert TABLES[jurisdiction][-1].when is otherwise
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("rule", EVERY_ROW, ids=lambda rule: rule.id)
def test_a_rule_has_a_citation_and_both_sentences(rule: Rule) -> None:
    assert rule.citation
    assert rule.staff.endswith(".")
    assert rule.customer.endswith(".")
    assert rule.staff != rule.customer


def test_a_gate_rule_is_cited_by_the_law_of_its_jurisdiction() -> None:
    cited = {j: next(rule.citation for rule in TABLES[j] if rule.id == "hub.erased") for j in Jurisdiction}
    assert cited[Jurisdiction.AU] == "APP 11.2"
    assert cited[Jurisdiction.UK] == "UK GDPR art 17"
    assert len(set(cited.values())) == 6


def test_a_rule_names_the_facts_its_condition_and_its_shorthands_read() -> None:
    assert RULES["au.alliance-later"].names == ("act", "recipient", "arrangement")
    assert RULES["au.app7-opt-out"].names == ("purpose_kind", "consent", "marketing_choice")
    assert RULES["hub.strict-sharing"].names == ("act", "recipient", "strict_sharing", "basis", "consent")
    assert RULES["uk.default"].names == ()


class _Reading:
    """Facts that remember what was read of them."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.read: set[str] = set()

    def __getattr__(self, name: str) -> object:
        self.read.add(name)
        return getattr(self.facts, name)


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_no_condition_reads_a_fact_it_does_not_name(rule: Rule) -> None:
    for act in Act:
        for kind in PurposeKind:
            channel = Channel.SMS if act is Act.MESSAGE else Channel.NONE
            recipient = "INTERNAL" if act in {"USE", "MESSAGE", "PROFILE"} else "UNCOVERED"
            offer = Offer.OWN_SIMILAR
            raw = {
                "act": act,
                "purpose_kind": kind,
                "channel": channel,
                "recipient": recipient,
                "offer": offer,
            }
            reading = _Reading(facts(Jurisdiction.AU, **{name: str(value) for name, value in raw.items()}))
            rule.when(reading)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
            assert reading.read <= set(rule.names)


def test_rules_that_begin_later_apply_unless_a_day_is_given() -> None:
    later = facts(act="PROFILE", purpose_fit=PurposeFit.RELATED, profile_effect="AUTOMATED_DECISION")
    assert decide(later).rule == "au.app1-automated"
    assert decide(later, date(2026, 12, 9)).rule == "au.app6-expected"
    assert decide(later, date(2026, 12, 10)).rule == "au.app1-automated"


def test_californian_opt_outs_of_automated_decisions_bind_from_2027() -> None:
    opted = facts(Jurisdiction.US_CA, act="PROFILE", profile_effect="AUTOMATED_DECISION", objection="PENDING")
    assert decide(opted).rule == "ca.admt-opt-out"
    assert decide(opted, date(2026, 12, 31)).rule == "ca.default"
    assert decide(opted, date(2027, 1, 1)).rule == "ca.admt-opt-out"


def test_a_rule_out_of_force_is_not_read() -> None:
    before = {rule.id for rule in rules_in_force(Jurisdiction.AU, date(2026, 1, 1))}
    assert {rule.id for rule in TABLES[Jurisdiction.AU]} - before == {"au.app1-automated"}


def test_what_else_blocks_is_listed_as_far_as_the_rule_that_allows() -> None:
    """Missing notice, unprotected country, no opt-out: all three; the missing consent is not among them."""
    message = facts(
        act="MESSAGE",
        purpose_kind="MARKETING",
        channel="EMAIL",
        offer="OWN_SIMILAR",
        notice="MISSING",
        destination="UNSAFE",
        footer="NO_OPTOUT",
    )
    decision = decide(message)
    assert decision.rule == "au.app5-notice"
    assert [reason.rule for reason in decision.also_needed] == ["au.app8-overseas", "au.footer"]


def test_the_strictest_of_several_jurisdictions_is_kept() -> None:
    asked = {"notice": "MISSING", "act": "USE", "basis": "CONTRACT"}
    decisions = [decide(facts(jurisdiction, **asked)) for jurisdiction in Jurisdiction]
    assert strictest(decisions).rule == "ma.art12-declaration"
    assert strictest(decisions[:2]).rule == "au.app5-notice"
    assert [str(outcome) for outcome in Outcome] == [
        "DENY",
        "FORMALITY_NEEDED",
        "CONSENT_NEEDED",
        "NOTICE_NEEDED",
        "ALLOW",
    ]
    with pytest.raises(ValueError, match="empty"):
        strictest([])


def test_a_decision_is_written_whole() -> None:
    refused = facts(
        act="MESSAGE",
        purpose_kind="MARKETING",
        channel="EMAIL",
        offer="OWN_SIMILAR",
        marketing_choice=MarketingChoice.OPTED_OUT,
    )
    written = evaluate(refused).to_dict()
    assert written["rule"] == "au.app7-opt-out"
    assert written["facts"] == {
        "purpose_kind": "MARKETING",
        "consent": "NEVER_ASKED",
        "marketing_choice": "OPTED_OUT",
    }
    assert written["ruleset"] == policy.RULESET


def test_the_policy_is_an_island() -> None:
    folder = Path(policy.__file__).parent
    clocks = {"time", "asyncio", "socket", "os", "random", "subprocess"}
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                root = name.partition(".")[0]
                assert name.startswith("hub.policy") or root in sys.stdlib_module_names, (file.name, name)
                assert root not in clocks, (file.name, name)
