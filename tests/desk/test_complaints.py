"""Complaints at the desk: taken in about a request, answered by somebody who did not decide that one."""

import asyncio
import re

import pytest

from hub.act import Hub
from hub.rights import requests
from hub.rights.requests import Request
from tests.desk.colleague import HOME, Colleague
from tests.desk.conftest import Joins
from tests.desk.test_request_page import do, known, letters
from tests.domain.firm import found
from tests.rights.desk import Desk

GIVEN = {"channel": "PHONE", "identified": "CALLED_BACK", "message": "My name is spelt with two s."}


async def refused(ruth: Colleague, desk: Desk) -> Request:
    """A correction that Ruth refused."""
    request = await desk.receive(await known(desk.firm), "RECTIFICATION", text="x", changes={"name": "Mika"})
    await ruth.open(f"requests/{request.reference}/refuse")
    ground = re.findall(r'<option value="([A-Z_]+)"', ruth.page.text)[0]
    await do(ruth, request, "refuse", choice=ground, message="We keep it as it is.", do="send")
    return await desk.read(request)


async def test_a_complaint_is_taken_in_once_and_somebody_else_answers_it(
    ruth: Colleague, joins: Joins, desk: Desk
) -> None:
    request = await refused(ruth, desk)
    await ruth.open(f"requests/{request.reference}")
    assert f'href="{ruth.start}/requests/{request.reference}/appeal"' in ruth.page.text
    await ruth.open(f"requests/{request.reference}/appeal")
    for missing, field in (("channel", "channel"), ("identified", "identified"), ("message", "message")):
        assert (await ruth.send({**GIVEN, missing: ""})).status_code == 422
        assert f'id="{field}-wrong"' in ruth.page.text
    sent, path = {"form": ruth.key(), **GIVEN}, ruth.page.url.path
    answers = await asyncio.gather(
        *(ruth.http.post(path, data=sent, headers={"origin": HOME}) for _ in range(4))
    )
    [reference] = {each.url.path.rpartition("/")[2] for each in answers}
    assert reference != request.reference
    await ruth.open(f"requests/{request.reference}")
    assert f"Complained about in {reference}" in ruth.text
    await ruth.open(f"requests/{reference}")
    assert f"It is a complaint about {request.reference}" in ruth.text
    assert "You decided that one, so somebody else decides this." in ruth.text
    assert "Next: leave it to somebody else" in ruth.text
    assert f"{reference}/answer" not in ruth.page.text
    ana = await joins("conduct", name="Ana Lima")
    await ana.sign_in()
    await ana.open(f"requests/{reference}")
    assert "Next: answer" in ana.text
    await ana.open(f"requests/{reference}/answer")
    await ana.send({"message": "You are right: we have changed it."})
    assert "The letter, as it will be sent" in ana.text
    await ana.send({"message": "You are right: we have changed it.", "do": "send"})
    complaint = await desk.do(requests.by_reference, reference)
    assert complaint.state == "ANSWERED"
    assert await letters(desk.firm, complaint) == ["rights_received", "rights_answered"]


async def test_whoever_decided_does_not_decide_the_complaint_by_an_address_they_know(
    ruth: Colleague, desk: Desk
) -> None:
    request = await refused(ruth, desk)
    await ruth.open(f"requests/{request.reference}/appeal")
    await ruth.send(GIVEN)
    complaint = await desk.do(requests.by_reference, ruth.place.rpartition("/")[2])
    before = await desk.kinds(complaint)
    await ruth.open(f"requests/{complaint.reference}/answer")
    assert "This cannot be done with the request as it stands now." in ruth.text
    path = f"{ruth.start}/requests/{complaint.reference}/answer"
    await ruth.open(f"requests/{complaint.reference}/pause")
    answer = await ruth.post(path, {"form": ruth.key(), "message": "No.", "do": "send"})
    assert answer.status_code == 403
    assert await desk.kinds(complaint) == before


async def test_what_nobody_decided_and_is_in_time_is_not_complained_about(
    ruth: Colleague, desk: Desk, hub: Hub
) -> None:
    request = await desk.receive(await known(desk.firm), "DELETION")
    await ruth.open(f"requests/{request.reference}")
    assert f"{request.reference}/appeal" not in ruth.page.text
    await ruth.open(f"requests/{request.reference}/appeal")
    assert "A complaint is about a request that was refused" in ruth.text
    other = Desk(await found(hub))
    theirs = await other.receive(await other.firm.customer(), "DELETION")
    await ruth.open(f"requests/{theirs.reference}/appeal")
    assert ruth.page.status_code == 404


@pytest.mark.parametrize("channel", ["PORTAL", "IMPORT", "x"])
async def test_a_way_that_is_not_offered_is_refused(ruth: Colleague, desk: Desk, channel: str) -> None:
    request = await refused(ruth, desk)
    await ruth.open(f"requests/{request.reference}/appeal")
    assert (await ruth.send({**GIVEN, "channel": channel})).status_code == 422
    await ruth.open(f"requests/{request.reference}")
    assert "Complained about in" not in ruth.text
