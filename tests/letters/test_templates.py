"""Templates are data: what they may say is checked when they are read, and what is put into them is only text."""

import tomllib
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from hub.errors import Code, Refusal
from hub.letters import SHIPPED, Key, Kind, templates
from hub.letters.templates import COMMON, FOLDER, Content, Wording, check, load, write
from hub.texts import LANGUAGES

ADDRESS = "https://hub.example.org"
SAMPLES: dict[Kind, Any] = {
    Kind.LINE: "the Information Commissioner, 0303 123 1113",
    Kind.TEXT: "Your request covers four systems.\n\nOne of them is a paper archive.",
    Kind.CODE: "PH-4821-K",
    Kind.COUNT: 10,
    Kind.DATE: date(2026, 7, 14),
    Kind.LINK: "/requests/PH-4821-K?step=2",
}
HOUSE = {"organisation": "Harbour & Vale", "contact": "privacy@harbour.example, 0117 496 0123"}
DAYS = {"en": "Tuesday 14 July 2026", "fr": "mardi 14 juillet 2026", "ar": "الثلاثاء 14 يوليو 2026"}
HOSTILE = [
    "{{7*7}}", "{0.__class__}", "%s", "%(reference)s", "{reference}", "{link}", "${7*7}", "<script>alert(1)</script>",
    "\\1\\g<0>", "{% raw %}", "{", "}", "$reference", "#{7*7}",
]  # fmt: skip


def sample(key: Key, **changes: Any) -> dict[str, Any]:
    return {
        **HOUSE,
        **{name: SAMPLES[kind] for name, kind in SHIPPED[key].placeholders.items()},
        **changes,
    }


def said(key: Key, locale: str, **changes: Any) -> Content:
    template = SHIPPED[key]
    wording = template.wordings[templates.speaks(locale)]
    return write(template, wording, sample(key, **changes), locale, ADDRESS)


def test_every_letter_has_one_file_and_every_file_is_a_letter() -> None:
    assert {path.stem for path in (FOLDER / "shipped").iterdir()} == set(Key) == set(SHIPPED)


@pytest.mark.parametrize("locale", LANGUAGES)
@pytest.mark.parametrize("key", Key)
def test_every_letter_says_what_happens_and_how_to_reach_us_with_nothing_left_open(
    key: Key, locale: str
) -> None:
    content = said(key, locale)
    whole = f"{content.subject}\n{content.text}"
    assert not set("{}") & set(whole)
    assert len(content.subject) <= 78
    assert "privacy@harbour.example" in content.foot
    assert "Harbour & Vale" in content.foot
    assert "\nhttps://hub.example.org/requests/PH-4821-K?step=2\n" in content.text
    if Kind.DATE in SHIPPED[key].placeholders.values():
        assert DAYS[locale] in content.body


@pytest.mark.parametrize("locale", LANGUAGES)
def test_what_goes_to_an_address_that_a_stranger_may_have_given_says_that_it_means_nothing(
    locale: str,
) -> None:
    disclaimers = {
        "en": "does not mean that we hold",
        "fr": "ne veut pas dire que nous détenons",
        "ar": "لا تعني هذه الرسالة",
    }
    for key in (Key.RIGHTS_VERIFY, Key.RIGHTS_RECEIVED):
        assert disclaimers[locale] in said(key, locale).body


@pytest.mark.parametrize("key", Key)
def test_the_languages_of_a_letter_say_the_same_things(key: Key) -> None:
    used = {
        locale: sorted(templates._PLACEHOLDER.findall(wording.subject + wording.body))
        for locale, wording in SHIPPED[key].wordings.items()
    }
    assert set(used) == set(LANGUAGES)
    assert [set(each) for each in used.values()] == [set(used["en"])] * 3


@pytest.mark.parametrize("value", HOSTILE)
def test_what_a_value_holds_stays_what_it_is(value: str) -> None:
    content = said(Key.RIGHTS_REFUSED, "en", reason=f"Because {value}.", regulator=f"the {value} Office")
    assert f"\nBecause {value}.\n" in content.body
    assert f"complain to the {value} Office," in content.body
    assert "49" not in content.body
    assert content.body.count("PH-4821-K") == 2


@pytest.mark.parametrize(
    "link",
    [
        "@evil.example", "//evil.example", "https://evil.example/", "/\\evil.example", "\\\\evil.example", "",
        "/x\r\nBcc: a@b.example", "/x y", "/x@evil.example", "javascript:alert(1)", "/<script>", "/x#y", "evil", "/é",
        "/x\u2028y", "/?next=https://evil.example",
    ],
)  # fmt: skip
def test_a_link_leads_to_our_own_address_or_there_is_no_letter(link: str) -> None:
    with pytest.raises(Refusal) as caught:
        said(Key.RIGHTS_READY, "en", link=link)
    assert (caught.value.code, caught.value.path) == (Code.INVALID, ("values", "link"))
    assert "evil" not in caught.value.message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("due_on", "2026-07-14"), ("due_on", 5), ("due_on", datetime(2026, 7, 14, 12)),  # noqa: DTZ001
        ("minutes", "50"), ("minutes", -1), ("minutes", True), ("minutes", 10_000_000),
        ("reference", "PH 4821"), ("reference", 5), ("reference", "x" * 65),
        ("reference", "\u202eK"), ("organisation", "A\nB"), ("organisation", "x" * 501), ("contact", "A\u2028B"),
        ("contact", "a\u202eb"), ("contact", ""), ("contact", None),
    ],
)  # fmt: skip
def test_a_value_of_another_kind_is_refused_at_its_name(name: str, value: Any) -> None:
    with pytest.raises(Refusal) as caught:
        said(Key.RIGHTS_VERIFY if name == "minutes" else Key.RIGHTS_RECEIVED, "en", **{name: value})
    assert (caught.value.code, caught.value.path) == (Code.INVALID, ("values", name))


def test_days_are_spelled_out_as_the_reader_knows_them() -> None:
    first = date(2026, 7, 1)
    assert "mercredi 1er juillet 2026" in said(Key.RIGHTS_RECEIVED, "fr", due_on=first).body
    assert "يوليوز" in said(Key.RIGHTS_RECEIVED, "ar-MA", due_on=first).body
    assert "Wednesday 1 July 2026" in said(Key.RIGHTS_RECEIVED, "en-ZA", due_on=first).body


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("de", "en"),
        ("fr-CA", "fr"),
        ("FR_ma", "fr"),
        ("ar-XX", "ar"),
        ("ar", "ar"),
        ("xx-yyyy-zz", "en"),
        ("zh-Hant", "en"),
    ],
)
def test_a_language_that_we_do_not_speak_gets_english(locale: str, language: str) -> None:
    assert said(Key.RIGHTS_RECEIVED, locale).language == language


def test_names_and_numbers_keep_their_order_in_a_letter_from_right_to_left() -> None:
    content = said(Key.RIGHTS_ANSWERED, "ar")
    assert f"\u2068{SAMPLES[Kind.LINE]}\u2069" in content.body
    assert f"\u2068{HOUSE['contact']}\u2069" in content.foot
    assert "\u2068" not in said(Key.RIGHTS_ANSWERED, "fr").text


GOOD = (FOLDER / "shipped/rights_ready.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('until_on = "date"', 'until_on = "day"', "day"),
        ('until_on = "date"\n', "", "en.body: Here one cannot say {until_on}"),
        ('until_on = "date"', 'until_on = "date"\nshare = "count"', "en.body: The text must say {share}"),
        ("{until_on}. Then", "{until_on.year}. Then", "en.body: A brace stands only around"),
        ("Then we delete it", "Then we {{delete}} it", "en.body: Here one cannot say {delete}"),
        ("Then we delete it", "Then we { delete it", "en.body: A brace stands only around"),
        ("Then we delete it", "Then we {0} it", "en.body: A brace stands only around"),
        ('subject = "The answer', 'subject = "{link} The answer', "en.subject: Here one cannot say {link}"),
        ("[fr]\nsubject", "[de]\nsubject", "fr"),
        ("version = 1", "", "version"),
        ('reader = "person"', 'reader = "nobody"', "nobody"),
        ('subject = "La réponse', 'subject = "La\\nréponse', "fr.subject: Write this on one line"),
        ("Then we delete it", "Then we \\u202e delete it", "en.body: Write this without characters that turn"),
    ],
)  # fmt: skip
def test_a_template_that_does_not_fit_is_refused_when_it_is_read(
    tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    assert old in GOOD
    file = tmp_path / "rights_ready.toml"
    file.write_text(GOOD, encoding="utf-8")
    assert load(file) == SHIPPED[Key.RIGHTS_READY]
    file.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=r"rights_ready\.toml: ") as caught:
        load(file)
    assert complaint in str(caught.value)


def test_a_file_of_another_name_is_no_template(tmp_path: Path) -> None:
    file = tmp_path / "rights_unheard.toml"
    file.write_text(GOOD, encoding="utf-8")
    with pytest.raises(ValueError, match="rights_unheard"):
        load(file)
    assert tomllib.loads(GOOD)["version"] == 1


@pytest.mark.parametrize(("most", "part"), [(150, "subject"), (5_000, "body")])
def test_how_long_a_template_may_be(most: int, part: str) -> None:
    plain = {"subject": "Hello", "body": "Hello"}
    assert getattr(check(Wording(**{**plain, part: "x" * most}), {}), part) == "x" * most
    with pytest.raises(Refusal, match=str(most)):
        check(Wording(**{**plain, part: "x" * (most + 1)}), {})


@pytest.mark.parametrize(
    ("name", "value", "more"),
    [("reason", "x" * 4_000, "x"), ("regulator", "x" * 500, "x"), ("reference", "x" * 64, "x")],
)
def test_how_long_a_value_may_be(name: str, value: str, more: str) -> None:
    assert value in said(Key.RIGHTS_REFUSED, "en", **{name: value}).body
    with pytest.raises(Refusal):
        said(Key.RIGHTS_REFUSED, "en", **{name: value + more})


def test_what_every_letter_may_say_is_declared_by_none() -> None:
    assert all(not COMMON.keys() & template.placeholders.keys() for template in SHIPPED.values())
