"""Asking for somebody else at the portal: told the same whoever that is, until staff have seen the proof."""

from collections.abc import Callable

import pytest

from hub.act import Act
from hub.actors import OPERATOR, Operation
from hub.appointing import NewRepresentative
from hub.rights import representing
from hub.rights.requests import Asker
from hub.rights.sealed import contents
from tests.portal.test_files import PROOF, upload
from tests.portal.visitor import COPY, KNOWN, STOP, UNKNOWN, Answers, Visitor, requests_of

Arrives = Callable[..., Visitor]
AGENT = "agent@example.org"
FOR = {"as": "AGENT", "name": "Mika", "for": KNOWN}


async def ask_for_another(
    visitor: Visitor, journey: str = "stop", answers: Answers = STOP, **changes: str
) -> None:
    """Walk a journey for somebody else, up to the code."""
    await visitor.open(f"ask/{journey}/{answers[0][0]}")
    left = dict(answers)
    while visitor.place != f"ask/{journey}/email":
        await visitor.send(left.pop(visitor.place.rpartition("/")[2]))
    await visitor.open(f"ask/{journey}/who")
    await visitor.send({"who": "other"})
    await visitor.send({**FOR, **changes})
    await upload(visitor, PROOF)
    await visitor.send({"email": AGENT})
    if visitor.place.endswith("words"):
        await visitor.send({})
    assert visitor.place == f"ask/{journey}/check", visitor.page.text
    await visitor.send({})


async def state(visitor: Visitor) -> tuple[str, str | None]:
    return await visitor.state((await requests_of(visitor.firm))[-1])


@pytest.mark.parametrize(("journey", "answers"), [("stop", STOP), ("copy", COPY)])
@pytest.mark.parametrize("whom", [KNOWN, UNKNOWN])
async def test_who_asks_for_another_is_told_the_same_whoever_that_is(
    visitor: Visitor, journey: str, answers: Answers, whom: str
) -> None:
    await ask_for_another(visitor, journey, answers, **{"for": whom})
    request_id = (await requests_of(visitor.firm))[-1]
    await visitor.prove(request_id)
    assert await visitor.state(request_id) == ("PAUSED", "AUTHORITY")
    await visitor.open("requests/1")
    assert "Somebody here looks at the proof that you may ask for them" in visitor.page.text
    async with visitor.firm.hub.ask(OPERATOR, Operation.REQUEST_READ) as ask:
        content, contact = await contents(ask, request_id)
        asker = await ask.value("SELECT asker FROM rights_request WHERE id = $1", request_id)
    assert (content["represented"], contact, asker) == ({"name": "Mika", "email": whom}, AGENT, Asker.AGENT)


async def test_the_proof_goes_with_it_and_the_answers_say_for_whom(visitor: Visitor) -> None:
    await ask_for_another(visitor)
    await visitor.open("ask/stop/check")
    for said in ("Mika", KNOWN, "Permission.pdf", AGENT, "They signed that I may"):
        assert said in visitor.page.text
    await visitor.open("ask/stop/code")
    await visitor.prove((await requests_of(visitor.firm))[-1])
    assert "Permission.pdf" in await visitor.open("requests/1/files")


async def test_once_staff_have_seen_the_proof_it_is_done(visitor: Visitor) -> None:
    await ask_for_another(visitor)
    request_id = (await requests_of(visitor.firm))[-1]
    await visitor.prove(request_id)
    hub, firm = visitor.firm.hub, visitor.firm

    async def appoint(act: Act) -> None:
        customer_id = await act.value(
            "SELECT customer_id FROM identifier WHERE organisation_id = $1 LIMIT 1", firm.id
        )
        new = NewRepresentative(customer_id, "AGENT", "Noor")
        link = await representing.propose(act, new, request_id, firm.id)
        await representing.confirm(act, link.id, "SIGNED_PERMISSION")

    await hub.perform(OPERATOR, Operation.REPRESENTATIVE_CHECK, appoint)
    assert await state(visitor) == ("ANSWERED", None)
    assert "Done: we have stopped" in await visitor.open("requests/1")


async def test_after_the_link_has_ended_the_request_is_absent(visitor: Visitor) -> None:
    await ask_for_another(visitor, "copy", COPY)
    request_id = (await requests_of(visitor.firm))[-1]
    await visitor.prove(request_id)
    firm = visitor.firm

    async def appoint_and_end(act: Act) -> None:
        customer_id = await act.value(
            "SELECT customer_id FROM identifier WHERE organisation_id = $1 LIMIT 1", firm.id
        )
        new = NewRepresentative(customer_id, "AGENT", "Noor")
        link = await representing.propose(act, new, request_id, firm.id)
        await representing.confirm(act, link.id, "POWER_OF_ATTORNEY")
        await representing.end(act, link.id, "PERMISSION_WITHDRAWN")

    await firm.hub.perform(OPERATOR, Operation.REPRESENTATIVE_CHECK, appoint_and_end)
    for place in ("requests/1", "requests/1/done", "requests/1/withdraw", "requests/1/files"):
        await visitor.open(place)
        assert visitor.page.status_code == 404, place
    assert "PH-" not in await visitor.open()


async def test_who_asks_for_themselves_after_all_is_asked_no_more(visitor: Visitor) -> None:
    await visitor.walk("stop", STOP)
    await visitor.open("ask/stop/who")
    await visitor.send({"who": "other"})
    assert visitor.place == "ask/stop/represent"
    await visitor.open("ask/stop/check")
    assert visitor.place == "ask/stop/represent"
    await visitor.open("ask/stop/who")
    await visitor.send({"who": "me"})
    assert visitor.place == "ask/stop/check"
    await visitor.send({})
    request_id = (await requests_of(visitor.firm))[-1]
    await visitor.prove(request_id)
    assert await visitor.state(request_id) == ("ANSWERED", None)


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"as": ""}, "as", "Choose why you may ask for them"), ({"as": "SELF"}, "as", "Choose why"),
        ({"name": " "}, "name", "Enter their name"), ({"name": "a\nb"}, "name", "Enter their name"),
        ({"for": "mika"}, "for", "Enter their email address in full"),
        ({"for": "a@b.example\r\nBcc: x@y.example"}, "for", "Enter their email address in full"),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_said_at_its_field(
    visitor: Visitor, changes: dict[str, str], field: str, said: str
) -> None:
    await visitor.walk("stop", STOP)
    await visitor.open("ask/stop/who")
    await visitor.send({"who": "nobody"})
    assert (visitor.page.status_code, "Choose for whom you ask" in visitor.page.text) == (422, True)
    await visitor.send({"who": "other"})
    await visitor.send({**FOR, **changes})
    assert (visitor.page.status_code, visitor.place) == (422, "ask/stop/represent")
    assert f'id="{field}-wrong"' in visitor.page.text
    assert said in visitor.page.text


@pytest.mark.parametrize("language", ["fr", "ar"])
async def test_every_page_of_it_speaks_the_readers_language(arrives: Arrives, language: str) -> None:
    visitor = arrives(language)
    await ask_for_another(visitor)
    assert visitor.place == "ask/stop/code"
    for place in ("ask/stop/who", "ask/stop/represent", "ask/stop/files"):
        await visitor.open(place)
        assert (visitor.page.status_code, visitor.place) == (200, place)
        assert "<title>" in visitor.page.text
