"""Words in several languages."""

from collections.abc import Mapping, Sequence
from typing import Self

import strawberry

from hub.errors import invalid
from schema.call import Info

FALLBACK = "en"


@strawberry.type(description="The same words in one language.")
class LocalText:
    """A locale and what is said in it."""

    locale: str = strawberry.field(description="The language: en, fr or ar.")
    text: str = strawberry.field(description="The words.")

    @classmethod
    def all_of(cls, texts: Mapping[str, str]) -> list[Self]:
        """Every language, in the order of their names."""
        return [cls(locale=locale, text=text) for locale, text in sorted(texts.items())]


@strawberry.input(description="The same words in one language.")
class LocalTextInput:
    """A locale and what is said in it."""

    locale: str = strawberry.field(description="The language: en, fr or ar.")
    text: str = strawberry.field(description="The words.")


def by_locale(given: Sequence[LocalTextInput], *path: str | int) -> dict[str, str]:
    """The words by language. Raises Refusal(INVALID) for a language that is given twice."""
    found: dict[str, str] = {}
    for place, each in enumerate(given):
        if each.locale in found:
            raise invalid("This language is given twice.", *path, place, "locale")
        found[each.locale] = each.text
    return found


def in_locale(texts: Mapping[str, str], info: Info) -> str:
    """The words in the asker's language, else in English, else in any; empty where there are none."""
    wanted = info.context.locale
    return texts.get(wanted) or texts.get(FALLBACK) or next(iter(texts.values()), "")
