"""The HTML of a letter is made of its text: nothing in it runs, and only our own address is a link."""

from html.parser import HTMLParser
from pathlib import Path

import pytest

from hub.letters import Key, rendering
from hub.letters.templates import Content
from hub.texts import LANGUAGES
from tests.letters.test_templates import ADDRESS, HOSTILE, said


class Tags(HTMLParser):
    """The tags, attributes and words of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.words += data


def page(content: Content, organisation: str = "Harbour & Vale") -> str:
    return rendering.page(content, organisation, ADDRESS)


@pytest.mark.parametrize("locale", LANGUAGES)
@pytest.mark.parametrize("key", Key)
def test_a_page_holds_the_text_one_link_and_nothing_that_runs(key: Key, locale: str) -> None:
    content = said(key, locale)
    seen = Tags(page(content))
    assert seen.links == [f"{ADDRESS}/requests/PH-4821-K?step=2"]
    assert set(seen.tags) == {
        "html", "head", "meta", "title", "style", "body", "table", "tr", "td", "h1", "p", "a",
    } | ({"b", "br"} & set(seen.tags))  # fmt: skip
    assert not {name for name in seen.attributes if name.startswith("on") or name == "style"}
    for line in [content.subject, *content.body.split("\n"), content.foot]:
        assert line.startswith(ADDRESS) or line.rstrip(": \u00a0") in seen.words
    assert ('dir="rtl"' in page(content)) == (locale == "ar")


@pytest.mark.parametrize(
    "value", [*HOSTILE, '"><img src=x onerror=alert(1)>', "https://evil.example/x", "javascript:alert(1)"]
)
def test_a_value_makes_no_tag_and_no_link(value: str) -> None:
    content = said(Key.RIGHTS_REFUSED, "en", reason=value, regulator=value)
    seen = Tags(page(content, organisation=value))
    assert seen.links == [f"{ADDRESS}/requests/PH-4821-K?step=2"]
    assert set(seen.tags) <= {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "table",
        "tr",
        "td",
        "h1",
        "p",
        "a",
        "br",
    }
    assert value in seen.words


def test_an_address_that_only_begins_like_ours_is_no_link() -> None:
    for other in (f"{ADDRESS}.evil.example/x", f"{ADDRESS}@evil.example/x", f"{ADDRESS}:81/x"):
        content = said(Key.RIGHTS_REFUSED, "en", reason=f"See {other}.")
        assert Tags(page(content)).links == [f"{ADDRESS}/requests/PH-4821-K?step=2"]


def test_the_words_before_a_link_are_what_is_pressed() -> None:
    text = page(said(Key.RIGHTS_READY, "fr"))
    assert f'<a href="{ADDRESS}/requests/PH-4821-K?step=2" class="button">Lire la réponse</a>' in text


@pytest.mark.parametrize("locale", LANGUAGES)
@pytest.mark.parametrize("key", Key)
def test_what_is_pressed_is_said_in_few_words(key: Key, locale: str) -> None:
    lines = said(key, locale).body.split("\n")
    before = lines[lines.index(f"{ADDRESS}/requests/PH-4821-K?step=2") - 1]
    assert before.endswith(":")
    assert len(before) <= 45


def test_a_code_is_shown_large() -> None:
    assert '<b class="code">PH-4821-K</b>' in page(said(Key.RIGHTS_VERIFY, "en"))
    assert 'class="code"' not in page(said(Key.RIGHTS_RECEIVED, "en"))


def test_the_layout_stays_small() -> None:
    assert len(page(said(Key.RIGHTS_REFUSED, "ar")).encode()) < 8_000
    assert Path(rendering.FOLDER / "letter.html").stat().st_size < 4_000
