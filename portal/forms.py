"""What a page's form sends: read strictly, and never more of it than a form of ours can hold."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.requests import Request

from hub import inputs
from hub.errors import Code, Refusal
from hub.uploads import multipart
from hub.uploads.values import Sent
from portal.wording import N_

MOST_BYTES: Final = 128 * 1024
MOST_FIELDS: Final = 100
TEXT_CHARACTERS: Final = 5_000
FORM: Final = "application/x-www-form-urlencoded"
FILES: Final = "files"
"""The field that files are sent in."""
TOO_LARGE: Final = N_("Send 10 files at most at a time, each of 10 MB at most, and 25 MB together")


class Unreadable(Exception):
    """A body that no form of ours sends; nothing of it was taken."""

    def __init__(self, status: HTTPStatus, said: str) -> None:
        super().__init__(said)
        self.status = status
        self.said = said


class Wrong(Exception):
    """Something to put right. field: its name on the page, empty for the whole of it. named: fills the message."""

    def __init__(
        self, field: str, message: str, status: int = HTTPStatus.UNPROCESSABLE_ENTITY, **named: Any
    ) -> None:
        super().__init__(message)
        self.field = field
        self.message = message
        self.status = status
        self.named = named


@dataclass(frozen=True, slots=True)
class Form:
    """Every field by its name, with all its values, and the files that were sent along."""

    fields: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]], repr=False)
    files: Sequence[Sent] = field(default=(), repr=False)

    def one(self, name: str) -> str:
        """The value of a field; empty where it was not sent."""
        return next(iter(self.fields.get(name, ())), "")

    def all(self, name: str) -> Sequence[str]:
        """Every value of a field with boxes to tick."""
        return self.fields.get(name, ())

    def choice(self, name: str, known: Sequence[str], message: str) -> str:
        """One of these; Wrong with the message for anything else."""
        if self.one(name) not in known:
            raise Wrong(name, message)
        return self.one(name)

    def text(self, name: str, message: str = "") -> str:
        """A text of several lines, trimmed; with a message it must not be empty."""
        said = unicodedata.normalize("NFC", self.one(name).replace("\r\n", "\n").strip())
        if not said and message:
            raise Wrong(name, message)
        if len(said) > TEXT_CHARACTERS:
            raise Wrong(
                name, N_("Use 5,000 characters at most. You have used %(used)s."), used=f"{len(said):,}"
            )
        if not inputs.storable(said):
            raise Wrong(name, N_("Use letters and signs only: there is something here that cannot be read."))
        return said


async def read(request: Request, several: Sequence[str]) -> Form:
    """Read a form; `several` names the fields that may come more than once. Raises Unreadable."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise Unreadable(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Send the form as {FORM}.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise Unreadable(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A form has {MOST_BYTES:,} bytes at most.")
    return Form(_fields(_pairs(bytes(body)), several))


async def read_files(request: Request, several: Sequence[str]) -> Form:
    """Read a form with files. Raises Unreadable for what is none, Wrong for files that are too many or too large."""
    if not multipart.is_one(request):
        raise Unreadable(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Send the form as {multipart.FORM}.")
    try:
        form = await multipart.read(request)
    except Refusal as refusal:
        if refusal.path[:1] == (FILES,):
            raise Wrong(FILES, TOO_LARGE) from None
        status = (
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE if refusal.code is Code.TOO_LARGE else HTTPStatus.BAD_REQUEST
        )
        raise Unreadable(status, refusal.message) from None
    return Form(_fields(form.fields, several), [file for name, file in form.files if name == FILES])


def _fields(pairs: Iterable[tuple[str, str]], several: Sequence[str]) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    if any(len(values) > 1 and name not in several for name, values in fields.items()):
        raise Unreadable(HTTPStatus.BAD_REQUEST, "A field was sent twice.")
    return fields


def _pairs(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError:
        message = "This is not a form: name=value pairs, percent-encoded UTF-8."
        raise Unreadable(HTTPStatus.BAD_REQUEST, message) from None
