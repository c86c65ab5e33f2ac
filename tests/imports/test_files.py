"""Which files are read, and what is said of those that cannot be: one line, with place and remedy."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from hub.errors import Code, Refusal
from hub.imports import reading
from hub.imports.preparing import look
from hub.imports.terms import Options
from tests.imports.conftest import Desk

ROWS = [
    ["Account ID", "Name", "Email"],
    ["A1", "Zoé Müller", "zoe@example.com"],
    ["A2", "Ann Lee", "ann@example.com"],
]


@pytest.fixture
def desk(bare_desk: Desk) -> Desk:
    """A firm without promises: hardly a file here asks about them."""
    return bare_desk


def table(delimiter: str, end: str = "\r\n") -> str:
    return "".join(delimiter.join(cells) + end for cells in ROWS)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
async def test_any_delimiter_in_any_usual_encoding_is_read(
    desk: Desk, delimiter: str, encoding: str, end: str
) -> None:
    outcome = await desk.run(table(delimiter, end).encode(encoding))
    assert outcome.counts["created"] == 2
    assert outcome.delimiter == delimiter
    assert (await desk.shown(await desk.customer("A1")))["name"] == "Zoé Müller"


async def test_quoted_cells_may_hold_delimiters_quotes_and_line_ends(desk: Desk) -> None:
    text = 'Account ID,Name,Street\nA1,"Lee, Ann ""Annie""","1 Quay St\r\nSydney"\nA2,Bo,2 Quay St\n'
    outcome = await desk.run(text)
    assert outcome.counts["created"] == 2
    shown = await desk.shown(await desk.customer("A1"))
    assert (shown["name"], shown["street"]) == ('Lee, Ann "Annie"', "1 Quay St Sydney")


async def test_the_hint_of_a_spreadsheet_about_its_delimiter_is_followed(desk: Desk) -> None:
    outcome = await desk.run("sep=;\nAccount ID;Name\nA1;Lee, Ann\n")
    assert (outcome.delimiter, outcome.counts["created"]) == (";", 1)


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return out.getvalue()


UNUSABLE = {
    "empty": (b"", "empty"),
    "blank": (b"\n \n\n", "empty"),
    "header only": (b"Account ID,Name\n", "header and no rows"),
    "workbook": (zipped(), "Excel workbook"),
    "binary": (bytes(range(256)) * 40, "not a text file"),
    "wrong encoding": (("Account ID,Name\nA1," + "\x81\x8d").encode("latin-1"), "line 2"),
    "duplicate headers": (
        b"Email,Name,Email\na@example.com,Jo,b@example.com\n",
        "column 1 and again in column 3",
    ),
    "two ids": (b"Contact ID,Account ID\n1,2\n", "both look like external_id"),
    "nothing usable": (b"Colour,Size\nred,1\n", "No usable column"),
    "no header": (b"jane@example.com,Jane\njo@example.com,Jo\n", "begin with a header"),
    "quote in the header": (b'"Account ID,Name\nA1,Jo\n', "Line 1, the header"),
}


@pytest.mark.parametrize("name", UNUSABLE)
async def test_an_unusable_file_is_refused_in_one_line_and_nothing_changes(desk: Desk, name: str) -> None:
    content, said = UNUSABLE[name]
    ledger = await desk.ledger()
    with pytest.raises(Refusal) as refused:
        await desk.run(content)
    assert refused.value.code is Code.INVALID
    assert said in refused.value.message
    assert "\n" not in refused.value.message
    assert "example.com" not in refused.value.message
    assert await desk.ledger() == ledger


async def test_a_missing_file_is_refused(desk: Desk) -> None:
    with pytest.raises(Refusal, match="no such file"):
        await desk.run(desk.folder / "nowhere.csv")


async def test_options_that_are_missing_are_asked_for(told_desk: Desk) -> None:
    text = "Account ID,Email\nA1,a@example.com\n"
    wanted: tuple[tuple[dict[str, Any], str], ...] = (
        ({"system": None}, "--system"),
        ({"system": "Jane Roe's list"}, "A system is named by"),
        ({"jurisdiction": None}, "--jurisdiction"),
        ({"notice": "customers"}, "--shown-how"),
        ({"notice": "customers", "shown_how": "WEB"}, "--collected-on"),
        ({"shown_how": "WEB"}, "--notice"),
        ({"dates": "sideways"}, "day-first"),
        ({"source": "HEARSAY"}, "THIRD_PARTY"),
    )
    for options, said in wanted:
        with pytest.raises(Refusal, match=said):
            await told_desk.run(text, **options)
    assert await told_desk.people() == []


async def test_an_unclosed_quote_costs_one_row_and_not_the_rest(desk: Desk) -> None:
    rows = [f"A{n},Name {n},p{n}@example.com\n" for n in range(300)]
    rows[10] = 'A10,"Name 10,p10@example.com\n'
    outcome = await desk.run("Account ID,Name,Email\n" + "".join(rows))
    assert (outcome.counts["created"], outcome.counts["rejected"]) == (299, 1)
    assert outcome.rejects
    [_, reject] = outcome.rejects.read_text(encoding="utf-8-sig").splitlines()
    assert reject.startswith("12,")


async def test_utf_8_with_a_broken_byte_is_not_taken_for_another_encoding(desk: Desk) -> None:
    text = "Account ID,Name\nA1,Zoé\nA2,Hélène\nA3,Ann".encode() + b"\xe9" + b"\nA4,Bo\n"
    outcome = await desk.run(text)
    assert (outcome.counts["created"], outcome.counts["rejected"]) == (3, 1)
    assert (await desk.shown(await desk.customer("A2")))["name"] == "Hélène"


def huge(path: Path, cell_bytes: int) -> None:
    with path.open("wb") as file:
        file.write(b"Account ID,Name\nA1,")
        for _ in range(cell_bytes // 1_000_000):
            file.write(b"x" * 1_000_000)
        file.write(b"\nA2,Ann\n")


def test_a_cell_of_a_gigabyte_is_passed_over_in_little_memory(tmp_path: Path) -> None:
    import tracemalloc  # noqa: PLC0415 - slows everything else

    path = tmp_path / "huge.csv"
    huge(path, 100_000_000)
    tracemalloc.start()
    seen = look(path, Options())
    with reading.opened(seen.survey) as file:
        records = list(seen.records(file))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [(record.line, record.fault is None) for record in records] == [(2, False), (3, True)]
    assert peak < 20_000_000


@pytest.mark.parametrize("size", [reading.ROW_CHARACTERS - 10, reading.ROW_CHARACTERS + 10])
def test_the_limit_of_a_row_is_a_limit(tmp_path: Path, size: int) -> None:
    path = tmp_path / "long.csv"
    path.write_text(f"Account ID,Name\nA1,{'x' * (size - 3)}\nA2,Ann\n")
    seen = look(path, Options())
    with reading.opened(seen.survey) as file:
        faults = [record.fault is not None for record in seen.records(file)]
    assert faults == [size > reading.ROW_CHARACTERS, False]


def test_too_many_columns_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text(
        ",".join(["Email", *(f"c{n}" for n in range(reading.COLUMNS_MOST))]) + "\na@example.com\n"
    )
    with pytest.raises(Refusal, match="at most 300"):
        look(path, Options())


HEADERS = {
    "Salesforce": "Account ID,First Name,Last Name,Email,Mobile,Mailing Street,Mailing Country,Created Date,"
    "Email Opt Out",
    "HubSpot": "Record ID - Contact,First Name,Last Name,Email,Mobile Phone Number,Street Address,"
    "Country/Region,Create Date,Unsubscribed from all email",
    "Dynamics": "(Do Not Modify) Contact,First Name,Last Name,Email Address 1,Mobile Phone,"
    "Address 1: Street 1,Address 1: Country/Region,Created On,Do not allow Emails",
    "Zoho": "Record Id,First Name,Last Name,Email,Mobile,Mailing Street,Mailing Country,Created Time,"
    "Email Opt Out",
    "Mailchimp": "LEID,First Name,Last Name,Email Address,Phone Number,Address,Country,OPTIN_TIME,"
    "Unsubscribed from all email",
    "French": "Numéro client,Prénom,Nom,Adresse e-mail,Téléphone portable,Rue,Pays,"
    "Date de création,Désabonné",
    "German": "Kundennummer,Vorname,Nachname,E-Mail-Adresse,Handy,Straße,Land,Erstellt am,"
    "Newsletter abgemeldet",
}
FIELDS = [
    "external_id",
    "given_name",
    "family_name",
    "email",
    "phone",
    "street",
    "country",
    "joined_on",
    "opt_out_email",
]


@pytest.mark.parametrize("system", HEADERS)
def test_the_headers_of_common_exports_are_recognised(tmp_path: Path, system: str) -> None:
    path = tmp_path / "export.csv"
    path.write_text(HEADERS[system] + "\n" + ",".join("x" * 9) + "\n", encoding="utf-8")
    assert [column.meaning for column in look(path, Options()).columns] == FIELDS


def test_arabic_headers_are_recognised(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text(
        "رقم العميل;الاسم الأول;اسم العائلة;البريد الإلكتروني;الجوال;الدولة\n1;2;3;4;5;6\n", encoding="utf-8"
    )
    meanings = [column.meaning for column in look(path, Options()).columns]
    assert meanings == ["external_id", "given_name", "family_name", "email", "phone", "country"]


@pytest.mark.parametrize("name", ["map.toml", "map.json"])
async def test_a_mapping_file_says_what_other_headers_mean(desk: Desk, name: str) -> None:
    said = {
        "map.toml": '[columns]\n"Ref" = "external_id"\n"Tier" = "transaction.tier"\nEmail = "ignore"\n'
        '[values.status]\nVIP = "ACTIVE"\n',
        "map.json": '{"columns": {"Ref": "external_id", "Tier": "transaction.tier", "Email": "ignore"},'
        ' "values": {"status": {"VIP": "ACTIVE"}}}',
    }[name]
    mapping = desk.file(said, name)
    await desk.run("Ref,Tier,Email,Status\nA1,gold,broken,vip\n", mapping=mapping)
    assert await desk.shown(await desk.customer("A1")) == {"tier": "gold", "EXTERNAL": "A1"}
    assert (await desk.state(await desk.customer("A1")))["relationship"] == "ACTIVE"


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ("columns = 3", "table of texts"),
        ('[columns]\nRef = "shoe size"', "is no field"),
        ('[columns]\nNowhere = "email"', "no column `Nowhere`"),
        ("[[[", "not TOML"),
        ('[[consents]]\ncolumn = "Ref"', "A consent needs given, purpose, wording"),
        ('[columns]\nRef = "nonsense.tier"', "names no category"),
        ("colums = {}", "means nothing here"),
    ],
)
async def test_a_mapping_file_that_is_wrong_says_where(desk: Desk, said: str, complaint: str) -> None:
    mapping = desk.file(said, "map.toml")
    with pytest.raises(Refusal, match=complaint):
        await desk.run("Ref,Email\n1,a@example.com\n", mapping=mapping)
    assert await desk.people() == []
