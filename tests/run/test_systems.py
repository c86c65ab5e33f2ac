"""`hub system` and `hub request`, through their real door."""

import csv
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from hub.act import Hub
from hub.rights.states import drawing
from hub.settings import Settings
from tests.connectors.shop import FILE
from tests.domain.firm import found
from tests.rights import test_keys as keys
from tests.rights.desk import Desk
from tests.run.conftest import Place

ROOT = Path(__file__).resolve().parents[2]
NEWS = ROOT / "docs" / "connectors" / "newsletter.yml"


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
    customer_id = await only_desk.firm.customer(jurisdictions=["UK"])
    await only_desk.receive(customer_id, "RESTRICTION")
    waited = place.run("system", "off", "archive")
    assert (waited.returncode, "say why they are left out" in waited.stderr) == (2, True)
    gone = place.run("system", "remove", "archive", "--skip", "It burnt down.")
    assert (gone.returncode, gone.stdout) == (
        0, "archive (Paper archive) is removed; its steps stay with their requests.\n",
    )  # fmt: skip
    assert [each["key"] for each in json.loads(place.run("system", "list", "--json").stdout)] == ["shop"]


async def test_a_service_behind_http_is_connected_and_its_secret_shown_once(
    place: Place, only_desk: Desk, tmp_path: Path
) -> None:
    assert only_desk.firm
    address = tmp_path / "news.url"
    address.write_text("https://news.example/privacy\n")
    given = (
        "system",
        "add",
        "news",
        "News",
        "--kind",
        "http",
        "--address-file",
        str(address),
        "--dataset",
        str(NEWS),
    )
    made = place.run(*given)
    assert made.returncode == 0
    assert "Give its owner this secret, which is not shown again: whsec_" in made.stdout
    assert "whsec_" not in place.run("system", "list", "--json").stdout
    address.write_text("https://127.0.0.1/privacy")
    refused = place.run(*given[:2], "own", *given[3:])
    assert (refused.returncode, "not of the open internet" in refused.stderr) == (2, True)
    assert place.run(*given[:2], "own", *given[3:], "--own-networks").returncode == 0


async def test_an_erasure_is_rehearsed_in_all_systems_that_know_a_person(
    place: Place, only_desk: Desk, tmp_path: Path
) -> None:
    house = keys.House(only_desk, tmp_path)
    await house.connect(*keys.FILES)
    assert place.run("system", "add", "archive", "Paper archive").returncode == 0
    tried = place.run("system", "try", "--identity", f"email={keys.ANNA}")
    assert tried.returncode == 0, tried.stderr
    for line in (
        "crm.people.email  1     deleted", "erp.orders.wish    2     deleted", "post.parcels.place  1     deleted",
        "A person looks there: nothing can be rehearsed.",
    ):  # fmt: skip
        assert line in tried.stdout
    assert keys.ANNA not in tried.stdout
    assert house.left() == ([17, 18], [501, 502, 503], [1, 2])
    (tmp_path / "post.db").unlink()
    gone = place.run("system", "try", "--identity", f"email={keys.ANNA}", "--json")
    said = {each["system"]: each for each in json.loads(gone.stdout)}
    assert (gone.returncode, bool(said["crm"]["would"]), bool(said["post"]["why"])) == (1, True, True)


async def test_what_cannot_be_connected_is_named_and_nothing_is_kept(
    place: Place, only_desk: Desk, tmp_path: Path
) -> None:
    assert only_desk.firm
    dataset, address, nowhere = (tmp_path / name for name in ("shop.yml", "shop.url", "no.url"))
    address.write_text("sqlite:///x.db")
    for text, there, said in (
        ("dataset: [{fides_key: x", address, "--dataset"),
        ("dataset: []", address, "--dataset"),
        (FILE.read_text(encoding="utf-8"), nowhere, "--address-file"),
    ):
        dataset.write_text(text)
        given = ("--address-file", str(there), "--dataset", str(dataset))
        done = place.run("system", "add", "shop", "Shop", *given)
        assert (done.returncode, said in done.stderr, "Traceback" in done.stderr) == (2, True, False), text
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
