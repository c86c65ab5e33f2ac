"""Facts: strict on the way in, packed and canonical inside."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import pytest

from hub.policy import FACTS, PACKING, Facts, FactsError
from hub.policy.values import Act, Age, Consent, Destination, Notice

RAW: dict[str, Any] = Facts.unpack(0).to_dict() | {"need_to_know": True}


def refused(raw: Mapping[str, Any]) -> FactsError:
    with pytest.raises(FactsError) as caught:
        Facts.parse(raw)
    return caught.value


def test_there_are_29_facts_in_62_bits() -> None:
    assert len(FACTS) == 29
    assert list(FACTS)[:3] == ["jurisdiction", "act", "purpose_kind"]
    assert PACKING[-1].shift + PACKING[-1].width == 62


def test_facts_are_read_and_written_back() -> None:
    facts = Facts.parse(RAW)
    assert facts.act is Act.USE
    assert facts.need_to_know is True
    assert facts.to_dict() == RAW
    assert list(facts.to_dict()) == list(FACTS)


def test_equal_facts_are_one_key_and_different_ones_are_not() -> None:
    facts = Facts.parse(RAW)
    other = replace(facts, notice=Notice.MISSING)
    assert {facts: 1}[Facts.parse(RAW)] == 1
    assert other != facts
    assert other.signature != facts.signature
    assert facts != RAW


@pytest.mark.parametrize("name", FACTS)
def test_every_value_of_every_fact_survives_packing(name: str) -> None:
    values = next(packed.values for packed in PACKING if packed.name == name)
    for value in values:
        facts = replace(Facts.parse(RAW), **cast("dict[str, Any]", {name: value}))
        assert getattr(Facts.unpack(facts.signature), name) is value


@pytest.mark.parametrize("signature", [-1, 1 << 62, 7, 1 << 200])
def test_a_number_that_is_no_signature_is_refused(signature: int) -> None:
    with pytest.raises(FactsError):
        Facts.unpack(signature)


def test_a_missing_fact_is_named_with_its_values() -> None:
    error = refused({name: value for name, value in RAW.items() if name != "notice"})
    assert str(error) == "fact `notice` is missing; give one of GIVEN, INCOMPLETE, MISSING"
    assert [problem.fact for problem in error.problems] == ["notice"]


def test_an_unknown_fact_is_named_with_the_one_that_was_meant() -> None:
    error = refused(RAW | {"purpose_fitt": "NEW"})
    assert str(error) == 'unknown fact `"purpose_fitt"`; did you mean `purpose_fit`?'


def test_thousands_of_unknown_facts_make_a_short_message() -> None:
    error = refused(RAW | {f"junk_{number}": number for number in range(5_000)})
    assert len(error.problems) == 6
    assert "4995 more" in str(error)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("act", "READ"),
        ("act", "use"),
        ("act", None),
        ("act", 3),
        ("act", ["USE"]),
        ("act", {"USE": 1}),
        ("act", "\ud800\x1b[31m"),
        ("act", "USE" * 100_000),
        ("need_to_know", "true"),
        ("need_to_know", 1),
        ("need_to_know", None),
        ("special_condition", "no"),
    ],
)
def test_an_unknown_value_is_shown_with_the_allowed_ones(name: str, value: object) -> None:
    error = refused(RAW | {name: value})
    assert [problem.fact for problem in error.problems] == [name]
    assert str(error).startswith(f"fact `{name}` is ")
    assert "must be one of" in str(error)
    assert len(str(error)) < 250
    assert str(error).isascii()


def test_everything_wrong_is_said_at_once() -> None:
    error = refused({"act": "READ", "nonsense": 1})
    assert len(error.problems) == 30


CONTRADICTIONS: list[tuple[str, dict[str, Any]]] = [
    ("I1", {"channel": "EMAIL"}),
    ("I1", {"act": "MESSAGE"}),
    ("I2", {"act": "SELL"}),
    ("I2", {"act": "POOL", "recipient": "PROCESSOR"}),
    ("I3", {"recipient": "CLASS"}),
    ("I4", {"act": "DISCLOSE"}),
    ("I5", {"profile_effect": "EXCLUSION_RISK"}),
    ("I6", {"act": "MESSAGE", "channel": "SMS", "purpose_kind": "MARKETING"}),
    ("I7", {"marketing_choice": "REVERSED"}),
    ("I8", {"consent": "GUARDIAN"}),
]


@pytest.mark.parametrize(("check", "changes"), CONTRADICTIONS)
def test_facts_that_cannot_happen_are_refused_by_the_check_they_fail(
    check: str, changes: dict[str, Any]
) -> None:
    error = refused(RAW | changes)
    assert [problem.check for problem in error.problems] == [check]
    assert str(error).startswith(f"{check}: ")


def test_a_plain_text_in_place_of_a_value_never_gets_in() -> None:
    """Conditions compare by identity: a text that merely looks like a value would slip past every rule."""
    with pytest.raises(FactsError, match="destination"):
        replace(Facts.parse(RAW), destination=cast("Destination", "UNSAFE"))


def test_the_canonical_form_forgets_only_what_no_rule_reads() -> None:
    noisy = Facts.parse(
        RAW
        | {
            "jurisdiction": "UK",
            "footer": "NO_OPTOUT",
            "optout_at_collection": True,
            "offer": "THIRD_PARTY",
            "registry_block": True,
            "relationship": "CLOSED",
            "marketing_choice": "OPTED_OUT",
            "sharing_choice": "SIGNAL",
            "strict_sharing": True,
            "arrangement": "AFTER_COLLECTION",
            "limit_sensitive": True,
            "age": "TEEN",
            "objection": "OVERRULED",
            "formality": "DECLARED",
            "destination": "UNSAFE",
        }
    )
    assert noisy.canonical().to_dict() == RAW | {"jurisdiction": "UK", "destination": "UNSAFE"}


def test_the_canonical_form_keeps_what_a_rule_reads() -> None:
    minor = Facts.parse(RAW | {"jurisdiction": "UK", "age": "TEEN", "consent": "GUARDIAN"})
    assert minor.canonical().age is Age.TEEN
    assert minor.canonical().consent is Consent.GUARDIAN
    sold = RAW | {"jurisdiction": "US_CA", "act": "SELL", "recipient": "CLASS", "sharing_choice": "SIGNAL"}
    kept = sold | {"age": "TEEN", "limit_sensitive": True, "strict_sharing": True}
    assert Facts.parse(kept).canonical().to_dict() == kept
    alliance = {"act": "DISCLOSE", "recipient": "CLASS", "arrangement": "AFTER_COLLECTION"}
    assert Facts.parse(RAW | alliance).canonical().to_dict() == RAW | alliance


def test_an_outsider_does_not_need_to_be_on_the_list() -> None:
    shared = Facts.parse(RAW | {"act": "DISCLOSE", "recipient": "CLASS", "need_to_know": False})
    assert shared.canonical().need_to_know is True
