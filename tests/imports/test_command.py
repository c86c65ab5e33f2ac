"""The command: what it prints, how it ends, and what it never prints."""

import asyncio
import json
import os
import re
from pathlib import Path

import pytest

from hub.actors import OPERATOR
from hub.imports.running import import_customers
from hub.vault import Vault
from tests import hatchery
from tests.imports.conftest import Desk

GOOD = "Account ID,Name,Email\nA1,Jo Canaryqx,canaryqx@example.com\n"
BAD = GOOD + "A2,Al Canaryqx,canaryqx at example.com\n"


@pytest.fixture(autouse=True)
async def planted(desk: Desk) -> None:
    """The sentinel by which the command knows that its keyring is the right one."""
    from hub.actors import Operation  # noqa: PLC0415 - used here only

    async with desk.hub.act(OPERATOR, Operation.HUB_MAINTAIN) as act:
        await desk.hub.vault.plant(act)
        await act.record("keyring.planted")


async def command(desk: Desk, *arguments: str | Path) -> tuple[int, str, str]:
    environment = {
        **os.environ,
        "HUB_MODE": "run",
        "HUB_DATABASE_URL": desk.hub.database.url,
        "HUB_KEYRING": desk.hub.vault.keyring.dump(),
        "HUB_DATA_DIR": str(desk.hub.settings.data_dir),
        "HUB_METRICS_TOKEN": "metrics-for-tests",
    }
    own = ("import", "customers", *map(str, arguments))
    done = await asyncio.to_thread(hatchery.run, own, environment, Path.cwd())
    return done.returncode, done.stdout, done.stderr


def said(desk: Desk) -> tuple[str, ...]:
    return (
        "--organisation",
        str(desk.world.organisation.id),
        "--system",
        "salesforce",
        "--jurisdiction",
        "AU",
    )


async def test_it_ends_0_when_all_landed_1_when_some_were_rejected_2_when_it_cannot_be_used(
    desk: Desk,
) -> None:
    assert (await command(desk, desk.file(GOOD), *said(desk)))[0] == 0
    assert (await command(desk, desk.file(BAD), *said(desk)))[0] == 1
    code, out, err = await command(desk, desk.file("Colour\nred\n"), *said(desk))
    assert (code, out) == (2, "")
    assert re.fullmatch(r"hub: No usable column: .*\n", err)


async def test_it_prints_no_personal_data_and_names_the_rejects(desk: Desk) -> None:
    path = desk.file(BAD)
    for more in ((), ("--json",), ("--dry-run",), ("--show-mapping",)):
        _, out, err = await command(desk, path, *said(desk), *more)
        assert "canaryqx" not in (out + err).casefold()
    assert "Canaryqx" in (desk.folder / "crm.rejects.csv").read_text(encoding="utf-8-sig")
    _, out, _ = await command(desk, path, *said(desk))
    assert f"Rejects: {desk.folder / 'crm.rejects.csv'}" in out


async def test_json_is_for_programs(desk: Desk) -> None:
    _, out, _ = await command(desk, desk.file(BAD), *said(desk), "--json")
    told = json.loads(out)
    assert (told["created"], told["rejected"], told["rows"]) == (1, 1, 2)
    assert told["columns"][0] == {"column": 1, "header": "Account ID", "field": "external_id"}


async def test_it_shows_what_it_takes_each_column_for(desk: Desk) -> None:
    path = desk.file("Account ID;E-Mail;Shoe size\nA1;a@example.com;44\n")
    code, out, _ = await command(desk, path, "--show-mapping")
    assert code == 0
    assert "semicolons" in out
    assert re.search(r"2 +E-Mail +email\n", out)
    assert re.search(r"3 +Shoe size +- left out\n", out)
    assert await desk.people() == []


async def test_an_import_can_be_taken_back_by_its_id(desk: Desk) -> None:
    _, out, _ = await command(desk, desk.file(GOOD), *said(desk))
    found = re.search(r"--reverse (\S+)", out)
    assert found
    code, out, _ = await command(desk, "--reverse", found[1])
    assert (code, "1 customers erased" in out) == (0, True)
    assert (await command(desk, "--reverse", "nonsense"))[0] == 2


async def test_its_memory_does_not_grow_with_the_rows(desk: Desk) -> None:
    """Peaks of processes of their own, since a peak never goes down."""

    async def peak(rows: int) -> int:
        lines = [f"M{rows}-{number},Jo {number},m{rows}-{number}@example.com\n" for number in range(rows)]
        path = desk.file("Account ID,Name,Email\n" + "".join(lines), f"{rows}.csv")
        _, out, _ = await command(desk, path, *said(desk), "--json")
        assert json.loads(out)["created"] == rows
        return json.loads(out)["peak_memory_bytes"]

    few, many = await peak(1_000), await peak(5_000)
    assert many - few < 6_400_000


async def test_a_failure_in_the_middle_leaves_what_was_done_and_says_nothing_personal(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Vault, "new_customer_key", fail)
    with pytest.raises(MemoryError):
        await import_customers(desk.hub, OPERATOR, desk.file(GOOD), desk.options())
    monkeypatch.undo()
    assert await desk.people() == []
    assert "canaryqx" not in caplog.text.casefold()
    assert (await desk.run(desk.file(GOOD))).counts["created"] == 1
