"""The first page in every language."""

import tomllib
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.types import Scope

from portal.languages import LANGUAGES, choose
from portal.pages import welcome

LOCALE = Path(welcome.__file__).parents[1] / "locale"


@pytest.mark.parametrize("page", ["welcome", "mailbox"])
def test_every_language_says_the_same_things(page: str) -> None:
    texts = tomllib.loads((LOCALE / f"{page}.toml").read_text(encoding="utf-8"))
    assert texts.keys() == LANGUAGES.keys()
    assert {frozenset(said) for said in texts.values()} == {frozenset(texts["en"])}
    assert all(text.strip() for said in texts.values() for text in said.values())


@pytest.mark.parametrize(
    ("asked", "accepted", "chosen"),
    [(None, "", "en"), (None, "fr", "fr"), (None, "de,fr;q=0.2,ar;q=0.9", "ar"), ("ar", "fr", "ar"),
     ("xx", "fr", "fr"), (None, "fr;q=0", "en"), (None, "fr;q=x, ar-MA", "ar"), (None, "*", "en"),
     (None, "," * 5000, "en")],
)  # fmt: skip
def test_a_reader_is_shown_the_first_language_they_and_we_speak(
    asked: str | None, accepted: str, chosen: str
) -> None:
    assert choose(asked, accepted) == chosen


@pytest.mark.parametrize("demo", [True, False])
@pytest.mark.parametrize("console", [True, False])
@pytest.mark.parametrize("letters", [True, False])
async def test_the_page_points_only_to_what_is_there(*, console: bool, demo: bool, letters: bool) -> None:
    scope: Scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}
    text = bytes(
        (await welcome.page(console=console, demo=demo, letters=letters)(Request(scope))).body
    ).decode()
    assert ('href="/graphql"' in text) == console
    assert ('href="/mailbox"' in text) == letters
    assert ("made-up" in text) == demo
    assert "<script" not in text
    assert "style=" not in text
