"""`hub system` and `hub request`, through their real door."""

import csv
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from hub.act import Hub
from hub.rights.states import drawing
from hub.settings import Settings
from tests.connectors.shop import FILE
from tests.domain.firm import found
from tests.rights.desk import Desk
from tests.run.conftest import Place

ROOT = Path(__file__).resolve().parents[2]


@pytest_asyncio.fixture
async def only_desk(place: Place, settings: Settings) -> AsyncIterator[Desk]:
    """The desk of the one firm in the database."""
    hub = await Hub.open(settings, place.url)
    yield Desk(await found(hub))
    await hub.close()


async def test_systems_are_connected_listed_and_switched(
    place: Place, only_desk: Desk, tmp_path: Path
) -> None:
    assert only_desk.firm
    address = tmp_path / "shop.url"
    address.write_text("sqlite:////somewhere/secret.db\n")
    assert place.run("system", "add", "archive", "Paper archive").returncode == 0
    made = place.run(
        "system", "add", "shop", "Web shop", "--address-file", str(address), "--dataset", str(FILE)
    )
    assert (made.returncode, made.stdout) == (0, "shop (Web shop) is on.\n")
    again = place.run("system", "add", "shop", "Shop")
    assert (again.returncode, "choose another key" in again.stderr) == (2, True)
    assert place.run("system", "off", "shop").stdout == "shop (Web shop) is off.\n"
    listed = json.loads(place.run("system", "list", "--json").stdout)
    assert [(each["key"], each["kind"], bool(each["disabled_at"])) for each in listed] == [
        ("archive", "MANUAL", False),
        ("shop", "SQL", True),
    ]
    assert "secret" not in place.run("system", "list").stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [("dataset: [{fides_key: x", "--dataset"), ("dataset: []", "--dataset"), (None, "--address-file")],
)
async def test_what_cannot_be_connected_is_named_and_nothing_is_kept(
    place: Place, only_desk: Desk, tmp_path: Path, text: str | None, said: str
) -> None:
    assert only_desk.firm
    dataset = tmp_path / "shop.yml"
    dataset.write_text(text or FILE.read_text(encoding="utf-8"))
    address = tmp_path / "shop.url"
    if text is not None:
        address.write_text("sqlite:///x.db")
    done = place.run(
        "system", "add", "shop", "Shop", "--address-file", str(address), "--dataset", str(dataset)
    )
    assert (done.returncode, said in done.stderr, "Traceback" in done.stderr) == (2, True, False)
    assert json.loads(place.run("system", "list", "--json").stdout) == []


async def test_the_register_is_written_as_csv_and_as_json(
    place: Place, only_desk: Desk, tmp_path: Path
) -> None:
    customer_id = await only_desk.firm.customer(jurisdictions=["EU"])
    made = [await only_desk.receive(customer_id, kind) for kind in ("ACCESS", "STOP_MARKETING")]
    for name in ("requests.csv", "requests.json"):
        done = place.run("request", "export", str(tmp_path / name))
        assert (done.returncode, done.stdout) == (0, f"2 requests written to {tmp_path / name}.\n")
    rows = list(csv.DictReader((tmp_path / "requests.csv").read_text().splitlines()))
    assert [(row["reference"], row["kind"], row["state"]) for row in rows] == [
        (made[0].reference, "ACCESS", "GATHERING"),
        (made[1].reference, "STOP_MARKETING", "ANSWERED"),
    ]
    assert [each["due_on"] for each in json.loads((tmp_path / "requests.json").read_text())] == [
        row["due_on"] for row in rows
    ]
    assert place.run("request", "export", str(tmp_path / "requests.txt")).returncode == 2


def test_the_page_draws_the_moves_there_are() -> None:
    assert drawing() in (ROOT / "docs" / "requests.md").read_text(encoding="utf-8")
