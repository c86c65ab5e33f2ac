"""Why we refuse, keep or take longer, in three languages: nothing left out, nothing stale, nothing left in English."""

import re

import pytest

from hub.policy.values import Jurisdiction
from hub.policy.words import LANGUAGES
from hub.rights.law import RIGHTS, TIMINGS
from hub.rights.reasons import WORDS, closing, exceptions, extensions, reason, refusals
from hub.rights.values import Kind

AU, UK, ZA, MA, EU, US_CA = Jurisdiction
OTHERS = tuple(language for language in LANGUAGES if language != "en")


def every_sentence(language: str) -> dict[tuple[str, str], str]:
    words = WORDS[language]
    reasons = {
        (f"{who} {code}"): getattr(each, who)
        for code, each in words.reasons.items()
        for who in ("staff", "customer")
    }
    return {
        **{("reason", name): text for name, text in reasons.items()},
        **{("says", code): text for code, text in words.says.items()},
    }


@pytest.mark.parametrize("language", OTHERS)
def test_every_code_is_said_in_every_language_and_no_other(language: str) -> None:
    assert every_sentence(language).keys() == every_sentence("en").keys()
    assert WORDS[language].short.keys() == WORDS["en"].short.keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_one(language: str) -> None:
    wrong = [
        key for key, text in every_sentence(language).items() if len(text) < 10 or not text.endswith(".")
    ]
    assert wrong == []
    assert not [text for text in WORDS[language].short.values() if text.endswith(".") or not text]


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_left_in_english(language: str) -> None:
    english = every_sentence("en")
    assert [key for key, text in every_sentence(language).items() if text == english[key]] == []


def test_french_is_set_as_french_is() -> None:
    sentences = [*every_sentence("fr").values(), *WORDS["fr"].short.values()]
    assert [text for text in sentences if re.search(r" [;:?!]|'|[^\s\u00a0][;?!]", text)] == []


def test_arabic_is_written_in_arabic() -> None:
    sentences = [*every_sentence("ar").values(), *WORDS["ar"].short.values()]
    assert [text for text in sentences if re.search(r"[A-Za-z]{2,}", text.replace("{regulator}", ""))] == []


@pytest.mark.parametrize("place", list(Jurisdiction))
@pytest.mark.parametrize("kind", list(Kind))
def test_every_ground_stands_on_a_provision_and_is_said(place: Jurisdiction, kind: Kind) -> None:
    grounds = [*refusals(place, kind), *extensions(place, kind)]
    if not RIGHTS[place, kind].is_offered:
        assert grounds == []
    codes = [ground.code for ground in grounds]
    assert len(codes) == len(set(codes))
    for ground in grounds:
        assert ground.cites
        for language in LANGUAGES:
            assert reason(ground.code, language).customer


def test_every_code_is_used_somewhere() -> None:
    pairs = [(place, kind) for place in Jurisdiction for kind in Kind]
    used = {ground.code for pair in pairs for ground in (*refusals(*pair), *extensions(*pair))}
    used |= {ground.code for place in Jurisdiction for ground in exceptions(place)}
    assert used == WORDS["en"].reasons.keys()
    listed = {code for timing in TIMINGS.values() if timing.extension for code in timing.extension.reasons}
    assert listed == WORDS["en"].short.keys()
    said = {code for right in RIGHTS.values() if right.refusal for code in right.refusal.codes}
    assert said == WORDS["en"].says.keys()


def test_the_grounds_are_those_of_the_provisions() -> None:
    access = {place: {ground.code for ground in refusals(place, Kind.ACCESS)} for place in Jurisdiction}
    assert {ground.cites for ground in refusals(AU, Kind.ACCESS)} >= {
        f"APP 12.3({letter})" for letter in "abcdehij"
    } | {"APP 12.3(f)-(g)"}
    assert access[MA] == {"IDENTITY_NOT_PROVEN", "UNFOUNDED_OR_EXCESSIVE", "TOO_SOON"}
    assert {
        "PRIVILEGE",
        "NEGOTIATIONS",
        "COMMERCIAL",
        "REFERENCES",
        "ENFORCEMENT",
        "OTHERS_PRIVACY",
    } <= access[UK]
    assert "SECRET_PIECES" in access[US_CA]
    assert [ground.code for ground in extensions(UK, Kind.ACCESS)] == ["COMPLEXITY", "NUMBER"]
    assert extensions(AU, Kind.ACCESS) == extensions(US_CA, Kind.OBJECTION) == ()


def test_a_refusal_names_the_regulator_in_the_language_of_the_customer() -> None:
    english = closing(UK, Kind.ACCESS)
    assert english[2] == "You can complain to the authority: Information Commissioner's Office."
    assert closing(EU, Kind.DELETION, "fr-FR", "FR")[1] == (
        "Vous pouvez adresser une plainte à l’autorité suivante\u00a0:"
        " Commission nationale de l’informatique et des libertés (CNIL)."
    )
    assert "the national supervisory authority" in closing(EU, Kind.DELETION)[1]
    assert closing(AU, Kind.RECTIFICATION, "ar")[2].endswith(
        "Office of the Australian Information Commissioner (OAIC)."
    )
    assert "(OAIC); Australian Communications" in closing(AU, Kind.STOP_MARKETING)[2]
    assert closing(AU, Kind.RECTIFICATION)[3].startswith("You can give us a statement of your own")
    assert closing(AU, Kind.PORTABILITY) == ()
    with pytest.raises(KeyError):
        reason("NONSENSE")
