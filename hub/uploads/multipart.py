"""A form with files (RFC 7578), read as it comes and never more of it than we take.

What is too much is known while it arrives, and the rest is not read. Files stay in memory until they are checked: what
people send as proof of who they are lies on no disk in clear.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from hub.errors import Code, Refusal, invalid
from hub.uploads.values import FILE_BYTES, FILES_MOST, TOGETHER_BYTES, Sent

FORM: Final = "multipart/form-data"
FIELDS_MOST: Final = 50
FIELD_BYTES: Final = 64 * 1024
_HEADERS_MOST: Final = 6
_HEADER_BYTES: Final = 2 * 1024
_BOUNDARY_BYTES: Final = 70  # RFC 2046 section 5.1.1
UNREADABLE: Final = "This is no form with files: send multipart/form-data (RFC 7578)."


@dataclass(frozen=True, slots=True)
class Form:
    """What came: fields in their order, and files by the name of their field."""

    fields: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]], repr=False)
    files: list[tuple[str, Sent]] = field(default_factory=list[tuple[str, Sent]], repr=False)


def is_one(request: Request) -> bool:
    """Whether a request says that it brings such a form."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == FORM


async def read(request: Request) -> Form:
    """Read a form; a field for files that was left empty holds none. Refusals: INVALID, TOO_LARGE with the limit."""
    reading = _Reading()
    try:
        parser = MultipartParser(
            _boundary(request),
            reading.callbacks(),
            max_header_count=_HEADERS_MOST,
            max_header_size=_HEADER_BYTES,
        )
        async for chunk in request.stream():
            parser.write(chunk)
        parser.finalize()
    except FormParserError:
        raise invalid(UNREADABLE) from None
    if not reading.is_over:
        raise invalid(UNREADABLE)
    return reading.form


def _boundary(request: Request) -> bytes:
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary", b"")
    if kind.lower() != FORM.encode() or not 1 <= len(boundary) <= _BOUNDARY_BYTES:
        raise invalid(UNREADABLE)
    return boundary


class _Reading:
    """A form on its way: one part after the other."""

    def __init__(self) -> None:
        self.form = Form()
        self.is_over = False
        self._together = 0
        self._header, self._value = bytearray(), bytearray()
        self._begin()

    def callbacks(self) -> Any:
        """What the parser calls."""
        named: tuple[Callable[..., None], ...] = (
            self.on_part_begin, self.on_header_field, self.on_header_value, self.on_header_end,
            self.on_headers_finished, self.on_part_data, self.on_part_end, self.on_end,
        )  # fmt: skip
        return {each.__name__: each for each in named}

    def _begin(self) -> None:
        self._name, self._file = "", None
        self._content = bytearray()
        self._disposition = b""

    def on_part_begin(self) -> None:
        """Begin with a part."""
        self._begin()

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        """Take a piece of a header's name."""
        self._header += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        """Take a piece of a header's value."""
        self._value += data[start:end]

    def on_header_end(self) -> None:
        """Take a header; only where the part belongs to matters, and not what its sender says it is."""
        name = bytes(self._header).lower()
        if name == b"content-disposition":
            self._disposition = bytes(self._value)
        elif name == b"content-transfer-encoding":
            raise invalid(
                UNREADABLE
            )  # deprecated (RFC 7578 section 4.7): what it hides would not be looked at
        self._header.clear()
        self._value.clear()

    def on_headers_finished(self) -> None:
        """Know what the part is."""
        kind, options = parse_options_header(self._disposition)
        if kind != b"form-data" or b"name" not in options:
            raise invalid(UNREADABLE)
        self._name = _text(options[b"name"])
        self._file = _text(options[b"filename"]) if b"filename" in options else None
        if self._file is None and len(self.form.fields) >= FIELDS_MOST:
            raise Refusal(Code.TOO_LARGE, f"A form has {FIELDS_MOST} fields at most.")
        if self._file is not None and len(self.form.files) >= FILES_MOST:
            raise Refusal(Code.TOO_LARGE, f"Send at most {FILES_MOST} files at a time.", ("files",))

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        """Take a piece of the part."""
        self._content += data[start:end]
        self._together += end - start
        most = FIELD_BYTES if self._file is None else FILE_BYTES
        if len(self._content) > most:
            place = (self._name,) if self._file is None else ("files", len(self.form.files))
            raise Refusal(Code.TOO_LARGE, f"This has {_spoken(most)} at most.", place)
        if self._together > TOGETHER_BYTES:
            raise Refusal(Code.TOO_LARGE, f"Send {_spoken(TOGETHER_BYTES)} at most at a time.", ("files",))

    def on_part_end(self) -> None:
        """Keep the part."""
        content = bytes(self._content)
        if self._file is None:
            self.form.fields.append((self._name, _text(content)))
        elif self._file or content:
            self.form.files.append((self._name, Sent(self._file, content)))
        self._begin()

    def on_end(self) -> None:
        """Know that nothing is missing."""
        self.is_over = True


def _spoken(size: int) -> str:
    return f"{size // 2**20} MB" if size >= 2**20 else f"{size // 2**10} kB"


def _text(said: bytes) -> str:
    try:
        return said.decode()
    except UnicodeDecodeError:
        raise invalid(UNREADABLE) from None
