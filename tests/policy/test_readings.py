"""What is printed for counsel is what is decided: the notation held against the conditions in the code."""

import pytest
from hypothesis import given

from hub.policy import FACTS, RULES, Facts, Rule
from hub.policy.facts import allowed
from hub.policy.readings import PHRASES, READINGS, SHORTHANDS, Atom, Joined, Reading, atoms, in_words, read
from tests.policy import spelling

LINES = {**READINGS, **SHORTHANDS}
READ = {name: read(line) for name, line in LINES.items()}


def holds(reading: Reading, facts: Facts) -> bool:
    """Decide by the notation alone, without the code it describes."""
    if isinstance(reading, Joined):
        judged = (holds(part, facts) for part in reading.parts)
        return all(judged) if reading.word == "and" else any(judged)
    return _so(reading.text, facts) is not reading.denied


def _so(text: str, facts: Facts) -> bool:
    if text == "otherwise":
        return True
    if text in READ:
        return holds(READ[text], facts)
    name, *said = text.split(" ", 2)
    if not said:
        return facts.value(name) is True
    return (str(facts.value(name)) in said[1].split(" | ")) is (said[0] == "=")


def test_every_rule_is_read_and_no_other() -> None:
    assert READINGS.keys() == RULES.keys()


@given(spelling.FACTS)
def test_every_rule_applies_exactly_when_its_reading_holds(facts: Facts) -> None:
    wrong = [rule.id for rule in RULES.values() if rule.when(facts) is not holds(READ[rule.id], facts)]
    assert wrong == []


def _named(reading: Reading) -> set[str]:
    named: set[str] = set()
    for atom in atoms(reading):
        inner = _named(READ[atom.text]) if atom.text in SHORTHANDS else {atom.text.partition(" ")[0]}
        named |= inner - {"otherwise"}
    return named


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_a_reading_names_the_facts_that_its_condition_names(rule: Rule) -> None:
    assert _named(READ[rule.id]) == set(rule.names)


def test_every_value_named_is_one_of_its_fact() -> None:
    for reading in READ.values():
        for atom in atoms(reading):
            name, _, said = atom.text.partition(" ")
            assert name in {*FACTS, *SHORTHANDS, "otherwise"}
            assert not said or set(said[2:].split(" | ")) <= set(allowed(name))


def test_everything_named_has_its_words_and_no_words_are_left_over() -> None:
    spoken = {
        f"not {atom.text}" if atom.denied else atom.text
        for reading in READ.values()
        for atom in atoms(reading)
    }
    assert spoken <= PHRASES.keys()
    assert PHRASES.keys() - spoken <= SHORTHANDS.keys()


def test_a_condition_is_put_into_words() -> None:
    assert in_words(read("promo and (e_message or channel = AUTO_CALL)")) == (
        "it is a marketing message; and either it goes by email, text or app or it is an automated call"
    )
    assert in_words(read("trade or (outflow and marketing)")) == (
        "either it is sale, rental, pooling or matching or (the data would leave for a third party and it is"
        " for marketing)"
    )
    assert read("not consented") == Atom("consented", denied=True)


@pytest.mark.parametrize(
    "notation", ["", "a and", "and a", "(a", "a)", "a and b or c", "a = ", "not", "not (a)", "a & b", "a b"]
)
def test_what_is_not_in_the_notation_is_refused(notation: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read(notation)
