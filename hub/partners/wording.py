"""The question that is put to a customer before they are referred, in every language, from the catalogue's words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from hub.errors import Code, Refusal
from hub.letters.templates import day_in_words
from hub.purposes import Purpose
from hub.recipients import Recipient
from hub.texts import texts

_TEXTS: Final = texts(Path(__file__).parent / "wording.toml")


@dataclass(frozen=True, slots=True)
class Texts:
    """wording, benefit: per language; what everybody is shown who is asked this."""

    wording: Mapping[str, str]
    benefit: Mapping[str, str]


def question(
    recipient: Recipient,
    purpose: Purpose,
    wording: Mapping[str, str] | None,
    benefit: Mapping[str, str] | None,
) -> Texts:
    """What is asked, and what the customer has from a yes: as given, or else made of recipient and purpose."""
    gain = benefit or purpose.benefits
    if not gain:
        message = "The purpose does not say what the customer has from it: say so, or give the benefit here."
        raise Refusal(Code.INVALID, message, ("benefit",))
    return Texts(wording or _wording(recipient, purpose), gain)


def until(language: str, keep_days: int | None, ends_on: date | None) -> str:
    """Until when a recipient may keep what it gets, in one of our languages."""
    said = _TEXTS[language]
    if keep_days is not None:
        return said["days"].format(days=keep_days)
    return said["open"] if ends_on is None else said["end"].format(day=day_in_words(ends_on, language))


def _wording(recipient: Recipient, purpose: Purpose) -> dict[str, str]:
    fallback = purpose.names.get("en") or next(iter(purpose.names.values()))
    return {
        language: said["question"].format(
            recipient=recipient.name, purpose=purpose.names.get(language, fallback)
        )
        for language, said in _TEXTS.items()
    }
