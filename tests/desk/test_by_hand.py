"""What staff do themselves: say who asks, settle a step by hand, leave a system out."""

import re

import asyncpg
import pytest

from hub.actors import OPERATOR, Operation
from hub.errors import Code
from hub.rights import certificates, fulfilling, gathered, reasons
from hub.rights.requests import Request
from hub.rights.states import State
from hub.rights.systems import NewSystem, connect
from tests.desk.colleague import Colleague
from tests.desk.conftest import Joins
from tests.desk.test_request_page import MIKA, known
from tests.domain.firm import external
from tests.portal.visitor import delivered
from tests.rights.desk import Desk
from tests.rights.test_exporting import objects
from tests.rights.test_fulfilling import cooled, planned, work
from tests.uploads.files import PDF, SVG


async def test_who_asks_is_said_for_one_of_those_with_the_address(ruth: Colleague, desk: Desk) -> None:
    one, two = await known(desk.firm), await known(desk.firm)
    sent = await desk.guest("ACCESS", MIKA)
    await desk.try_code(sent)
    await ruth.open(f"requests/{sent.request.reference}")
    assert "Next: say which customer it is" in ruth.text
    await ruth.open(f"requests/{sent.request.reference}/confirm")
    assert MIKA not in ruth.page.text
    assert str(one) in ruth.page.text
    assert str(two) in ruth.page.text
    assert (await ruth.send({})).status_code == 422
    assert 'id="customer-wrong"' in ruth.page.text
    assert (
        await ruth.send({"customer": str(two), "identified": "DOCUMENT", "reference": ""})
    ).status_code == 422
    given = {"customer": str(two), "identified": "DOCUMENT", "reference": "File 7"}
    assert (await ruth.send(given)).status_code == 200
    confirmed = await desk.read(sent.request)
    assert (confirmed.customer_id, confirmed.verified_at is not None) == (two, True)


async def test_who_asks_is_found_by_what_they_told(ruth: Colleague, desk: Desk) -> None:
    customer = await desk.firm.customer(identifiers=[external("crm", "C-77")])
    sent = await desk.guest("ACCESS", "nobody@example.org")
    await desk.try_code(sent)
    await ruth.open(f"requests/{sent.request.reference}/confirm")
    given = {
        "customer": "other",
        "kind": "EXTERNAL",
        "value": "C-78",
        "system": "crm",
        "identified": "IN_PERSON",
        "reference": "x",
    }
    assert (await ruth.send(given)).status_code == 422
    assert 'id="value-wrong"' in ruth.page.text
    assert (await ruth.send({**given, "value": "C-77"})).status_code == 200
    assert (await desk.read(sent.request)).customer_id == customer


async def test_a_task_is_settled_by_hand_with_a_count_and_a_step_is_left_out_with_a_reason(
    ruth: Colleague, desk: Desk
) -> None:
    first = await desk.receive(await known(desk.firm), "RESTRICTION")
    await ruth.open("tasks")
    [place] = re.findall(r'href="[^"]*/(tasks/[0-9a-f-]{36})"', ruth.page.text)
    await ruth.open(place)
    assert MIKA not in ruth.page.text
    for fields, field in (
        ({}, "state"), ({"state": "DONE", "rows": "0"}, "rows"), ({"state": "DONE", "rows": "x"}, "rows"),
        ({"state": "REFUSED"}, "why"),
    ):  # fmt: skip
        assert (await ruth.hand_in(fields)).status_code == 422
        assert f'id="{field}-wrong"' in ruth.page.text
    assert (await ruth.hand_in({"state": "DONE", "rows": "4"})).status_code == 200
    assert ruth.place == f"requests/{first.reference}"
    assert "4 records" in ruth.text
    await ruth.open(place)
    assert ruth.page.status_code == 404
    second = await desk.receive(await known(desk.firm, "other@example.org"), "RESTRICTION")
    await ruth.open(f"requests/{second.reference}")
    skip = re.findall(r'href="[^"]*/(requests/[^"]*/steps/[0-9a-f-]{36}/skip)"', ruth.page.text)[0]
    await ruth.open(skip)
    assert (await ruth.send({"why": ""})).status_code == 422
    assert (await ruth.send({"why": "The archive burned down."})).status_code == 200
    assert "The archive burned down." in ruth.text


async def test_what_stays_in_a_deletion_by_an_exception_of_the_law_is_said_by_its_code(
    ruth: Colleague, desk: Desk, superuser: asyncpg.Connection
) -> None:
    request = await desk.receive(await known(desk.firm, "third@example.org"), "DELETION")
    await desk.do(fulfilling.approve, request.id)
    await cooled(desk, superuser, request)
    [archive] = [each for each in await planned(desk, request) if each.kind == "MANUAL"]
    await ruth.open(f"requests/{request.reference}/steps/{archive.id}/skip")
    assert "CLAIMS" in ruth.page.text
    assert (await ruth.send({"ground": "NO_GROUND", "why": "We are in court."})).status_code == 422
    assert (await ruth.send({"ground": "CLAIMS", "why": "We are in court over it."})).status_code == 200
    await work(desk, request)
    assert (await desk.read(request)).state is State.PARTLY_ANSWERED
    async with desk.firm.hub.ask(OPERATOR, Operation.REQUEST_READ) as ask:
        made = await certificates.of(ask, request.id)
    [left] = certificates.document(made)["left_out"]
    assert (left["ground"], left["why"]) == ("CLAIMS", "We are in court over it.")
    sql = "SELECT id FROM letter WHERE request_id = $1 AND template = 'rights_answered'"
    [(_, text)] = await delivered(desk.firm, await superuser.fetchval(sql, request.id))
    assert f"{reasons.reason('CLAIMS', 'en').customer} We are in court over it." in text


async def test_part_of_a_correction_is_refused_on_a_ground_of_the_law(
    ruth: Colleague, desk: Desk, superuser: asyncpg.Connection
) -> None:
    customer = await known(desk.firm, "fourth@example.org")
    request = await desk.receive(customer, "RECTIFICATION", text="x", changes={"given_name": "Mika"})
    await desk.do(fulfilling.approve, request.id)
    [archive] = [each for each in await planned(desk, request) if each.kind == "MANUAL"]
    await ruth.open(f"requests/{request.reference}/steps/{archive.id}/skip")
    assert "DATA_CORRECT" in ruth.page.text
    assert "CLAIMS" not in ruth.page.text
    said = {"ground": "DATA_CORRECT", "why": "It is what you were called then."}
    assert (await ruth.send(said)).status_code == 200
    await work(desk, request)
    assert (await desk.read(request)).state is State.PARTLY_ANSWERED
    sql = "SELECT id FROM letter WHERE request_id = $1 AND template = 'rights_answered'"
    [(_, text)] = await delivered(desk.firm, await superuser.fetchval(sql, request.id))
    assert f"{reasons.reason('DATA_CORRECT', 'en').customer} It is what you were called then." in text


async def test_part_of_a_restriction_is_refused_only_on_a_ground_that_its_law_knows(desk: Desk) -> None:
    request = await desk.receive(await known(desk.firm), "RESTRICTION")
    [archive] = [each for each in await planned(desk, request) if each.kind == "MANUAL"]
    await desk.refused(
        Code.INVALID, ("ground",), lambda: desk.do(fulfilling.skip, archive.id, "We are in court.", "CLAIMS")
    )
    await desk.do(fulfilling.skip, archive.id, "It is on paper that nobody uses.", "CONDITIONS_NOT_MET")


async def copy(ruth: Colleague, desk: Desk) -> tuple[Request, str]:
    """A request for a copy, for which somebody has to look into an archive; returns where its task is."""
    async with desk.firm.hub.act(OPERATOR, Operation.SYSTEM_CONNECT) as act:
        await connect(act, NewSystem("archive", "Archive", "MANUAL"), desk.firm.id)
    request = await desk.receive(await known(desk.firm), "ACCESS")
    [step] = [each for each in await planned(desk, request) if each.name == "Archive"]
    await ruth.open(f"tasks/{step.id}")
    return request, f"tasks/{step.id}"


async def named(desk: Desk, request: Request) -> list[str | None]:
    async with desk.firm.hub.ask(OPERATOR, Operation.REQUEST_READ) as ask:
        return [part.name for part in await gathered.of(ask, request.id) if part.kind == "FILE"]


async def test_what_was_found_by_hand_comes_with_its_files_once(ruth: Colleague, desk: Desk) -> None:
    request, place = await copy(ruth, desk)
    before, found = objects(desk, request), {"state": "DONE", "rows": "2"}
    for fields, file, field in (
        (found, ("deed.svg", SVG), "files"), (found, ("deed.pdf", b"MZ\x90\x00"), "files"),
        ({"state": "NOTHING"}, ("deed.pdf", PDF), "state"), ({"state": "DONE", "rows": ""}, ("deed.pdf", PDF), "rows"),
    ):  # fmt: skip
        assert (await ruth.hand_in(fields, file)).status_code == 422, field
        assert f'id="{field}-wrong"' in ruth.page.text
    assert (await named(desk, request), objects(desk, request)) == ([], before)
    key = ruth.key()
    assert (await ruth.hand_in(found, ("Deed 1998.pdf", PDF))).status_code == 200
    assert ruth.place == f"requests/{request.reference}"
    [step] = [each for each in await planned(desk, request) if each.name == "Archive"]
    assert step.evidence == {"by": "HAND", "rows": 2, "files": 1}
    await ruth.open()
    again = await ruth.http.post(
        f"{ruth.start}/{place}", data={"form": key, **found}, files={"files": ("Deed 1998.pdf", PDF)},
        headers={"origin": "http://localhost:8000"},
    )  # fmt: skip
    assert again.status_code == 200
    assert await named(desk, request) == ["Deed 1998.pdf"]
    assert len(objects(desk, request)) == len(before) + 1


async def test_whom_to_look_for_is_shown_for_a_reason_with_what_is_to_become_of_it(
    ruth: Colleague, desk: Desk
) -> None:
    request, place = await copy(ruth, desk)
    assert "Look for everything that is held there" in ruth.text
    assert MIKA not in ruth.page.text
    await ruth.open(f"requests/{request.reference}")
    await ruth.send({"reason": "HANDLING"}, to=f"requests/{request.reference}/look")
    assert MIKA in await ruth.open(place)


@pytest.mark.parametrize("roles", [("reader",), ("admin",)])
async def test_files_are_read_from_nobody_who_does_not_conduct(
    joins: Joins, ruth: Colleague, desk: Desk, roles: tuple[str, ...]
) -> None:
    request, place = await copy(ruth, desk)
    other = await joins(*roles, name="Sam Lee")
    await other.sign_in()
    before = objects(desk, request)
    answer = await other.http.post(
        f"{other.start}/{place}", data={"form": "x"}, files={"files": ("deed.pdf", PDF)},
        headers={"origin": "http://localhost:8000"},
    )  # fmt: skip
    assert (answer.status_code, objects(desk, request)) == (403, before)
