"""Getting a file ready to import: what it is, what its columns mean, the terms, which import it is."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, TextIO

import orjson

from hub.act import Ask
from hub.errors import invalid
from hub.imports import mapping, reading, terms
from hub.imports.mapping import Column
from hub.imports.reading import Record, Records, Survey
from hub.imports.terms import Options, Terms

_READ_AS: Final = ("region", "locale", "jurisdiction", "dates", "encoding", "delimiter")


@dataclass(frozen=True, slots=True)
class Table:
    """A file whose header has been read. columns: what each means."""

    survey: Survey
    delimiter: str
    columns: list[Column]

    def records(self, file: TextIO) -> Iterator[Record]:
        """The rows below the header of a file opened anew."""
        records = Records(file, self.delimiter)
        records.width = len(self.columns)
        rows = iter(records)
        next(rows, None)
        return rows


@dataclass(frozen=True, slots=True)
class Job:
    """A table with the terms of its import.

    fingerprint: the same file under the same terms is the same one.
    """

    table: Table
    terms: Terms
    fingerprint: str


def look(path: Path, options: Options) -> Table:
    """Read a file's header and give its columns a meaning; Refusal INVALID says what makes it unusable."""
    if options.delimiter is not None and len(options.delimiter) != 1:
        raise invalid("A delimiter is one character.", "delimiter")
    surveyed = reading.survey(path, options.encoding)
    if surveyed.lines > reading.ROWS_MOST:
        raise invalid(f"The file has more than {reading.ROWS_MOST} lines: split it.", "file")
    delimiter = options.delimiter or reading.sniff(surveyed, mapping.knows)
    said = mapping.load(options.mapping)
    with reading.opened(surveyed) as file:
        rows = iter(Records(file, delimiter))
        header = reading.read_header(rows)
        columns = mapping.match(header.cells, said)
        if not list(islice(rows, 1)):
            raise invalid("The file has a header and no rows: export it again.", "file")
    return Table(surveyed, delimiter, columns)


async def prepare(ask: Ask, path: Path, options: Options) -> Job:
    """Look at a file and settle the terms of its import."""
    table = look(path, options)
    settled = await terms.settle(ask, options, mapping.load(options.mapping), table.columns)
    meanings = [(column.header, column.meaning) for column in table.columns]
    read_as = [getattr(settled.options, name) for name in _READ_AS]
    own = {name: dict(words) for name, words in settled.said.values.items()}
    told = orjson.dumps(
        [table.survey.sha256, settled.signature.hex(), meanings, read_as, own], option=orjson.OPT_SORT_KEYS
    )
    return Job(table, settled, hashlib.sha256(told).hexdigest())
