"""How a report speaks: its texts, numbers and days in one language.

Names from the catalogue may run in another direction than the page: each is set apart by Unicode's isolates.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from hub.reports.asked import Asked
from hub.texts import LANGUAGES, texts

__all__ = ["LANGUAGES", "Wording", "apart", "of"]

_TEXTS: Final = texts(Path(__file__).parent / "texts.toml")
_LEAST: Final = 0.0005
_SHOWN: Final = 0.001


@dataclass(frozen=True, slots=True)
class Wording:
    """The texts of one language, by name, and how it writes numbers."""

    language: str
    texts: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.texts[name]

    def say(self, name: str, /, **values: Any) -> str:
        """A text with values in it."""
        return self.texts[name].format(**values)

    def number(self, value: int) -> str:
        """Thousands as this language parts them."""
        return self._whole(format_decimal(value, locale=self.language))

    def change(self, value: int) -> str:
        """A difference, with its sign."""
        sign = "+" if value > 0 else "\u2212" if value < 0 else ""
        return self._whole(sign + format_decimal(abs(value), locale=self.language))

    def percent(self, share: float) -> str:
        """A share of 1, with one decimal; of something that rounds to nothing, that it is less than the least."""
        is_tiny = 0 < share < _LEAST
        said = format_percent(_SHOWN if is_tiny else share, self.texts["percent"], locale=self.language)
        return self._whole(f"< {said}" if is_tiny else said)

    def _whole(self, figure: str) -> str:
        """Keep a figure and its signs in their order where the page runs from right to left."""
        return f"\u2066{figure}\u2069" if self.texts["dir"] == "rtl" else figure

    def day(self, value: date) -> str:
        """A day, spelled out."""
        pattern = self.texts["first_day" if value.day == 1 else "day"]
        return format_date(value, pattern, locale=self.language)

    def instant(self, value: datetime) -> str:
        """An instant, in UTC, spelled out."""
        at = value.astimezone(UTC)
        return self.say("instant", day=self.day(at), time=f"{at:%H:%M}")

    def question(self, asked: Asked) -> str:
        """The question as one sentence."""
        purpose = (
            asked.purpose.get(self.language) or asked.purpose.get("en") or next(iter(asked.purpose.values()))
        )
        return self.say(f"ask.{asked.act}", purpose=apart(purpose), recipient=apart(asked.recipient or ""))

    def details(self, asked: Asked) -> Iterator[tuple[str, str]]:
        """What else belongs to the question, as pairs."""
        yield self["organisation"], apart(asked.organisation)
        yield self["as_of"], self.instant(asked.at)
        if asked.recipient is not None and asked.act not in {"DISCLOSE", "SELL", "POOL"}:
            yield self["recipient"], apart(asked.recipient)
        for name, value in asked.parts.items():
            yield self[name], self.texts.get(f"{name}.{value}", apart(value))
        yield self["who"], self._who(asked)

    def _who(self, asked: Asked) -> str:
        places = [self[f"law.{each}"] for each in sorted(asked.such.jurisdictions)]
        standings = [self[f"relationship.{each}"] for each in sorted(asked.such.relationships)]
        return self["comma"].join([*places, *standings]) or self["everybody"]

    def supposed(self, thing: Mapping[str, Any]) -> str:
        """One thing that is supposed, as a sentence."""
        values = {
            name: self.day(value) if isinstance(value, date) else apart(str(value))
            for name, value in thing.items()
        }
        return self.say(f"supposed.{thing['kind']}", **values)


@cache
def of(language: str) -> Wording:
    """The wording of a language; KeyError for one that is none of ours."""
    return Wording(language, _TEXTS[language])


def apart(name: str) -> str:
    """Set a name apart from the direction of the text around it."""
    return f"\u2068{name}\u2069"
