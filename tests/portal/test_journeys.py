"""A guest asks, stops, objects and complains by pages alone; what comes of it stands in the hub."""

from datetime import date
from html import escape

import httpx
import pytest

from hub import asgi, purposes
from hub.act import Act, Hub
from hub.actors import OPERATOR, Operation
from hub.db import new_id
from hub.policy.values import Jurisdiction
from hub.readiness import Readiness
from hub.rights import clocks, conduct, reasons, requests, sealed
from hub.rights.clocks import Dates
from hub.rights.values import Kind
from portal.wording import day
from tests.domain.firm import Firm, found
from tests.portal.visitor import COPY, HOME, KNOWN, STOP, UNKNOWN, Visitor, requests_of


async def test_home_offers_four_things_and_leads_to_questions(visitor: Visitor) -> None:
    text = await visitor.open()
    assert visitor.page.status_code == 200
    for said in ("See what we hold", "Fix something", "Ask us to delete or stop", "See who has used it"):
        assert said in text
    assert "set-cookie" not in visitor.page.headers


async def test_marketing_is_stopped_at_once_by_the_code(visitor: Visitor) -> None:
    request_id = await visitor.ask("stop", STOP)
    assert await visitor.state(request_id) == ("VERIFYING", None)
    await visitor.prove(request_id)
    assert visitor.place == "requests/1/done"
    assert "Done: we have stopped" in visitor.page.text
    assert await visitor.state(request_id) == ("ANSWERED", None)


async def test_a_copy_has_a_reference_a_day_and_a_status_page(visitor: Visitor) -> None:
    request_id = await visitor.ask("copy", COPY)
    await visitor.prove(request_id)
    assert visitor.place == "requests/1/done"
    due = clocks.clock([Jurisdiction.AU], Kind.ACCESS, Dates(date.fromisoformat(await received(visitor)))).due
    assert due
    assert f'We will reply by <time datetime="{due}">{day("en", due)}</time>.' in visitor.page.text
    calendar = await visitor.http.get(f"{visitor.start}/requests/1/due.ics")
    assert calendar.headers["content-type"].startswith("text/calendar")
    assert f"DTSTART;VALUE=DATE:{due:%Y%m%d}\r\n" in calendar.text
    text = await visitor.open("requests/1")
    assert text.count('aria-current="step"') == 1
    assert "the law wants us to be surer that it is you" in text


async def received(visitor: Visitor) -> str:
    async with visitor.firm.hub.ask(OPERATOR, Operation.REQUEST_READ) as ask:
        sql = "SELECT max(received_on) FROM rights_request WHERE organisation_id = $1"
        return str(await ask.value(sql, visitor.firm.id))


async def test_whom_we_do_not_know_is_told_so_only_after_the_code(visitor: Visitor) -> None:
    request_id = await visitor.ask("stop", STOP, email=UNKNOWN)
    assert "could not find you" not in visitor.page.text
    await visitor.prove(request_id)
    assert await visitor.state(request_id) == ("PAUSED", "OTHER_DETAILS")
    assert "We could not find you with those details" in visitor.page.text
    assert "This does not mean we hold nothing." in visitor.page.text
    await visitor.open("ask/stop/email")
    await visitor.send({"email": KNOWN})
    await visitor.send({})
    second = (await requests_of(visitor.firm))[-1]
    await visitor.prove(second)
    assert visitor.place == "requests/2/done"
    assert await visitor.state(second) == ("ANSWERED", None)


async def test_deleting_says_first_what_may_stay(visitor: Visitor) -> None:
    answers = (
        ("place", {"place": "UK"}), ("remedy", {"remedy": "DELETION"}), ("stays", {"stays": "yes"}),
        ("words", {"words": ""}), ("email", {"email": KNOWN}),
    )  # fmt: skip
    await visitor.open("ask/stop/place")
    await visitor.send({"place": "UK"})
    text = visitor.page.text
    assert text.index("Stop marketing") < text.index("Delete your information")
    await visitor.send({"remedy": "DELETION"})
    assert visitor.place == "ask/stop/stays"
    for ground in reasons.exceptions(Jurisdiction.UK):
        assert escape(reasons.reason(ground.code).customer) in visitor.page.text
    request_id = await visitor.ask("stop", answers)
    await visitor.prove(request_id)
    assert (await visitor.state(request_id))[0] in {"OPEN", "PAUSED"}


async def test_what_can_be_stopped_depends_on_the_place(visitor: Visitor) -> None:
    await visitor.open("ask/stop/place")
    await visitor.send({"place": "US_CA"})
    assert "Limit the use of sensitive information" in visitor.page.text
    await visitor.send({"remedy": "LIMIT_SENSITIVE"})
    assert visitor.place == "ask/stop/email"
    await visitor.open("ask/stop/place")
    await visitor.send({"place": "AU"})
    assert visitor.place == "ask/stop/remedy"
    assert "Limit the use of sensitive information" not in visitor.page.text
    await visitor.send({"remedy": "LIMIT_SENSITIVE"})
    assert visitor.page.status_code == 422
    assert "Choose what we should do" in visitor.page.text


async def test_where_nobody_can_object_another_way_is_named(visitor: Visitor) -> None:
    await visitor.open("ask/object/place")
    await visitor.send({"place": "US_CA"})
    assert visitor.page.status_code == 422
    assert "There you can ask us to stop sharing instead" in visitor.page.text
    assert 'value="US_CA" checked' in visitor.page.text


async def test_a_yes_is_taken_back_for_one_use_and_no_answer_stays_behind(visitor: Visitor) -> None:
    purpose = str(visitor.firm.purposes[0])
    for said in ({"place": "UK"}, {"remedy": "WITHDRAW_CONSENT"}):
        await visitor.open(f"ask/stop/{next(iter(said))}")
        await visitor.send(said)
    assert visitor.place == "ask/stop/purpose"
    assert "We save you a search." in visitor.page.text
    for said in ({"purpose": purpose}, {"email": KNOWN}, {}):
        await visitor.send(said)
    assert await content_of(visitor) == ("WITHDRAW_CONSENT", purpose)
    await visitor.open("ask/stop/remedy")
    for said in ({"remedy": "STOP_MARKETING"}, {}):
        await visitor.send(said)
    assert await content_of(visitor) == ("STOP_MARKETING", None)


async def content_of(visitor: Visitor) -> tuple[str, str | None]:
    """Which right the newest request is, and about which purpose."""
    async with visitor.firm.hub.ask(OPERATOR, Operation.REQUEST_READ) as ask:
        newest = (await requests_of(visitor.firm))[-1]
        content, _ = await sealed.contents(ask, newest)
        return (await requests.read(ask, newest)).kind, content["purpose_id"]


async def surveys(firm: Firm) -> str:
    """A use that is not marketing."""
    new = purposes.NewPurpose(
        f"p-{new_id().hex}", "OTHER", {"en": "Surveys"}, ["contact"], organisation=firm.id
    )
    async with firm.hub.act(OPERATOR, Operation.CATALOGUE_WRITE) as act:
        return str((await purposes.define(act, new)).id)


async def test_an_objection_asks_why_and_stops_at_once(visitor: Visitor) -> None:
    purpose = await surveys(visitor.firm)
    answers = (
        ("place", {"place": "UK"}), ("purpose", {"purpose": purpose}), ("words", {"words": ""}),
        ("email", {"email": KNOWN}),
    )  # fmt: skip
    request_id = await visitor.ask("object", answers)
    await visitor.prove(request_id)
    assert await visitor.state(request_id) == ("DECIDING", None)
    assert "We have stopped while we look at this." in visitor.page.text


@pytest.mark.parametrize("place", ["UK", "EU"])
async def test_an_objection_to_marketing_asks_no_reason_and_is_done_at_once(
    visitor: Visitor, place: str
) -> None:
    purpose = str(visitor.firm.purposes[0])
    await visitor.open("ask/object/place")
    await visitor.send({"place": place})
    await visitor.send({"purpose": purpose})
    assert visitor.place == "ask/object/email"
    await visitor.send({"email": KNOWN})
    await visitor.send({})
    request_id = (await requests_of(visitor.firm))[-1]
    await visitor.prove(request_id)
    assert await content_of(visitor) == ("STOP_MARKETING", purpose)
    assert await visitor.state(request_id) == ("ANSWERED", None)
    assert "Done: we have stopped" in visitor.page.text


@pytest.mark.parametrize(
    ("journey", "said"),
    [
        ("fix", {"words": "My number ends in 06."}),
        ("complain", {"words": "Nobody answered.", "wanted": "A reply."}),
    ],
)
async def test_what_is_written_is_kept_sealed_as_it_was_written(
    visitor: Visitor, journey: str, said: dict[str, str]
) -> None:
    answers = (("words", said), ("place", {"place": "AU"}), ("email", {"email": KNOWN}))
    request_id = await visitor.ask(journey, answers)
    async with visitor.firm.hub.ask(OPERATOR, Operation.REQUEST_READ) as ask:
        content, contact = await sealed.contents(ask, request_id)
    assert content["text"] == "\n\n".join(said.values())
    assert contact == KNOWN
    await visitor.prove(request_id)
    assert visitor.place == "requests/1/done"


async def test_only_what_was_ticked_is_asked_for(visitor: Visitor) -> None:
    await visitor.open("ask/copy/topics")
    await visitor.send({"which": "some"})
    assert "Tick what you want a copy of" in visitor.page.text
    await visitor.send({"which": "some", "topics": ["contact", "financial", "never-heard-of"]})
    for said in ({"place": "UK"}, {"email": KNOWN}, {"words": ""}, {}):
        await visitor.send(said)
    async with visitor.firm.hub.ask(OPERATOR, Operation.REQUEST_READ) as ask:
        content, _ = await sealed.contents(ask, (await requests_of(visitor.firm))[-1])
    assert sorted(content["topics"]) == ["contact", "financial"]


async def test_a_request_is_taken_back_once_it_was_asked_for(visitor: Visitor) -> None:
    request_id = await visitor.ask("copy", COPY)
    await visitor.prove(request_id)
    await visitor.open("requests/1/withdraw")
    await visitor.send({})
    assert visitor.place == "requests/1"
    assert "You have taken your request back" in visitor.page.text
    assert await visitor.state(request_id) == ("WITHDRAWN", None)
    await visitor.open("requests/1/withdraw")
    assert visitor.place == "requests/1"
    assert (await visitor.http.get(f"{visitor.start}/requests/1/due.ics")).status_code == 200


async def test_a_message_from_us_is_read_on_the_status_page_and_a_note_is_not(visitor: Visitor) -> None:
    request_id = await visitor.ask("copy", COPY)
    await visitor.prove(request_id)

    async def write(act: Act) -> None:
        await conduct.say(act, request_id, "We found <b>two</b> files.", is_private=False)
        await conduct.say(act, request_id, "Looks odd to me.", is_private=True)

    await visitor.firm.hub.perform(OPERATOR, Operation.REQUEST_CONDUCT, write)
    text = await visitor.open("requests/1")
    assert "We found &lt;b&gt;two&lt;/b&gt; files." in text
    assert "odd" not in text


async def test_what_is_added_stands_among_the_messages_as_the_customers_own(visitor: Visitor) -> None:
    request_id = await visitor.ask("copy", COPY)
    await visitor.prove(request_id)
    await visitor.open("requests/1")
    await visitor.send({"add": " "})
    assert (visitor.page.status_code, "Write what you want to add" in visitor.page.text) == (422, True)
    await visitor.send({"add": "I was <b>Mika</b> Lund then."})
    assert visitor.place == "requests/1"
    assert "<p>You, <time" in visitor.page.text
    assert "I was &lt;b&gt;Mika&lt;/b&gt; Lund then." in visitor.page.text
    assert (await visitor.events(request_id))[-1] == "SAID"
    await visitor.prove(await visitor.ask("stop", STOP))
    await visitor.open("requests/2")
    assert "Add to your request" not in visitor.page.text


async def test_one_house_is_found_by_the_readers_language(firm: Firm, visitor: Visitor) -> None:
    listed = await visitor.http.get("/o", headers={"accept-language": "fr"})
    assert listed.text.count('href="/o/') == listed.text.count('/fr">') > 0
    sent = await visitor.http.get(f"/o/firm-{firm.id}", headers={"accept-language": "ar"})
    assert sent.url.path == f"/o/firm-{firm.id}/ar"
    houses = ("nobody", "%00", "%ED%A0%80", "é", "a%2F..%2Fb", "HARBOUR", "x" * 5_000)
    pages = (
        "ask/%00/place",
        "ask/nothing/place",
        "ask/copy/remedy",
        "ask/copy/nothing",
        "requests/%00",
        "nothing",
    )
    for nowhere in (
        f"/o/firm-{firm.id}/de",
        *(f"/o/{house}" for house in houses),
        *(f"/o/{house}/en" for house in houses),
        *(f"{visitor.start}/{page}" for page in pages),
    ):
        assert (await visitor.http.get(nowhere)).status_code == 404, nowhere


async def test_a_hub_with_one_house_leads_to_it(fresh_hub: Hub) -> None:
    site = asgi.create_app(fresh_hub, Readiness(fresh_hub, []))
    transport = httpx.ASGITransport(site)
    async with httpx.AsyncClient(transport=transport, base_url=HOME) as http:
        assert "No organisation is set up here yet" in (await http.get("/o")).text
        made = await found(fresh_hub)
        assert (await http.get("/o")).headers["location"] == f"/o/firm-{made.id}/en"
