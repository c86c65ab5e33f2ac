"""Bad rows: each goes to the rejects with line and reasons, the good ones land."""

import csv
import stat
from pathlib import Path

import pytest

from hub.errors import Refusal
from hub.spreadsheets import guard, unguard
from tests.imports.conftest import Desk

HEAD = "Account ID,First Name,Email,Phone,Country,Created,Birthdate,Status,Opt-out\n"
BAD = {
    "email": ("A1,Jo,jo.example.com,,AU,,,,", "Email: This is not an email address"),
    "phone": ("A1,Jo,,12,AU,,,,", "Phone: This is not a phone number"),
    "spoilt phone": ("A1,Jo,,6.14E+10,AU,,,,", "Phone: was spoilt by a spreadsheet"),
    "country": ("A1,Jo,,,Atlantis,,,,", "Country: is not a country"),
    "no rules": ("A1,Jo,,,Japan,,,,", "Country: is a country for which there are no rules"),
    "another state": ("A1,Jo,,,USA,,,,", "the state is not California"),
    "ambiguous day": ("A1,Jo,,,AU,03/04/2024,,,", "Created: is ambiguous: say --dates"),
    "no such day": ("A1,Jo,,,AU,2024-02-30,,,", "Created: is no day of the calendar"),
    "future": ("A1,Jo,,,AU,2999-01-01,,,", "Created: lies in the future"),
    "status": ("A1,Jo,,,AU,,,Sleeping,", "Status: is a status that we do not know"),
    "opt-out": ("A1,Jo,,,AU,,,,perhaps", "Opt-out: is neither yes, no nor a day"),
    "nobody": (",Jo,,,AU,,,,", "has no id, email or phone"),
    "short": ("A1,Jo", "has 2 cells where the header has 9"),
    "long": ("A1,Jo,,,AU,,,,,extra", "has 10 cells where the header has 9"),
    "nul": ("A1,J\0o,,,AU,,,,", "First Name: holds a NUL character"),
    "control": ("A1,J\x07o,,,AU,,,,", "First Name: holds a control character"),
    "override": ("A1,J\u202eo,,,AU,,,,", "First Name: holds a character that hides"),
}


@pytest.fixture
def desk(bare_desk: Desk) -> Desk:
    """A firm without promises: no file here asks about them."""
    return bare_desk


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_row_is_rejected_with_its_reason_and_its_neighbours_land(desk: Desk, name: str) -> None:
    row, reason = BAD[name]
    outcome = await desk.run(f"{HEAD}G1,Good,,,AU,,,,\n{row}\nG2,Good,,,AU,,,,\n")
    assert (outcome.counts["created"], outcome.counts["rejected"], outcome.rows) == (2, 1, 3)
    [_, reject] = rejects(outcome.rejects)
    assert reject[0] == "3"
    assert reason in reject[1]


async def test_every_reason_of_a_row_is_told_at_once(desk: Desk) -> None:
    outcome = await desk.run(HEAD + "A1,Jo,nope,12,Atlantis,2024-02-30,1/2/24,Sleeping,perhaps\n")
    [_, reject] = rejects(outcome.rejects)
    assert len(reject[1].split("; ")) == 7


async def test_the_rejects_are_for_their_owner_only_and_safe_to_open_in_a_spreadsheet(desk: Desk) -> None:
    outcome = await desk.run(HEAD + '=cmd|x,"+61 491 570 006",nope,@x,-1,,,,\n')
    assert outcome.rejects
    assert outcome.rejects == desk.folder / "crm.rejects.csv"
    assert stat.S_IMODE(outcome.rejects.stat().st_mode) == 0o600
    [_, reject] = rejects(outcome.rejects)
    assert all(not cell.startswith(("=", "+", "-", "@")) for cell in reject)


async def test_the_rejects_can_be_imported_once_they_are_corrected(desk: Desk) -> None:
    outcome = await desk.run(HEAD + "A1,Jo,nope,+61491570006,AU,,,,\n")
    assert outcome.rejects
    corrected = outcome.rejects.read_text(encoding="utf-8-sig").replace("nope", "jo@example.com")
    again = await desk.run(desk.file(corrected, "corrected.csv"))
    assert (again.counts["created"], again.counts["rejected"]) == (1, 0)
    shown = await desk.shown(await desk.customer("A1"))
    assert (shown["EMAIL"], shown["PHONE"]) == ("jo@example.com", "+61491570006")


@pytest.mark.parametrize(
    "name",
    ["محمد العلوي", "Zoë O'Neil-Śmith", "Null", "'t Hooft", "N'Guessan", "李 小龍", "=Jo", "+Jo", "'Jo"],
)
async def test_a_name_comes_through_as_it_is(desk: Desk, name: str) -> None:
    await desk.run(f'Account ID,Name\nA1,"{guard(name)}"\n')
    assert (await desk.shown(await desk.customer("A1")))["name"] == name


@pytest.mark.parametrize("cell", ["=1+1", "+61491570006", "-1", "@x", "\tx", "'=x", "'x", "plain", "", "''"])
def test_what_is_guarded_comes_back_as_it_was(cell: str) -> None:
    assert unguard(guard(cell)) == cell
    assert not guard(cell).startswith(("=", "+", "-", "@", "\t", "\r"))


async def test_the_rejects_never_overwrite_the_file_itself_or_somebody_elses(desk: Desk) -> None:
    path = desk.file(HEAD + "A1,Jo,nope,,AU,,,,\n")
    with pytest.raises(Refusal, match="overwrite the file itself"):
        await desk.run(path, rejects=path)
    other = desk.file("precious", "other.csv")
    with pytest.raises(Refusal, match="holds no rejects"):
        await desk.run(path, rejects=other)
    assert other.read_text() == "precious"
    assert await desk.people() == []


async def test_the_rejects_of_a_file_that_was_imported_before_are_written_again(desk: Desk) -> None:
    path = desk.file(HEAD + "G1,Good,,,AU,,,,\nA1,Jo,nope,,AU,,,,\nG1,Zed,z@example.com,,AU,,,,\n")
    first = await desk.run(path)
    assert first.rejects
    before = first.rejects.read_bytes()
    first.rejects.unlink()
    again = await desk.run(path)
    assert again.was_finished
    assert again.rejects
    assert again.rejects.read_bytes() == before
    assert len(rejects(again.rejects)) == 3


def rejects(path: Path | None) -> list[list[str]]:
    assert path
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))
