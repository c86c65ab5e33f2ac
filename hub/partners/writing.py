"""How customers are written into an export: a JSON object a line, or a table whose cells no spreadsheet runs.

Their ids are those of the API, so that a partner finds in its file whom a withdrawal is about.
"""

import io
from collections.abc import Sequence
from typing import Final

import orjson

from hub.partners.exports import Format
from hub.partners.handing import Handed
from hub.spelling import spelled
from hub.spreadsheets import Table

LISTED: Final = "; "
CUSTOMER: Final = "Customer"
FIRST: Final = ("id", "emails", "phones")
LAST: Final = ("notes",)


def written(form: Format, columns: Sequence[str], handed: Sequence[Handed]) -> bytes:
    """Customers as a part of a file. columns: those of the profile, for a table."""
    if form is Format.CSV:
        return _table([_cells(each, columns) for each in handed])
    return b"".join([_line(each) for each in handed])


def beginning(form: Format, columns: Sequence[str]) -> bytes:
    """What a file begins with: the names of a table's columns."""
    return _table([(*FIRST, *columns, *LAST)]) if form is Format.CSV else b""


def _line(each: Handed) -> bytes:
    one = each.contents
    notes = [{"fields": fields, "text": text} for fields, text in one.notes]
    own_id = spelled(CUSTOMER, each.id)
    said = {"id": own_id, "emails": one.emails, "phones": one.phones, "fields": one.fields, "notes": notes}
    return orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE)


def _cells(each: Handed, columns: Sequence[str]) -> list[str]:
    one = each.contents
    values = [one.fields.get(name, "") for name in columns]
    notes = LISTED.join(text for _, text in one.notes)
    return [spelled(CUSTOMER, each.id), LISTED.join(one.emails), LISTED.join(one.phones), *values, notes]


def _table(rows: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO()
    table = Table(out)
    for row in rows:
        table.write(row)
    return out.getvalue().encode()
