"""Who asks for somebody else, at the desk: named, their proof opened for a reason, confirmed or not, and ended."""

import asyncio
import re
from typing import Any

import httpx
import pytest

from hub import representatives
from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.representatives import Representative
from hub.rights import attachments, proving
from hub.rights.asked import Asked, Represented
from hub.rights.proving import Guest
from hub.rights.requests import Request
from tests.desk.colleague import HOME, Colleague
from tests.desk.conftest import Joins
from tests.desk.test_request_page import known
from tests.domain.firm import found
from tests.rights.acting import AGENT, ANN, appoint
from tests.rights.desk import Desk
from tests.rights.test_attachments import TEXT, waiting


async def asked(desk: Desk) -> Request:
    """What an agent asks at the portal, with a file, for somebody they name; their own address is proved."""
    given = Guest(
        "STOP_MARKETING", "AU", AGENT, Asked(represented=Represented("Ann", ANN)), "AGENT", files=await waiting(desk)
    )  # fmt: skip
    sent = await desk.do(proving.receive_guest, given, organisation_id=desk.firm.id)
    await desk.try_code(sent)
    return await desk.read(sent.request)


async def links(desk: Desk, customer_id: Any) -> list[Representative]:
    async with desk.firm.hub.ask(OPERATOR, Operation.REPRESENTATIVE_READ) as ask:
        return (await representatives.of_customers(ask, [customer_id]))[customer_id]


def action(page: httpx.Response, what: str) -> str:
    """Where the form leads by which a link is settled."""
    found = re.search(rf'action="([^"]*/appoint/[0-9a-f-]{{36}}/{what})"', page.text)
    assert found, page.text
    return found[1]


async def settle(ruth: Colleague, what: str, **fields: str) -> int:
    """Send one of these forms; returns the status."""
    path = action(ruth.page, what)
    return (await ruth.send(fields, to=path.removeprefix(f"{ruth.start}/"))).status_code


async def test_who_asks_is_named_the_proof_seen_and_the_request_goes_on(ruth: Colleague, desk: Desk) -> None:
    customer_id, request = await known(desk.firm, ANN), await asked(desk)
    await ruth.open(f"requests/{request.reference}")
    assert "Next: check who may act" in ruth.text
    assert f'href="{ruth.start}/requests/{request.reference}/appoint"' in ruth.page.text
    await ruth.open(f"requests/{request.reference}/appoint")
    for masked in (ANN, AGENT, TEXT.name):
        assert masked not in ruth.page.text
    assert f'value="{customer_id}"' in ruth.page.text
    for fields, field in (
        ({"name": "Noor"}, "customer"), ({"customer": str(customer_id), "name": " "}, "name"),
        ({"customer": str(customer_id), "name": "Noor", "until": "soon"}, "until"),
        ({"customer": str(customer_id), "name": "Noor", "until": "1999-01-01"}, "until"),
        ({"customer": str(customer_id), "name": "Noor", "contact": "nobody"}, "contact"),
        ({"customer": str(customer_id), "name": "Noor", "file": str(customer_id)}, "file"),
    ):  # fmt: skip
        assert (await ruth.send(fields)).status_code == 422, fields
        assert f'id="{field}-wrong"' in ruth.page.text, fields
    assert await links(desk, customer_id) == []
    assert (await ruth.send({"customer": str(customer_id), "name": "Noor Agent"})).status_code == 200
    assert "Proof not seen yet" in ruth.text
    assert await settle(ruth, "confirm", proof="HUNCH") == 422
    assert "Choose what you have seen" in ruth.text
    assert await settle(ruth, "confirm", proof="PROBATE") == 422
    assert [each.state for each in await links(desk, customer_id)] == ["PROPOSED"]
    assert await settle(ruth, "confirm", proof="SIGNED_PERMISSION") == 200
    assert ruth.place == f"requests/{request.reference}"
    done = await desk.read(request)
    assert (done.state, done.customer_id) == ("ANSWERED", customer_id)


async def test_a_proof_is_opened_for_a_reason_and_noted(ruth: Colleague, desk: Desk) -> None:
    request = await asked(desk)
    async with desk.firm.hub.ask(OPERATOR, Operation.REQUEST_READ) as ask:
        [file] = (await attachments.of(ask, [request.id]))[request.id]
    place = f"requests/{request.reference}/files/{file.id}"
    await ruth.open(f"requests/{request.reference}")
    key = ruth.key(f"requests/{request.reference}/note")
    assert (await ruth.post(f"{ruth.start}/{place}", {"form": key})).status_code == 403
    assert "FILE_VIEWED" not in await desk.kinds(request)
    await ruth.open(f"requests/{request.reference}")
    await ruth.send({"reason": "IDENTITY"}, to=f"requests/{request.reference}/look")
    assert TEXT.name in ruth.page.text
    await ruth.send({}, to=place)
    assert ruth.page.content == TEXT.content
    assert ruth.page.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in ruth.page.headers["content-security-policy"]
    [viewed] = [each for each in await desk.events(request) if each.kind == "FILE_VIEWED"]
    assert (viewed.code, viewed.actor_id) == ("IDENTITY", ruth.account.id)
    await ruth.open(f"requests/{request.reference}/appoint")
    for shown in (ANN, AGENT, TEXT.name):
        assert shown in ruth.page.text


async def test_what_shows_nothing_is_not_accepted_and_another_can_be_named(
    ruth: Colleague, desk: Desk
) -> None:
    customer_id, request = await known(desk.firm, ANN), await asked(desk)
    await ruth.open(f"requests/{request.reference}/appoint")
    await ruth.send({"customer": str(customer_id), "name": "Noor Agent"})
    assert await settle(ruth, "reject", reason="") == 422
    assert await settle(ruth, "reject", reason="PROOF_UNREADABLE") == 200
    [link] = await links(desk, customer_id)
    assert (link.state, link.reason) == ("REJECTED", "PROOF_UNREADABLE")
    assert (await desk.read(request)).waiting_for == "AUTHORITY"
    await ruth.open(f"requests/{request.reference}/appoint")
    assert "The proof cannot be read" in ruth.text
    await ruth.send({"customer": str(customer_id), "name": "Noor Agent"})
    assert [each.state for each in await links(desk, customer_id)] == ["REJECTED", "PROPOSED"]


async def test_of_many_sendings_one_names_and_one_confirms(ruth: Colleague, desk: Desk) -> None:
    customer_id, request = await known(desk.firm, ANN), await asked(desk)
    await ruth.open(f"requests/{request.reference}/appoint")
    path, origin = ruth.page.url.path, {"origin": HOME}
    sent = {"form": ruth.key(), "customer": str(customer_id), "name": "Noor Agent"}
    answers = await asyncio.gather(*(ruth.http.post(path, data=sent, headers=origin) for _ in range(4)))
    assert {each.status_code for each in answers} == {200}
    assert len(await links(desk, customer_id)) == 1
    await ruth.open(f"requests/{request.reference}/appoint")
    path = action(ruth.page, "confirm")
    sent = {"form": ruth.key(path.removeprefix(f"{ruth.start}/")), "proof": "SIGNED_PERMISSION"}
    await asyncio.gather(*(ruth.http.post(path, data=sent, headers=origin) for _ in range(4)))
    kinds = await desk.kinds(request)
    assert [kinds.count(kind) for kind in ("REPRESENTATIVE_NAMED", "VERIFIED")] == [1, 1]


async def test_the_leave_is_ended_and_what_was_asked_under_it_stops(ruth: Colleague, desk: Desk) -> None:
    customer_id = await known(desk.firm, ANN)
    link = await appoint(desk, customer_id)
    request = await desk.receive(customer_id, "ACCESS", asker="AGENT")
    await ruth.open(f"requests/{request.reference}/appoint")
    assert "May act" in ruth.text
    assert await settle(ruth, "end", reason="PERMISSION_WITHDRAWN") == 200
    [ended] = await links(desk, customer_id)
    assert (ended.id, ended.state) == (link.id, "ENDED")
    assert (await desk.read(request)).waiting_for == "AUTHORITY"


async def test_a_reader_another_firm_and_another_link_reach_nothing(
    ruth: Colleague, joins: Joins, desk: Desk, hub: Hub
) -> None:
    customer_id, request = await known(desk.firm, ANN), await asked(desk)
    await ruth.open(f"requests/{request.reference}/appoint")
    await ruth.send({"customer": str(customer_id), "name": "Noor Agent"})
    other = Desk(await found(hub))
    stranger = await appoint(other, await other.firm.customer())
    ours = await appoint(desk, await desk.firm.customer(), "HEIR", "PROBATE")
    for link in (stranger.id, ours.id, "x"):
        path = f"{ruth.start}/requests/{request.reference}/appoint/{link}/end"
        wrong = await ruth.post(path, {"form": ruth.key(), "reason": "PROOF_FALSE"})
        assert wrong.status_code in {403, 404}
    assert [each.state for each in await links(desk, ours.customer_id)] == ["CONFIRMED"]
    theirs = await other.receive(await other.firm.customer(), "ACCESS", asker="AGENT")
    await ruth.open(f"requests/{theirs.reference}/appoint")
    assert ruth.page.status_code == 404
    reader = await joins("reader", name="Sam Lee")
    await reader.sign_in()
    await reader.open(f"requests/{request.reference}/appoint")
    assert reader.page.status_code == 403
    answer = await reader.post(f"{reader.start}/requests/{request.reference}/appoint", {"form": "x"})
    assert answer.status_code == 403
    assert [each.state for each in await links(desk, customer_id)] == ["PROPOSED"]


@pytest.mark.parametrize("language", ["fr", "ar"])
async def test_it_is_said_in_every_language(joins: Joins, desk: Desk, language: str) -> None:
    request = await asked(desk)
    made = await joins("conduct", language=language)
    await made.sign_in()
    await made.open(f"requests/{request.reference}/appoint")
    assert made.page.status_code == 200
    assert "Who asks" not in made.text
