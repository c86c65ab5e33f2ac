"""Complaining about one request, from its page: linked to it, once at a time, decided by somebody else."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest

from hub.act import Act
from hub.actors import OPERATOR, Actor, Operation, Role
from hub.auth import staff
from hub.errors import Code, Refusal
from hub.policy.values import Jurisdiction
from hub.rights import appealing, conduct, reasons, requests
from hub.rights.appealing import NewAppeal
from hub.rights.requests import Request
from tests.domain.firm import Firm, everything
from tests.portal.test_status import Does, do, opened
from tests.portal.test_visits import move_back
from tests.portal.visitor import COPY, KNOWN, STOP, UNKNOWN, Visitor, requests_of
from tests.rights.desk import Desk

__all__ = ["do"]

Arrives = Callable[..., Visitor]


FIX = (("words", {"words": "My name has two s."}), ("place", {"place": "AU"}), ("email", {"email": KNOWN}))


async def refuse(act: Act, request: Request) -> Request:
    ground = reasons.refusals(Jurisdiction(request.jurisdictions[0]), request.kind)[0]
    return await conduct.refuse(act, request.id, ground.code, "The tax office needs it.")


async def test_a_refused_request_is_complained_about_once(visitor: Visitor, firm: Firm, do: Does) -> None:
    request_id = await opened(do, firm, "DELETION")
    refused = await do(refuse, await Desk(firm).do(requests.read, request_id))
    await visitor.enter(KNOWN)
    await visitor.open(f"requests/{request_id}")
    assert f'href="{visitor.start}/requests/{request_id}/complain"' in visitor.page.text
    await visitor.open(f"requests/{request_id}/complain")
    assert "Somebody who did not decide on your request reads this" in visitor.page.text
    await visitor.send({"words": " "})
    assert "Say what went wrong" in visitor.page.text
    form = {"form": visitor.key, "words": "I paid all taxes.", "wanted": "Delete it."}
    for _ in range(3):
        await visitor.post(f"{visitor.start}/requests/{request_id}/complain", form)
    complaint_id = (await requests_of(firm))[-1]
    assert visitor.place == f"requests/{complaint_id}/done"
    assert (await visitor.state(complaint_id), len(await requests_of(firm))) == (("DECIDING", None), 2)
    text = await visitor.open(f"requests/{complaint_id}")
    assert refused.reference in text
    await visitor.open(f"requests/{request_id}/complain")
    await visitor.send({"words": "And another thing."})
    assert visitor.place == f"requests/{complaint_id}/done"
    assert "And another thing." in await visitor.open(f"requests/{complaint_id}")
    await visitor.open(f"requests/{complaint_id}/complain")
    assert visitor.place == "ask/complain/words"


async def test_a_guest_complains_about_what_is_late(
    visitor: Visitor, firm: Firm, superuser: asyncpg.Connection
) -> None:
    await visitor.prove(await visitor.ask("fix", FIX))
    await visitor.open("requests/1/complain")
    assert visitor.place == "ask/complain/words"
    await move_back(superuser, "rights_request", ("received_on", "due_on", "opened_at"), timedelta(days=90))
    await visitor.open("requests/1/complain")
    await visitor.send({"words": "You are late."})
    assert visitor.place == "requests/2/done"
    assert (await visitor.state((await requests_of(firm))[-1]))[0] == "DECIDING"


async def test_what_nobody_is_known_for_is_complained_about_in_the_ordinary_way(visitor: Visitor) -> None:
    for email, answers in ((UNKNOWN, COPY), (KNOWN, COPY)):  # not found, and not proved enough
        await visitor.prove(await visitor.ask("copy", answers, email=email))
        await visitor.open("requests/1/complain")
        assert visitor.place == "ask/complain/words"
        await visitor.leave_visit()


async def test_anothers_request_is_not_complained_about(
    visitor: Visitor, arrives: Arrives, firm: Firm, do: Does, superuser: asyncpg.Connection
) -> None:
    request_id = await opened(do, firm, "DELETION")
    stranger = arrives()
    await stranger.prove(await stranger.ask("stop", STOP, email=UNKNOWN))
    before = await everything(superuser)
    for each in (visitor, stranger):
        await each.open(f"requests/{request_id}/complain")
        assert each.page.status_code == 404
    assert await everything(superuser) == before


async def test_whoever_decided_does_not_decide_on_the_complaint(firm: Firm, do: Does) -> None:
    async with firm.hub.act(OPERATOR, Operation.STAFF_MANAGE) as act:
        ruth, _ = await staff.invite(act, firm.id, "Ruth Okafor", "ruth@firm.example", ["staff:conduct"])
        omar, _ = await staff.invite(act, firm.id, "Omar Haddad", "omar@firm.example", ["staff:conduct"])
    at_desk = Actor("staff", ruth.id, firm.id, roles=frozenset({Role.STAFF_CONDUCT}))
    request_id = await opened(do, firm, "DELETION")

    async def first(act: Act) -> Request:
        return await refuse(act, await requests.read(act, request_id))

    await firm.hub.perform(at_desk, Operation.REQUEST_CONDUCT, first)
    complaint = await do(appealing.appeal, request_id, NewAppeal("I paid all taxes.", "PORTAL", "CODE"))

    async def answer(act: Act) -> Request:
        return await conduct.answer(act, complaint.id, "You were right.")

    with pytest.raises(Refusal) as caught:
        await firm.hub.perform(at_desk, Operation.REQUEST_CONDUCT, answer)
    assert caught.value.code is Code.FORBIDDEN
    other = replace(at_desk, id=omar.id)
    assert (await firm.hub.perform(other, Operation.REQUEST_CONDUCT, answer)).state == "ANSWERED"
