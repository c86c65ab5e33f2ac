"""References of requests, such as PH-4C7D-29KX: read out on the phone, typed from a letter, and found all the same."""

import secrets
from typing import Final

LETTERS: Final = "23456789CDFGHJKMNPQRTVWXYZ"
"""No vowels, so that no word appears, and nothing that is misheard or misread for another."""
PREFIX: Final = "PH"
GROUP: Final = 4


def new_reference() -> str:
    """A reference to read out: 26^8 of them, so none leads to another."""
    return _spelled("".join(secrets.choice(LETTERS) for _ in range(2 * GROUP)))


def as_written(said: str) -> str:
    """A reference as we write it, in whichever case and grouping it was said, with PH before it or without."""
    letters = "".join(letter for letter in said.upper() if letter.isalnum())
    letters = letters.removeprefix(PREFIX) if len(letters) > 2 * GROUP else letters
    return _spelled(letters)


def _spelled(letters: str) -> str:
    return f"{PREFIX}-{letters[:GROUP]}-{letters[GROUP:]}"
