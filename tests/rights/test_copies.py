"""A copy from gathering to the customer: parts, the package, what it says, and what is left out."""

import csv
import io
import json
from pathlib import Path

import asyncpg
import pytest

from hub.errors import Code
from hub.packaging.pages import REQUIRED, SECTIONS, WORDS
from hub.policy.values import Jurisdiction
from hub.rights import conduct, fulfilling
from hub.rights.law import PLACES
from hub.rights.outcomes import StepState
from hub.rights.packages import Access
from hub.rights.states import State
from hub.rights.steps import DISABLED
from tests.domain.firm import email, name
from tests.rights.copies import (
    ANNA,
    Page,
    anna,
    build,
    connect,
    copied,
    gather,
    opened,
    package_of,
    parts_of,
    planned,
    shop_at,
)
from tests.rights.desk import Desk
from tests.rights.test_fulfilling import connect as switched_off


@pytest.fixture
def shop(tmp_path: Path) -> str:
    """A shop with two customers."""
    return shop_at(tmp_path)


async def test_a_copy_is_gathered_built_and_released_when_it_is_answered(
    desk: Desk, shop: str, superuser: asyncpg.Connection
) -> None:
    await connect(desk, shop)
    request = await desk.receive(await anna(desk), "ACCESS")
    await gather(desk, request)
    assert (await package_of(desk, request)).state is Access.BUILDING
    message = await desk.refused(
        Code.CONFLICT, ("request",), lambda: desk.do(conduct.answer, request.id, "Here.")
    )
    assert "not built yet" in message
    built = await build(desk, request)
    assert (built.state, built.number) == (Access.BUILT, 1)
    assert (await desk.do(conduct.answer, request.id, "Here it is.")).state is State.ANSWERED
    released = await package_of(desk, request)
    assert released.state is Access.RELEASED
    assert released.until_at is not None
    assert released.released_at is not None
    assert (released.until_at - released.released_at).days == desk.firm.hub.settings.package_days
    letters = await superuser.fetch(
        "SELECT template FROM letter WHERE request_id = $1 ORDER BY id", request.id
    )
    assert [row["template"] for row in letters] == ["rights_received", "rights_ready"]
    assert (await desk.kinds(request))[-3:] == ["GATHERED", "PACKAGE_BUILT", "ANSWERED"]


async def test_steps_keep_counts_and_a_digest_and_no_value(desk: Desk, shop: str) -> None:
    await connect(desk, shop)
    request = await desk.receive(await anna(desk), "ACCESS", text="All of it.")
    await gather(desk, request)
    by_name = {each.name: each for each in await planned(desk, request)}
    for step in by_name.values():
        assert step.state is StepState.DONE
        assert step.evidence is not None
        assert set(step.evidence["part"]) == {"size_bytes", "digest"}
        assert "anna" not in json.dumps(dict(step.evidence)).lower()
    own = {each["collection"]: each["rows"] for each in by_name["Privacy Hub"].evidence["places"]}  # type: ignore[index]
    assert own["identifiers"] == 1
    shapes = {each.collection: each.rows for part in await parts_of(desk, request) for each in part.shapes}
    assert shapes["shop.orders"] == 2


async def test_the_package_has_pages_first_then_data_tables_and_a_manifest(desk: Desk, shop: str) -> None:
    await connect(desk, shop)
    request = await desk.receive(await anna(desk), "ACCESS")
    await copied(desk, request)
    archive = await opened(desk, request)
    names = archive.namelist()
    assert names[0] == "index.html"
    assert names[-1] == "manifest.json"
    assert {"data.json", "portability.json"} <= set(names)
    data = json.loads(archive.read("data.json"))
    numbers = {each["collection"]: each["number"] for each in data["about"]["collections"]}
    orders = [row["values"] for row in data["rows"] if row["collection"] == numbers["shop.orders"]]
    assert len(orders) == 2
    known = [
        row["values"]["value"]
        for row in data["rows"]
        if row["collection"] == numbers["privacy_hub.identifiers"]
    ]
    assert known == [ANNA]
    portable = json.loads(archive.read("portability.json"))
    [described] = [
        each for each in portable["about"]["collections"] if each["collection"] == "privacy_hub.identifiers"
    ]
    assert "user.contact" in described["fields"]["value"]["fideslang"]
    assert described["fields"]["value"]["dpv"][0].startswith("https://w3id.org/dpv/pd#")
    assert not any("decisions" in each["collection"] for each in portable["about"]["collections"])
    [table] = [each for each in names if each.startswith("tables/") and each.endswith("-shop-orders.csv")]
    rows = list(csv.reader(io.StringIO(archive.read(table).decode(), newline="")))
    assert len(rows) == 1 + 2


@pytest.mark.parametrize("place", list(Jurisdiction))
async def test_an_answer_says_what_the_law_of_the_place_demands(desk: Desk, place: Jurisdiction) -> None:
    customer = await desk.firm.customer(
        jurisdictions=[place], identifiers=[email(ANNA)], profile=[name("Anna <b>Lindqvist</b>")]
    )
    request = await desk.receive(customer, "ACCESS")
    await copied(desk, request)
    page = Page((await opened(desk, request)).read("index.html").decode())
    assert set(REQUIRED[place]["sections"]) <= set(SECTIONS)
    for section in REQUIRED[place]["sections"]:
        assert len(page.sections[section].split()) > 3, section
    for regulator in PLACES[place].regulators_for(request.kind):
        assert regulator.name in page.sections["complain"]


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
async def test_a_copy_is_in_the_customers_language(desk: Desk, language: str) -> None:
    customer = await desk.firm.customer(jurisdictions=["EU"], locale=language, identifiers=[email(ANNA)])
    request = await desk.receive(customer, "ACCESS")
    await copied(desk, request)
    archive = await opened(desk, request)
    page = Page(archive.read("index.html").decode())
    assert page.attributes["lang"][0] == language
    assert page.attributes["dir"][0] == ("rtl" if language == "ar" else "ltr")
    assert WORDS[language]["held"] in page.sections["held"]


def test_the_words_are_the_same_in_every_language() -> None:
    english = WORDS["en"]
    for language in ("fr", "ar"):
        assert WORDS[language].keys() == english.keys()
        for key, value in english.items():
            other = WORDS[language][key]
            assert isinstance(value, str) or value.keys() == other.keys(), key
            if isinstance(value, str):
                assert sorted(_gaps(value)) == sorted(_gaps(other)), key


def _gaps(text: str) -> list[str]:
    return [each.partition("}")[0] for each in text.split("{")[1:]]


async def test_what_people_typed_is_text_and_no_page_lets_anything_in(desk: Desk) -> None:
    poison = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'{{7*7}}{organisation}=1+1"
    customer = await desk.firm.customer(identifiers=[email(ANNA)], profile=[name(poison)])
    request = await desk.receive(customer, "ACCESS", text=poison)
    await copied(desk, request)
    archive = await opened(desk, request)
    pages = [archive.read(each).decode() for each in archive.namelist() if each.endswith(".html")]
    assert len(pages) > 2
    for text in pages:
        page = Page(text)
        assert {"script", "img", "link", "iframe", "form", "object"}.isdisjoint(page.tags)
        assert not any(name.startswith("on") or name == "style" for name in page.attributes)
        assert not any("://" in each for each in page.attributes.get("href", []))
        assert "default-src 'none'" in page.attributes["content"][0]
    tables = [archive.read(each).decode() for each in archive.namelist() if each.endswith(".csv")]
    cells = [cell for text in tables for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)
    assert poison in cells


async def test_where_nothing_is_held_the_package_says_so(desk: Desk) -> None:
    request = await desk.receive(await desk.firm.customer(jurisdictions=["UK"]), "ACCESS")
    await copied(desk, request)
    page = Page((await opened(desk, request)).read("index.html").decode())
    assert "held" in page.sections


async def test_what_was_skipped_is_said_with_its_reason(desk: Desk, shop: str) -> None:
    await connect(desk, shop)
    request = await desk.receive(await anna(desk), "ACCESS")
    [step] = [each for each in await planned(desk, request) if each.name == "Shop"]
    await desk.do(fulfilling.skip, step.id, "The shop burnt down.")
    await copied(desk, request)
    page = Page((await opened(desk, request)).read("index.html").decode())
    assert "The shop burnt down." in page.sections["left-out"]


LEFT = {
    "en": ("Everywhere else", "It had been switched off when you asked."),
    "fr": ("Partout ailleurs", "Il était désactivé quand vous avez fait la demande."),
    "ar": ("في كل مكان آخر", "كان متوقفا عن العمل حين قدمت طلبك."),
}


@pytest.mark.parametrize("language", LEFT)
async def test_what_was_left_out_and_why_is_said_in_the_customers_language(desk: Desk, language: str) -> None:
    everywhere, off = LEFT[language]
    customer = await desk.firm.customer(jurisdictions=["EU"], locale=language, identifiers=[email(ANNA)])
    alone = await desk.receive(customer, "ACCESS")
    [step] = [each for each in await planned(desk, alone) if each.system_id is None and each.kind == "MANUAL"]
    await desk.do(fulfilling.skip, step.id, "Les archives ont brûlé.")
    await copied(desk, alone)
    left = Page((await opened(desk, alone)).read("index.html").decode()).sections["left-out"]
    assert f"{everywhere}Les archives ont brûlé." in " ".join(left.split())
    await switched_off(desk, "old-crm", "SQL", is_disabled=True)
    request = await desk.receive(customer, "PORTABILITY")
    await copied(desk, request)
    page = Page((await opened(desk, request)).read("index.html").decode())
    assert f"old-crm{off}" in " ".join(page.sections["left-out"].split())
    assert DISABLED not in page.sections["left-out"]
