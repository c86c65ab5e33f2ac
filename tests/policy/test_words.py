"""What the law says in three languages: nothing left out, nothing stale, nothing left in English."""

import re
from dataclasses import astuple, fields

import pytest

from hub.policy import RULES, Decision, Facts, decide, may_ask, remedies
from hub.policy.obligations import obligations
from hub.policy.words import (
    LANGUAGES,
    WORDS,
    Said,
    Words,
    asking_in,
    decision_in,
    obligation_in,
    remedy_in,
    sentences,
    spoken,
)

KINDS = tuple(field.name for field in fields(Words))
OTHERS = tuple(language for language in LANGUAGES if language != "en")
LATIN = re.compile(r"[A-Za-z]{2,}")
# What keeps its own name in every language: statutes, forms, registers, authorities, terms of the trade.
NAMES = re.compile(
    r"APP|Do Not Call|soft opt-in|TPS|CTPS|Telephone Preference Service|Form [14]|POPIA|Information Regulator"
    r"|CNDP|GPC"
)
NEUTRAL = Facts.unpack(0).to_dict() | {"need_to_know": True}


def every_sentence(language: str) -> dict[tuple[str, str, int], str]:
    """All sentences by kind, id and place."""
    return {
        (kind, id_, place): text
        for kind in KINDS
        for id_, said in getattr(WORDS[language], kind).items()
        for place, text in enumerate((said,) if isinstance(said, str) else astuple(said))
    }


@pytest.mark.parametrize("language", OTHERS)
def test_every_id_of_the_code_is_said_and_no_other(language: str) -> None:
    assert every_sentence(language).keys() == every_sentence("en").keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_one(language: str) -> None:
    wrong = [
        key for key, text in every_sentence(language).items() if len(text) < 10 or not text.endswith(".")
    ]
    assert wrong == []


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_left_in_english(language: str) -> None:
    english = every_sentence("en")
    assert [key for key, text in every_sentence(language).items() if text == english[key]] == []


def test_what_is_one_sentence_to_customers_in_english_is_one_in_every_language() -> None:
    """So the same thing is never said in two ways, nor two things in one."""
    for kind in ("rules", "changes", "asking"):
        english = {id_: said.customer for id_, said in getattr(WORDS["en"], kind).items()}
        for language in OTHERS:
            said = {id_: said.customer for id_, said in getattr(WORDS[language], kind).items()}
            pairs = {(english[id_], said[id_]) for id_ in english}
            assert len(pairs) == len(set(english.values())), (kind, language)


def test_arabic_is_written_in_arabic_but_for_names() -> None:
    foreign = {
        key: LATIN.findall(NAMES.sub("", text))
        for key, text in every_sentence("ar").items()
        if LATIN.search(NAMES.sub("", text))
    }
    assert foreign == {}


@pytest.mark.parametrize("language", OTHERS)
def test_names_that_staff_must_recognise_are_kept(language: str) -> None:
    """A form, a register or an authority bears its own name in every language."""
    english = every_sentence("en")
    kept = {"Form 4", "Form 1", "CNDP", "Information Regulator", "TPS", "GPC"}
    lost = [
        (key, name)
        for key, text in every_sentence(language).items()
        for name in kept
        if key[2] == 0 and name in english[key] and name not in text
    ]
    assert lost == []


def test_french_is_set_as_french_is() -> None:
    """A space that does not break before high punctuation, and a curved apostrophe."""
    wrong = [
        key for key, text in every_sentence("fr").items() if re.search(r" [;:?!]|'|[^\s\u00a0][;?!]", text)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("asked", "heard"),
    [
        ("en", "en"),
        ("fr", "fr"),
        ("ar", "ar"),
        ("fr-MA", "fr"),
        ("AR", "ar"),
        ("de", "en"),
        ("", "en"),
        (None, "en"),
    ],
)
def test_a_language_of_ours_is_chosen_and_otherwise_english(asked: str | None, heard: str) -> None:
    assert spoken(asked) == heard
    assert sentences("au.consent", asked) == WORDS[heard].rules["au.consent"]


def test_english_is_what_stands_beside_the_rule() -> None:
    rule = RULES["za.s69-form4"]
    assert sentences(rule.id) == Said(rule.staff, rule.customer)
    with pytest.raises(KeyError):
        sentences("au.nonsense", "fr")


def _decided() -> tuple[Facts, Decision]:
    facts = Facts.parse(NEUTRAL | {"notice": "MISSING", "purpose_fit": "NEW"})
    return facts, decide(facts)


def test_a_decision_is_said_in_another_language_with_all_that_stands_in_the_way() -> None:
    _, decision = _decided()
    said = decision_in(decision, "fr")
    assert said.staff.startswith("Le client n’a pas reçu d’avis de collecte complet")
    assert said.also_needed[0].customer == WORDS["fr"].rules["au.default"].customer
    assert (said.rule, said.outcome, said.citation, said.facts) == (
        decision.rule,
        decision.outcome,
        decision.citation,
        decision.facts,
    )
    assert decision_in(said, "en") == decision


def test_remedies_duties_and_asking_are_said_in_another_language() -> None:
    facts = Facts.parse(NEUTRAL | {"purpose_fit": "NEW"})
    (remedy,) = remedies(facts)
    assert remedy_in(remedy, "ar").customer == "يجب أن توافق على ذلك أولًا."
    assert remedy_in(remedy_in(remedy, "ar"), "en") == remedy
    asking = may_ask(facts)
    assert asking_in(asking, "fr").how[1].text.startswith("Ne rien cocher d’avance")
    assert asking_in(asking_in(asking, "fr"), "en") == asking
    email = Facts.parse(NEUTRAL | {"act": "MESSAGE", "channel": "EMAIL"})
    (duty, *_) = obligations(email)
    assert obligation_in(duty, "fr").text == WORDS["fr"].duties[duty.code]
