"""Every sentence of the portal in every language, with the same things filled in, and dates as they are read."""

import re
from datetime import date

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from portal.desk import names
from portal.languages import LANGUAGES
from portal.wording import CATALOGUES, PORTAL, day

HUB = PORTAL.parent / "hub"
NAMED = re.compile(r"%\(\w+\)s")
OTHERS = [language for language in LANGUAGES if language != "en"]


@pytest.fixture(scope="module")
def sentences() -> set[str]:
    """What stands in the code and the templates, marked to be translated."""
    methods = [("**.py", "python"), ("templates/**.html", "jinja2")]
    options = {"templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true"}}
    found = extract_from_dir(PORTAL, methods, options, keywords={"_": None, "N_": None, "gettext": None})
    return {str(message) for _, _, message, _, _ in found}


def catalogue(language: str) -> list[Message]:
    """What is translated, the portal's and the desk's."""
    found: list[Message] = []
    for path in sorted((PORTAL / "locale" / language / "LC_MESSAGES").glob("*.po")):
        with path.open("rb") as file:
            found += [each for each in read_po(file) if each.id]
    return found


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_is_translated_and_none_is_left_over(sentences: set[str], language: str) -> None:
    assert len(sentences) > 150
    kept = {str(each.id): each for each in catalogue(language)}
    assert len(kept) == len(catalogue(language))
    assert set(kept) == sentences
    assert [name for name, each in kept.items() if not each.string or each.fuzzy] == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_is_filled_in_as_the_sentence_is(language: str) -> None:
    for each in catalogue(language):
        assert sorted(NAMED.findall(str(each.string))) == sorted(NAMED.findall(str(each.id))), each.id
        assert CATALOGUES[language].gettext(str(each.id)) == each.string


def test_french_has_a_narrow_space_where_it_is_due() -> None:
    for each in catalogue("fr"):
        assert not re.search(r"[ \w][?!;]", str(each.string)), each.string


def test_a_day_is_spelled_out() -> None:
    said = [day(language, date(2026, 7, 14)) for language in LANGUAGES]
    assert said == ["Tuesday 14 July 2026", "mardi 14 juillet 2026", "الثلاثاء 14 يوليو 2026"]


def test_no_sentence_stands_in_a_template_unmarked() -> None:
    """What is left of a template without its tags, expressions and HTML holds no letters."""
    for path in sorted((PORTAL / "templates").rglob("*.html")):
        if path.name in {"welcome.html", "mailbox.html"}:
            continue
        text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}|<[^>]*>", "", path.read_text("utf-8"), flags=re.DOTALL)
        text = re.sub(r'aria-\w+="[^"]*"', "", text)
        assert not re.search(r"[A-Za-z]", text), (path.name, text.split())


def test_whatever_happens_to_a_request_has_a_name_at_the_desk() -> None:
    moves = [
        re.findall(r'Move\(\s*"([A-Z_]+)"', each.read_text("utf-8")) for each in (HUB / "rights").glob("*.py")
    ]
    kinds = {kind for several in moves for kind in several}
    assert len(kinds) > 30
    assert kinds - set(names.EVENTS) == set()
