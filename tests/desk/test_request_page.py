"""A request's page: what is next, the deeds with their letters, each done once, and what is wrong at its field."""

import asyncio
import re
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.rights import conduct
from hub.rights.requests import Request
from hub.rights.timing import local_day
from tests.desk.colleague import HOME, Colleague, fresh_codes
from tests.desk.conftest import Joins
from tests.domain.firm import Firm, email, found, name
from tests.rights.desk import Desk
from tests.rights.test_fulfilling import by_hand, work

MIKA = "mika@example.org"


async def known(firm: Firm, address: str = MIKA) -> UUID:
    """A customer with a name and an address."""
    return await firm.customer(identifiers=[email(address)], profile=[name("Mika Lindqvist")])


async def letters(firm: Firm, request: Request) -> list[str]:
    """Which letters a request has queued."""
    async with firm.hub.ask(OPERATOR, Operation.LETTER_READ) as ask:
        rows = await ask.rows("SELECT template FROM letter WHERE request_id = $1 ORDER BY id", request.id)
    return [row["template"] for row in rows]


async def do(ruth: Colleague, request: Request, deed: str, **fields: str) -> int:
    """Fill in the form of a deed; returns the status."""
    await ruth.open(f"requests/{request.reference}/{deed}")
    return (await ruth.send(fields)).status_code


async def test_the_page_says_what_is_next_and_leads_there(ruth: Colleague, desk: Desk) -> None:
    request = await desk.receive(await known(desk.firm), "DELETION", text="I have moved away.")
    await ruth.open(f"requests/{request.reference}")
    assert "Next: decide" in ruth.text
    assert f'href="{ruth.start}/requests/{request.reference}/approve"' in ruth.page.text
    assert "M*** L***" in ruth.page.text
    for secret in ("Lindqvist", MIKA, "I have moved away"):
        assert secret not in ruth.page.text


async def test_the_page_says_what_the_law_wants_minded_besides_its_days(ruth: Colleague, desk: Desk) -> None:
    told = {
        (
            "US_CA",
            "ACCESS",
        ): "Where identity cannot be verified, deny specific pieces and answer as for categories",
        ("US_CA", "DELETION"): "Where identity cannot be verified, deny it and offer the opt-out of sale",
        ("AU", "ACCESS"): "Before refusing, offer a middle way",
    }
    for (place, kind), says in told.items():
        customer_id = await desk.firm.customer(
            jurisdictions=[place], identifiers=[email(f"{kind}@example.org")]
        )
        request = await desk.receive(customer_id, kind)
        await ruth.open(f"requests/{request.reference}")
        assert f"<li>{says}" in ruth.page.text
    plain = await desk.receive(await known(desk.firm), "RECTIFICATION", changes={"name": "Mika"})
    await ruth.open(f"requests/{plain.reference}")
    assert "What the law wants minded" not in ruth.page.text


async def test_a_search_by_reference_leads_to_the_request(ruth: Colleague, desk: Desk) -> None:
    request = await desk.receive(await known(desk.firm), "COMPLAINT", text="x")
    ruth.page = await ruth.http.get(f"{ruth.start}?ref={request.reference.lower()}")
    assert ruth.place == f"requests/{request.reference}"


async def test_a_refusal_is_previewed_as_sent_and_then_sent_once(ruth: Colleague, desk: Desk) -> None:
    request = await desk.receive(await known(desk.firm), "RECTIFICATION", text="x", changes={"name": "Mika"})
    assert await do(ruth, request, "refuse", choice="", message="") == 422
    assert 'id="choice-wrong"' in ruth.page.text
    ground = re.findall(r'<option value="([A-Z_]+)"', ruth.page.text)[0]
    assert (await ruth.send({"choice": ground, "message": ""})).status_code == 200
    assert "The letter, as it will be sent" in ruth.text
    assert f"About your request {request.reference}" in ruth.text or request.reference in ruth.text
    assert await letters(desk.firm, request) == ["rights_received"]
    said = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", ruth.page.text, re.DOTALL)
    assert said
    assert said[1]
    sent = {"form": ruth.key(), "choice": ground, "message": "We keep it as it is.", "do": "send"}
    path = ruth.page.url.path
    answers = await asyncio.gather(
        *(ruth.http.post(path, data=sent, headers={"origin": HOME}) for _ in range(4))
    )
    assert {each.status_code for each in answers} == {200}
    assert await letters(desk.firm, request) == ["rights_received", "rights_refused"]
    assert (await desk.kinds(request)).count("REFUSED") == 1


async def test_a_message_is_previewed_and_mailed_and_a_note_is_neither(ruth: Colleague, desk: Desk) -> None:
    request = await desk.receive(await known(desk.firm), "COMPLAINT", text="x")
    await ruth.open(f"requests/{request.reference}")
    await ruth.send({"message": "We are looking at it."}, to=f"requests/{request.reference}/say")
    assert "We are looking at it." in ruth.text
    assert await letters(desk.firm, request) == ["rights_received"]
    await ruth.send({"message": "We are looking at it.", "do": "send"})
    assert ruth.place == f"requests/{request.reference}"
    await ruth.send({"message": "They called twice."}, to=f"requests/{request.reference}/note")
    assert await letters(desk.firm, request) == ["rights_received", "rights_message"]
    events = await desk.events(request)
    assert [(each.kind, each.is_private, each.actor_kind) for each in events[-2:]] == [
        ("SAID", False, "staff"), ("NOTED", True, "staff"),
    ]  # fmt: skip


async def test_more_time_is_taken_with_a_reason_until_a_day_that_is_shown(
    ruth: Colleague, desk: Desk
) -> None:
    customer = await desk.firm.customer(jurisdictions=["EU"], identifiers=[email(MIKA)])
    request = await desk.receive(customer, "ACCESS")
    await ruth.open(f"requests/{request.reference}/extend")
    await ruth.send({"choice": "COMPLEXITY", "message": ""})
    day = re.search(r"(\d{1,2} [A-Z][a-z]+ 20\d\d)", ruth.text.partition("as it will be sent")[2])
    assert day
    await ruth.send({"choice": "COMPLEXITY", "message": "It covers four systems.", "do": "send"})
    extended = await desk.read(request)
    assert extended.extended_at
    assert extended.due_on
    assert f"{extended.due_on.day} {extended.due_on:%B %Y}" == day[1]
    await ruth.open(f"requests/{request.reference}/extend")
    assert "This cannot be done with the request as it stands now." in ruth.text
    assert (await desk.kinds(request)).count("EXTENDED") == 1


async def test_pausing_holding_going_on_and_taking_back(ruth: Colleague, desk: Desk) -> None:
    request = await desk.receive(await known(desk.firm), "DELETION")
    assert await do(ruth, request, "pause", choice="CLARIFICATION", message="Which house?", do="send") == 200
    assert (await desk.read(request)).waiting_for == "CLARIFICATION"
    await ruth.open(f"requests/{request.reference}")
    assert "Next: wait for the customer" in ruth.text
    await desk.do(conduct.resume, request.id)
    assert await do(ruth, request, "hold", choice="LEGAL_CLAIM") == 200
    assert (await desk.read(request)).state == "HELD"
    assert await do(ruth, request, "resume") == 200
    assert (await desk.read(request)).state == "DECIDING"
    assert await do(ruth, request, "withdraw") == 200
    assert (await desk.read(request)).state == "WITHDRAWN"
    await ruth.open(f"requests/{request.reference}")
    assert "This request has ended." in ruth.text


async def test_a_restriction_is_lifted_by_a_letter_that_says_when_and_can_be_kept(
    ruth: Colleague, desk: Desk
) -> None:
    request = await desk.receive(await known(desk.firm), "RESTRICTION")
    await by_hand(desk, request)
    await work(desk, request)
    await ruth.open(f"requests/{request.reference}")
    assert f'href="{ruth.start}/requests/{request.reference}/lift"' in ruth.page.text
    assert await do(ruth, request, "lift", message="It is right now.") == 200
    preview = ruth.text.partition("as it will be sent")[2]
    day = re.search(r"(\d{1,2} [A-Z][a-z]+ 20\d\d)", preview)
    assert day
    assert "It is right now." in preview
    assert (await ruth.send({"message": "It is right now.", "do": "send"})).status_code == 200
    lifting = await desk.read(request)
    assert lifting.cools_until
    on = local_day(request.jurisdictions[0], lifting.cools_until)
    days = {
        f"{each.day} {each:%B %Y}" for each in (on, on - timedelta(days=1))
    }  # it may be midnight between the two
    assert (lifting.state, day[1] in days) == ("LIFTING", True)
    assert "Being lifted" in ruth.text
    assert await do(ruth, request, "keep") == 200
    assert (await desk.read(request)).state == "ANSWERED"
    assert (await letters(desk.firm, request))[-2:] == ["rights_message", "rights_message"]


async def test_what_cannot_be_undone_asks_for_a_new_code_and_gives_a_new_cookie(
    ruth: Colleague, desk: Desk, superuser: asyncpg.Connection
) -> None:
    request = await desk.receive(await known(desk.firm), "DELETION")
    back = "now() - interval '11 minutes'"
    await superuser.execute(
        f"UPDATE staff_sign_in SET begun_at = {back}, proved_at = {back} WHERE staff_id = $1", ruth.account.id
    )
    assert await do(ruth, request, "approve") == 422
    assert 'id="code-wrong"' in ruth.page.text
    assert (await ruth.send({"code": "000000"})).status_code == 422
    assert (await desk.read(request)).state == "DECIDING"
    old = ruth.cookie
    await fresh_codes(ruth, superuser)
    assert (await ruth.send({"code": await ruth.code()})).status_code == 200
    assert (await desk.read(request)).state == "COOLING_OFF"
    assert ruth.cookie != old
    ruth.http.cookies.clear()
    ruth.http.cookies.set("desk", old)
    await ruth.open()
    assert ruth.place == "sign-in"


async def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(
    ruth: Colleague, desk: Desk
) -> None:
    request = await desk.receive(await known(desk.firm), "COMPLAINT", text="x")
    before = await desk.kinds(request)
    for fields, field in (
        ({"message": ""}, "message"), ({"message": "x" * 4_001, "do": "send"}, "message"),
        ({"message": "a\0b"}, "message"),
        ({"message": "\u202eevil", "do": "preview"}, "message"),
    ):  # fmt: skip
        assert await do(ruth, request, "answer", **fields) == 422, fields
        assert f'id="{field}-wrong"' in ruth.page.text
    assert await do(ruth, request, "pause", choice="NO_SUCH", message="x", do="send") == 422
    assert await desk.kinds(request) == before
    await ruth.open(f"requests/{request.reference}/refuse")
    assert "This cannot be done with the request as it stands now." in ruth.text
    assert await do(ruth, request, "pause", choice="CLARIFICATION", message="") == 422
    assert '<option value="CLARIFICATION" selected>' in ruth.page.text


@pytest.mark.parametrize(
    "place", ["requests/PH-0000-0000", "requests/%00", "requests/x/answer", "requests/PH-0000-0000/nonsense",
              "tasks/x", "tasks/0199a7c0-5b1e-7cc2-9f0a-2f6d6a0c1d2e"],
)  # fmt: skip
async def test_what_is_not_there_is_not_found(ruth: Colleague, place: str) -> None:
    await ruth.open(place)
    assert ruth.page.status_code == 404


async def test_another_firms_request_and_its_steps_are_absent(ruth: Colleague, hub: Hub) -> None:
    other = Desk(await found(hub))
    request = await other.receive(await other.firm.customer(), "RESTRICTION")
    [task, *_] = await steps_of(other, request)
    for place in (f"requests/{request.reference}", f"requests/{request.reference}/answer", f"tasks/{task}"):
        await ruth.open(place)
        assert ruth.page.status_code == 404, place
    mine = await Desk(ruth.firm).receive(await known(ruth.firm), "RESTRICTION")
    await ruth.open(f"requests/{mine.reference}")
    key = ruth.key(f"requests/{mine.reference}/note")
    answer = await ruth.post(f"{ruth.start}/requests/{request.reference}/note", {"form": key, "message": "x"})
    assert answer.status_code == 404
    assert "NOTED" not in await other.kinds(request)


async def steps_of(desk: Desk, request: Request) -> list[UUID]:
    async with desk.firm.hub.ask(OPERATOR, Operation.REQUEST_READ) as ask:
        rows = await ask.rows(
            "SELECT id FROM rights_step WHERE request_id = $1 ORDER BY kind DESC", request.id
        )
    return [row["id"] for row in rows]


async def test_a_reader_reads_and_conducts_nothing(joins: Joins, desk: Desk) -> None:
    reader = await joins("reader", name="Sam Lee")
    await reader.sign_in()
    request = await desk.receive(await known(desk.firm), "COMPLAINT", text="x")
    await reader.open(f"requests/{request.reference}")
    assert reader.page.status_code == 200
    assert f"{request.reference}/" not in reader.page.text
    before = await desk.kinds(request)
    for place in ("answer", "confirm", "note"):
        await reader.open(f"requests/{request.reference}/{place}")
        assert reader.page.status_code == 403, place
    for place in ("note", "look", "answer"):
        answer = await reader.post(f"{reader.start}/requests/{request.reference}/{place}", {"form": "x"})
        assert answer.status_code == 403, place
    assert await desk.kinds(request) == before
    await reader.open("team")
    assert reader.page.status_code == 403


async def test_hostile_words_are_words(ruth: Colleague, desk: Desk) -> None:
    canary = '<script>alert(1)</script><img src=x onerror="alert(2)">{{7*7}}'
    customer = await desk.firm.customer(identifiers=[email(MIKA)], profile=[name(canary)])
    request = await desk.receive(customer, "COMPLAINT", text=canary)
    await ruth.open(f"requests/{request.reference}")
    await ruth.send({"message": canary}, to=f"requests/{request.reference}/note")
    await ruth.send({"reason": "HANDLING"}, to=f"requests/{request.reference}/look")
    await ruth.open(f"requests/{request.reference}/say")
    await ruth.send({"message": canary})
    for text in (ruth.page.text, await ruth.open(f"requests/{request.reference}")):
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "&lt;script&gt;alert(1)" in text
    assert "script-src" not in ruth.page.headers["content-security-policy"]
    assert "default-src 'none'" in ruth.page.headers["content-security-policy"]
