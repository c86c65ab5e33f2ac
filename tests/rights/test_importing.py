"""Requests from a file: each row once, bad ones put aside with their reasons, whatever was killed in between."""

import asyncio
import csv
import os
import signal
import sys
from pathlib import Path

import pytest

from hub.actors import OPERATOR, Operation
from hub.errors import Code, Refusal
from hub.rights import importing
from hub.rights.importing import Options, Outcome
from tests import hatchery
from tests.domain.firm import email, external, phone
from tests.rights.desk import Desk

HEAD = "external_reference,kind,email,received_on,channel,text\n"
CHILD = """
import asyncio, sys, time
from pathlib import Path
from uuid import UUID
from hub.act import Hub
from hub.actors import OPERATOR
from hub.rights import importing
from hub.settings import load

importing.CHUNK_ROWS = 5

async def main(url, file, firm, stands_still_at):
    hub = await Hub.open(load(mode="run", metrics_token="metrics-for-tests"), url)
    left = int(stands_still_at)
    def moved(line, lines):
        nonlocal left
        print(line, flush=True)
        left -= 1
        if not left:
            time.sleep(3600)
    options = importing.Options(UUID(firm))
    outcome = await importing.import_requests(hub, OPERATOR, Path(file), options, moved)
    print("done", outcome.rows, outcome.opened, outcome.known, flush=True)
    await hub.close()

asyncio.run(main(*sys.argv[1:]))
"""


async def run(desk: Desk, path: Path, system: str | None = None) -> Outcome:
    given = Options(desk.firm.id, system)
    return await importing.import_requests(desk.firm.hub, OPERATOR, path, given)


def written(tmp_path: Path, text: str, name: str = "branch.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def counted(outcome: Outcome) -> tuple[int, int, int, int]:
    return outcome.rows, outcome.opened, outcome.known, outcome.rejected


def rejected(outcome: Outcome) -> list[list[str]]:
    assert outcome.rejects
    with outcome.rejects.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))[1:]


async def requests_of(desk: Desk) -> list[tuple[str, str, str, str]]:
    async with desk.firm.hub.ask(OPERATOR, Operation.REQUEST_READ) as ask:
        rows = await ask.rows(
            "SELECT kind, channel, state, received_on::text FROM rights_request WHERE organisation_id = $1 ORDER BY id",
            desk.firm.id,
        )
    return [(row["kind"], row["channel"], row["state"], row["received_on"]) for row in rows]


async def test_every_way_to_name_a_customer_leads_to_them(desk: Desk, tmp_path: Path) -> None:
    found = [email("ann@example.org"), phone("+61 491 570 006"), external("crm", "C-1")]
    customer_id = await desk.firm.customer(identifiers=found)
    text = (
        "Kind;Customer;Customer number;Email;Phone;Received on;Channel;Identified by;Text;Channels\n"
        f"stop marketing;{customer_id};;;;2026-10-01;post;;;EMAIL; PHONE\n".replace("EMAIL; PHONE", "EMAIL")
        + 'ACCESS;;C-1;;;2026-10-02;Branch;in person;"Two\nlines.";\n'
        + "access;;;ANN@example.org;;;;;;\n"
        + "complaint;;;;+61491570006;;phone;;What happened.;\n"
    )
    outcome = await run(desk, written(tmp_path, text), system="crm")
    assert counted(outcome) == (4, 4, 0, 0)
    assert [each[:3] for each in await requests_of(desk)] == [
        ("STOP_MARKETING", "POST", "ANSWERED"), ("ACCESS", "BRANCH", "GATHERING"), ("ACCESS", "IMPORT", "VERIFYING"),
        ("COMPLAINT", "PHONE", "VERIFYING"),
    ]  # fmt: skip
    assert (await requests_of(desk))[0][3] == "2026-10-01"
    assert await desk.choices(customer_id) == [("MARKETING", "OPTED_OUT", "EMAIL")]


async def test_what_was_taken_in_before_is_not_taken_in_again(desk: Desk, tmp_path: Path) -> None:
    await desk.firm.customer(identifiers=[email("ann@example.org")])
    rows = "B-1,access,ann@example.org,,,\n,access,ann@example.org,,,Mine.\n"
    path = written(tmp_path, HEAD + rows)
    assert counted(await run(desk, path)) == (2, 2, 0, 0)
    assert counted(await run(desk, path)) == (2, 0, 2, 0)
    more = written(
        tmp_path,
        HEAD + rows + "B-1,deletion,ann@example.org,,,\nB-2,access,ann@example.org,,,\n" * 2,
        "more.csv",
    )
    assert counted(await run(desk, more)) == (6, 1, 5, 0)
    assert len(await requests_of(desk)) == 3


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (",access,nobody@example.org,,,", "names nobody"), (",access,shared@example.org,,,", "names 2 customers"),
        (",access,ann at example.org,,,", "email"), (",access,,,,", "Say whose request it is"),
        (",acess,ann@example.org,,,", "kind: This must be one of: ACCESS"), (",,ann@example.org,,,", "kind"),
        (",access,ann@example.org,31.02.2026,,", "received_on"),
        (",access,ann@example.org,2199-01-01,,", "received_on"),
        (",access,ann@example.org,2020-01-01,,", "more than a year ago"),
        (",access,ann@example.org,,pigeon,", "channel"),
        (",rectification,ann@example.org,,,", "Say what is wrong"), (",portability,ann@example.org,,,", "Australia"),
        (",access,ann@example.org,,,a\0b", "NUL"), (",access,ann@example.org,,,a\u202eb", "hides"),
        (",access,ann@example.org", "has 3 cells"), (f",access,ann@example.org,,,{'x' * 5_001}", "5001 characters"),
    ],
)  # fmt: skip
async def test_a_bad_row_is_put_aside_with_its_line_and_reason_and_the_others_land(
    desk: Desk, tmp_path: Path, row: str, why: str
) -> None:
    await desk.firm.customer(identifiers=[email("ann@example.org"), email("shared@example.org")])
    await desk.firm.customer(identifiers=[email("shared@example.org")])
    good = "B-{},stop_marketing,ann@example.org,,,\n"
    path = written(tmp_path, HEAD + good.format(1) + row + "\n" + good.format(2))
    outcome = await run(desk, path)
    assert counted(outcome) == (3, 2, 0, 1)
    [(line, reasons, *_)] = rejected(outcome)
    assert (line, why in reasons) == ("3", True), reasons
    assert "ann@example.org" not in reasons


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"), (HEAD, None), ("kind,name\naccess,Ann\n", "means nothing"), ("kind\naccess\n", "needs a column"),
        ("email\na@b.example\n", "needs a column"), ("kind,email,Kind\na,b,c\n", "stands twice"),
        ("\x00\x01\x02" * 100, "not a text"), ("PK\x03\x04" + "x" * 50, "Excel"),
    ],
)  # fmt: skip
async def test_a_file_that_cannot_be_used_changes_nothing(
    desk: Desk, tmp_path: Path, text: str, why: str | None
) -> None:
    path = written(tmp_path, text)
    if why is None:
        assert counted(await run(desk, path)) == (0, 0, 0, 0)
        return
    with pytest.raises(Refusal) as caught:
        await run(desk, path)
    assert (caught.value.code, why in caught.value.message) == (Code.INVALID, True), caught.value.message
    assert await requests_of(desk) == []


async def test_two_who_run_a_file_at_once_take_each_row_in_once(desk: Desk, tmp_path: Path) -> None:
    await desk.firm.customer(identifiers=[email("ann@example.org")])
    text = HEAD + "".join(f"B-{number},stop_marketing,ann@example.org,,,\n" for number in range(12))
    paths = [written(tmp_path, text, f"{name}.csv") for name in "ab"]
    outcomes = await asyncio.gather(*(run(desk, path) for path in paths))
    assert sum(each.opened for each in outcomes) == 12
    assert len(await requests_of(desk)) == 12


async def test_a_killed_import_run_again_completes_and_repeats_nothing(desk: Desk, tmp_path: Path) -> None:
    for number in range(3):
        await desk.firm.customer(identifiers=[email(f"a{number}@example.org")])
    path = written(
        tmp_path,
        HEAD + "".join(f"B-{number},access,a{number % 3}@example.org,,,Mine.\n" for number in range(40)),
    )
    killed = await start(desk, path, stands_still_at=3)
    assert killed.stdout
    for _ in range(3):
        assert await killed.stdout.readline()
    killed.send_signal(signal.SIGKILL)
    await killed.communicate()
    before = len(await requests_of(desk))
    assert 10 <= before < 40
    again = await start(desk, path)
    out, _ = await asyncio.wait_for(again.communicate(), 300)
    assert out.decode().split("\n")[-2].split() == ["done", "40", str(40 - before), str(before)]
    assert len(await requests_of(desk)) == 40


async def start(desk: Desk, path: Path, stands_still_at: int = 0) -> asyncio.subprocess.Process:
    """Begin to import in a process of its own, which stands still once it has told so often how far it is."""
    hub = desk.firm.hub
    environment = {
        **os.environ, "HUB_KEYRING": hub.vault.keyring.dump(), "HUB_DATA_DIR": str(hub.settings.data_dir),
    }  # fmt: skip
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", CHILD, hub.database.url, str(path), str(desk.firm.id), str(stands_still_at),
        stdout=asyncio.subprocess.PIPE, env=environment,
    )  # fmt: skip


async def test_the_command_says_what_became_of_the_file_and_ends_so(desk: Desk, tmp_path: Path) -> None:
    await desk.firm.customer(identifiers=[email("ann@example.org")])
    hub = desk.firm.hub
    async with hub.act(OPERATOR, Operation.HUB_MAINTAIN) as act:
        await hub.vault.plant(act)
        await act.record("keyring.planted")
    environment = {
        **os.environ, "HUB_MODE": "run", "HUB_DATABASE_URL": hub.database.url, "HUB_KEYRING": hub.vault.keyring.dump(),
        "HUB_DATA_DIR": str(hub.settings.data_dir), "HUB_METRICS_TOKEN": "metrics-for-tests",
    }  # fmt: skip
    path = written(tmp_path, HEAD + "B-1,access,ann@example.org,,,\nB-2,acess,ann@example.org,,,\n")
    own = ("request", "import", str(path), "--organisation", str(desk.firm.id))
    done = await asyncio.to_thread(hatchery.run, own, environment, Path.cwd())
    assert done.returncode == 1, done.stderr
    assert done.stdout.split("\n")[:3] == [
        "        2  rows",
        "        1  requests taken in",
        "        1  rows rejected",
    ]
    assert "ann@example.org" not in done.stdout + done.stderr
    for arguments, code in (((*own[:2], str(tmp_path / "none.csv"), *own[3:]), 2), ((*own, "--json"), 1)):
        assert (await asyncio.to_thread(hatchery.run, arguments, environment, Path.cwd())).returncode == code
