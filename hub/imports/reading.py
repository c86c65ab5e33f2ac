"""Reading a table of text as other programs export it: which encoding, which delimiter, which records.

Nothing is held but one record at a time, and no record is longer than a limit, so a file of any size and any
shape is read in the same memory. A record that cannot be read is returned with its fault, and reading goes on
at the next line.
"""

import codecs
import csv
import hashlib
import io
import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple, TextIO

from hub.errors import invalid

FILE_BYTES: Final = 2 * 1024**3
ROWS_MOST: Final = 2_000_000
COLUMNS_MOST: Final = 300
ROW_CHARACTERS: Final = 100_000
ROW_LINES: Final = 200
DELIMITERS: Final = (",", ";", "\t", "|")
ENCODINGS: Final = (
    "utf-8", "utf-16", "windows-1252", "windows-1250", "windows-1256",
    "iso-8859-1", "iso-8859-6", "iso-8859-15", "mac-roman",
)  # fmt: skip

_CHUNK_BYTES = 1024**2
_SAMPLE_CHARACTERS = 65_536
_SAMPLE_RECORDS = 20
_SHOWN_CHARACTERS = 1_000
_CONTROLS = bytes({*range(32)} - {*b"\t\n\v\f\r\x1a"})
_CONTROLS_LEAST, _CONTROLS_SHARE = 5, 0.01
_UNDEFINED_1252 = b"\x81\x8d\x8f\x90\x9d"
_WORKBOOKS = {
    b"PK\x03\x04": "an Excel workbook or a zip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a compressed file",
}
_SEPARATOR_LINE = re.compile(r"sep=(.)\s*", re.IGNORECASE)
_FOREIGN = re.compile("[\udc80-\udcff]")
_NOT_ASCII = re.compile("[^\x00-\x7f]")


@dataclass(frozen=True, slots=True)
class Survey:
    """What a file is. errors: how bytes that do not fit its encoding are read. sha256: of its bytes."""

    path: Path
    encoding: str
    errors: str
    size_bytes: int
    lines: int
    sha256: str


class Record(NamedTuple):
    """One row: the line on which it begins, its cells, and why it cannot be read (None: it can)."""

    line: int
    cells: list[str]
    fault: str | None = None


class _Line(NamedTuple):
    number: int
    text: str
    is_cut: bool = False


def survey(path: Path, encoding: str | None = None) -> Survey:
    """Read a file from end to end: encoding, size, fingerprint; Refusal INVALID if it is no table of text."""
    if encoding is not None and encoding.lower() not in ENCODINGS:
        raise invalid(f"The encodings are {', '.join(ENCODINGS)}.", "encoding")
    _refuse_unreadable(path)
    with path.open("rb") as file:
        head = file.read(_SAMPLE_CHARACTERS)
        _refuse_binary(head, encoding)
        file.seek(0)
        given = encoding or _by_mark(head)
        hashed, seen = hashlib.sha256(), _Seen(given)
        while chunk := file.read(_CHUNK_BYTES):
            hashed.update(chunk)
            seen.take(chunk)
    chosen, errors = seen.verdict()
    return Survey(path, chosen, errors, path.stat().st_size, seen.lines, hashed.hexdigest())


def opened(surveyed: Survey) -> TextIO:
    """Open a surveyed file as text, its line ends untouched."""
    return surveyed.path.open(encoding=surveyed.encoding, errors=surveyed.errors, newline="")


def sniff(surveyed: Survey, knows: Callable[[str], bool]) -> str:
    """Find the delimiter: the one under which most headers are known and the rows are of one width."""
    with opened(surveyed) as file:
        sample = file.read(_SAMPLE_CHARACTERS)
    hint = _SEPARATOR_LINE.match(sample)
    if hint:
        return hint[1]
    is_whole = len(sample) < _SAMPLE_CHARACTERS
    return max(DELIMITERS, key=lambda delimiter: _score(sample, delimiter, knows, is_whole=is_whole))


class Records:
    """The records of an open file.

    width: of the header, once it is known; it tells a quote that went astray.
    """

    def __init__(self, file: TextIO, delimiter: str) -> None:
        self.width: int | None = None
        self._delimiter = delimiter
        self._lines = _physical(file)
        self._again: deque[_Line] = deque()

    def __iter__(self) -> Iterator[Record]:
        while line := self._take():
            if line.number == 1 and _SEPARATOR_LINE.fullmatch(line.text):
                continue
            record = self._record(line)
            if record.fault or any(cell and not cell.isspace() for cell in record.cells):
                yield record

    def _record(self, line: _Line) -> Record:
        if line.is_cut:
            return Record(
                line.number,
                [line.text],
                f"longer than {ROW_CHARACTERS} characters: is a quote or a line end missing?",
            )
        if '"' not in line.text:
            return Record(line.number, line.text.rstrip("\r\n").split(self._delimiter))
        return self._quoted(line)

    def _quoted(self, first: _Line) -> Record:
        taken = [first]
        try:
            cells = next(csv.reader(self._feed(taken), delimiter=self._delimiter, strict=True))
        except csv.Error:
            return self._only(taken, "a quote is opened and not closed, or closed in the middle of a cell")
        if len(taken) > 1 and self.width is not None and len(cells) != self.width:
            return self._only(
                taken, "a quote is opened here and the cells do not fit the header until it closes"
            )
        return Record(first.number, cells)

    def _feed(self, taken: list[_Line]) -> Iterator[str]:
        """Hand lines to the parser for as long as a quote is open, within the limits of one record."""
        yield taken[0].text
        size = len(taken[0].text)
        while len(taken) < ROW_LINES and (line := self._take()):
            size += len(line.text)
            if line.is_cut or size > ROW_CHARACTERS:
                self._again.appendleft(line)
                return
            taken.append(line)
            yield line.text

    def _only(self, taken: list[_Line], fault: str) -> Record:
        """Give up the first line alone: those after it may be good."""
        self._again.extendleft(reversed(taken[1:]))
        return Record(taken[0].number, [taken[0].text.rstrip("\r\n")], fault)

    def _take(self) -> _Line | None:
        return self._again.popleft() if self._again else next(self._lines, None)


def _physical(file: TextIO) -> Iterator[_Line]:
    number = 0
    while text := file.readline(ROW_CHARACTERS):
        number += 1
        if len(text) == ROW_CHARACTERS and not text.endswith(("\n", "\r")):
            _skip_line(file)
            yield _Line(number, text[:_SHOWN_CHARACTERS], is_cut=True)
        else:
            yield _Line(number, text)


def _skip_line(file: TextIO) -> None:
    while (more := file.readline(ROW_CHARACTERS)) and not more.endswith(("\n", "\r")):
        pass


class _Seen:
    """What has been seen of a file's bytes, chunk by chunk."""

    def __init__(self, encoding: str | None) -> None:
        self.lines = 0
        self._given = encoding
        self._decoder = codecs.getincrementaldecoder(encoding or "utf-8")(_errors_of(encoding or "utf-8"))
        self._foreign = self._foreign_lines = self._fitting = self._undefined = 0

    def take(self, chunk: bytes) -> None:
        try:
            text = self._decoder.decode(chunk)
        except UnicodeDecodeError:
            raise invalid(
                f"The file is not {self._given}: it breaks off or holds other bytes after line "
                f"{self.lines + 1}. Save it as UTF-8.", "file",
            ) from None  # fmt: skip
        if not text.isascii():
            foreign = len(_FOREIGN.findall(text))
            if foreign and not self._foreign:
                match = _FOREIGN.search(text)
                self._foreign_lines = self.lines + text.count("\n", 0, match.start() if match else 0) + 1
            self._foreign += foreign
            self._fitting += len(_NOT_ASCII.findall(text)) - foreign
            self._undefined += len(chunk) - len(chunk.translate(None, _UNDEFINED_1252))
        self.lines += text.count("\n") or text.count("\r")

    def verdict(self) -> tuple[str, str]:
        """Encoding and error mode.

        UTF-8 with a few broken bytes stays UTF-8: only the rows with them are bad.
        """
        if self._given is not None:
            return self._given, _errors_of(self._given)
        if self._foreign == 0 or self._fitting > self._foreign:
            return "utf-8-sig", "surrogateescape"
        if self._undefined:
            raise invalid(
                f"The file is neither UTF-8 nor Windows-1252 (see line {self._foreign_lines}): save it as "
                "UTF-8, or name its encoding with --encoding.", "file",
            )  # fmt: skip
        return "windows-1252", "strict"


def _errors_of(encoding: str) -> str:
    return "strict" if encoding == "utf-16" else "surrogateescape"


def _by_mark(head: bytes) -> str | None:
    return "utf-16" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else None


def _refuse_unreadable(path: Path) -> None:
    if not path.is_file():
        raise invalid("There is no such file: check the path.", "file")
    size = path.stat().st_size
    if size == 0:
        raise invalid("The file is empty: export it again.", "file")
    if size > FILE_BYTES:
        raise invalid(f"The file has {size} bytes; at most {FILE_BYTES} are read. Split it.", "file")


def _refuse_binary(head: bytes, encoding: str | None) -> None:
    for start, what in _WORKBOOKS.items():
        if head.startswith(start):
            raise invalid(
                f"This is {what}, not a CSV file: open it and save the sheet as CSV (UTF-8).", "file"
            )
    if encoding == "utf-16" or _by_mark(head):
        return
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if controls > max(_CONTROLS_LEAST, len(head) * _CONTROLS_SHARE):
        raise invalid("This is not a text file (or UTF-16 without its mark): save it as CSV (UTF-8).", "file")
    if not head.removeprefix(codecs.BOM_UTF8).strip():
        raise invalid("The file is empty: export it again.", "file")


def _score(
    sample: str, delimiter: str, knows: Callable[[str], bool], *, is_whole: bool
) -> tuple[int, float, int]:
    found: list[list[str]] = []
    for record in Records(io.StringIO(sample, newline=""), delimiter):
        found.append(record.cells)
        if len(found) > _SAMPLE_RECORDS:
            break
    if not is_whole and 1 < len(found) <= _SAMPLE_RECORDS:
        found.pop()
    if not found:
        return 0, 0, 0
    width = len(found[0])
    alike = sum(len(cells) == width for cells in found) / len(found) if width > 1 else 0
    return sum(map(knows, found[0])), alike, width


def read_header(records: Iterator[Record]) -> Record:
    """Take the header; Refusal INVALID where there is none that could be one."""
    try:
        header = next(records)
    except StopIteration:
        raise invalid("The file holds blank lines only: export it again.", "file") from None
    if header.fault:
        raise invalid(f"Line {header.line}, the header: {header.fault}.", "file")
    if len(header.cells) > COLUMNS_MOST:
        raise invalid(f"The header has {len(header.cells)} columns; at most {COLUMNS_MOST} are read.", "file")
    return header
