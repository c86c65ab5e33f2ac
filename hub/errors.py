"""What may go wrong, and how it is said.

One tree, so that every door renders a refusal the same way::

    Exception
    ├── Refusal            what was asked cannot be done; safe to show to the asker
    └── Unready            this process cannot work yet (settings, database, keys); shown to the operator

A refusal says what happened, where, and what to do next. It never carries personal data.
"""

from enum import StrEnum
from typing import Final


class Code(StrEnum):
    """Stable codes of refusals: programs branch on them, people read the message beside them."""

    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    INVALID = "INVALID"
    CONFLICT = "CONFLICT"
    TOO_LARGE = "TOO_LARGE"
    LIMIT = "LIMIT"
    IDEMPOTENCY_MISMATCH = "IDEMPOTENCY_MISMATCH"
    IN_PROGRESS = "IN_PROGRESS"
    NOT_SEALED_YET = "NOT_SEALED_YET"
    OUTCOME_UNKNOWN = "OUTCOME_UNKNOWN"
    UNAVAILABLE = "UNAVAILABLE"


PASSING: Final = frozenset({
    Code.UNAVAILABLE, Code.OUTCOME_UNKNOWN, Code.IN_PROGRESS, Code.LIMIT, Code.NOT_SEALED_YET,
})  # fmt: skip
"""Codes of what may be otherwise in a moment: the same may be tried again."""


class Refusal(Exception):
    """What was asked cannot be done.

    code: for programs. message: a sentence for a person, without personal data.
    path: where in the input, e.g. ``("input", "questions", 3, "purpose")``.
    """

    def __init__(self, code: Code, message: str, path: tuple[str | int, ...] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.path = path


class Unready(Exception):
    """This process cannot work: says what is missing and what to do, for an operator's eyes."""


def not_found(noun: str, *path: str | int) -> Refusal:
    """The one answer for an id that is unknown, of another organisation, or not permitted."""
    return Refusal(Code.NOT_FOUND, f"No {noun} with this id or key.", path)


def invalid(message: str, *path: str | int) -> Refusal:
    """Input that cannot be accepted, named by its path."""
    return Refusal(Code.INVALID, message, path)
