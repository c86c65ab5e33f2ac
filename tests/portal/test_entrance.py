"""Signing in at the portal: by a code or a link, the same for everybody until it has come back."""

from collections.abc import Callable
from datetime import timedelta

import asyncpg
import httpx
import pytest

from hub.actors import OPERATOR, Operation
from hub.identities import end_identifier
from hub.letters.sending import TASK
from portal.pages.answers import CODES_THERE
from portal.pages.entrance import SECONDS_MOST
from tests.domain.firm import Firm, email, events_of, external, found, phone
from tests.portal.test_visits import move_back
from tests.portal.visitor import COPY, HOME, KNOWN, STOP, UNKNOWN, Visitor, letter_to

Arrives = Callable[..., Visitor]


async def test_a_code_signs_in_and_the_cookie_is_a_new_one(visitor: Visitor, firm: Firm) -> None:
    await visitor.begin(KNOWN)
    assert visitor.place == "enter/code"
    before = visitor.http.cookies["visit"]
    await visitor.send({"code": await visitor.entrance_code(KNOWN)})
    assert visitor.place == ""
    assert "Your requests" in visitor.page.text
    assert visitor.http.cookies["visit"] != before
    async with thief(visitor, before) as http:
        assert (await http.get(f"{visitor.start}/held")).headers["location"] == f"{visitor.start}/enter"
    assert (await events_of(firm.hub, firm.people[0]))[-1] == "portal.signed_in"


def thief(visitor: Visitor, token: str) -> httpx.AsyncClient:
    """Somebody with a cookie that was seen earlier."""
    transport = visitor.http._transport
    return httpx.AsyncClient(transport=transport, base_url=HOME, cookies={"visit": token})


async def test_the_link_of_the_letter_shows_a_button_and_signs_in_once(
    visitor: Visitor, superuser: asyncpg.Connection
) -> None:
    await visitor.begin(KNOWN)
    link = await visitor.entrance_link(KNOWN)
    before = await superuser.fetch("SELECT * FROM portal_visit ORDER BY digest")
    for method in ("GET", "HEAD"):
        assert (await visitor.http.request(method, link)).status_code == 200
    assert await superuser.fetch("SELECT * FROM portal_visit ORDER BY digest") == before
    visitor.page = await visitor.http.get(link)
    await visitor.send({})
    assert (visitor.place, "Your requests" in visitor.page.text) == ("", True)
    await visitor.leave()
    await visitor.begin(KNOWN)
    visitor.page = await visitor.http.get(link)
    await visitor.send({})
    assert visitor.page.status_code == 422
    assert "This link does not work any more" in visitor.page.text


async def test_a_link_works_in_the_visit_that_asked_for_it_alone(visitor: Visitor, arrives: Arrives) -> None:
    await visitor.begin(KNOWN)
    link = await visitor.entrance_link(KNOWN)
    other = arrives()
    for _ in range(2):  # without a visit, and with an attempt of their own
        other.page = await other.http.get(link)
        await other.send({})
        assert (other.page.status_code, "This link does not work" in other.page.text) == (422, True)
        await other.open("held")
        assert other.place == "enter"
        await other.begin(UNKNOWN)
    visitor.page = await visitor.http.get(link)
    await visitor.send({})
    assert "Your requests" in visitor.page.text


async def test_a_new_code_ends_the_one_before_and_its_link(visitor: Visitor) -> None:
    await visitor.begin(KNOWN)
    code, link = await visitor.entrance_code(KNOWN), await visitor.entrance_link(KNOWN)
    await visitor.send({"again": "yes"})
    await visitor.send({"code": code})
    assert visitor.page.status_code == 422
    visitor.page = await visitor.http.get(link)
    await visitor.send({})
    assert visitor.page.status_code == 422
    await visitor.open("enter/code")
    await visitor.send({"code": await visitor.entrance_code(KNOWN)})
    assert "Your requests" in visitor.page.text


async def test_five_tries_and_ten_minutes(visitor: Visitor, superuser: asyncpg.Connection) -> None:
    await visitor.begin(KNOWN)
    digits = await visitor.entrance_code(KNOWN)
    wrong = f"{(int(digits) + 1) % 1_000_000:06d}"
    for left in (4, 3, 2, 1, 0):
        await visitor.send({"code": wrong})
        assert (visitor.page.status_code, f"Tries left: {left}." in visitor.page.text) == (422, True)
    await visitor.send({"code": digits})
    assert "This code does not work any more" in visitor.page.text
    await visitor.send({"again": "yes"})
    digits = await visitor.entrance_code(KNOWN)
    await move_back(superuser, "portal_code", ("sent_at", "expires_at"), timedelta(minutes=11))
    await visitor.send({"code": digits})
    assert "This code does not work any more" in visitor.page.text


async def test_the_code_of_one_visit_is_worth_nothing_in_another(visitor: Visitor, arrives: Arrives) -> None:
    other = arrives()
    await visitor.begin(KNOWN)
    digits = await visitor.entrance_code(KNOWN)
    await other.begin(KNOWN)
    await other.send({"code": digits})
    assert other.page.status_code == 422


async def test_nobody_we_know_is_told_so_only_after_the_code(visitor: Visitor) -> None:
    await visitor.begin(UNKNOWN)
    assert "We have just sent a code to" in visitor.page.text
    await visitor.send({"code": await visitor.entrance_code(UNKNOWN)})
    assert visitor.place == "enter/nobody"
    assert "This does not mean we hold nothing" in visitor.page.text
    await visitor.open("held")
    assert visitor.place == "enter"


async def test_who_asked_as_a_guest_finds_the_requests_of_the_address_again(
    visitor: Visitor, arrives: Arrives
) -> None:
    request_id = await visitor.ask("stop", STOP, email=UNKNOWN)
    await visitor.prove(request_id)
    later = arrives()
    await later.enter(UNKNOWN)
    await later.open()
    assert "We could not find you yet" in later.page.text
    assert (await later.http.get(f"{later.start}/requests/1")).status_code == 200
    await later.open(f"requests/{request_id}")
    assert later.page.status_code == 404


async def test_a_mailbox_of_several_asks_which_of_them_it_is(visitor: Visitor, firm: Firm) -> None:
    shared = "family@example.org"
    mother = await firm.customer(identifiers=[email(shared), external("crm", "HV-1")])
    await firm.customer(identifiers=[email(shared), external("crm", "HV-2"), phone("+61491570006")])
    await visitor.begin(shared)
    await visitor.send({"code": await visitor.entrance_code(shared)})
    assert visitor.place == "enter/which"
    for place in ("held", "visits", "fix"):
        assert (await visitor.http.get(f"{visitor.start}/{place}")).url.path.endswith("/enter")
    await visitor.open("enter/which")
    for said in ("HV-3", "", "x" * 101):
        await visitor.send({"number": said})
        assert (visitor.page.status_code, visitor.place) == (422, "enter/which")
    await visitor.send({"number": " hv-1 "})
    assert "Your requests" in visitor.page.text
    assert (await events_of(firm.hub, mother))[-1] == "portal.signed_in"


async def test_numbers_are_tried_a_few_times_only(visitor: Visitor, firm: Firm) -> None:
    for number in ("HV-8", "HV-9"):
        await firm.customer(identifiers=[email("both@example.org"), external("crm", number)])
    await visitor.begin("both@example.org")
    await visitor.send({"code": await visitor.entrance_code("both@example.org")})
    for _ in range(SECONDS_MOST):
        await visitor.send({"number": "HV-7"})
        assert visitor.page.status_code == 422
    await visitor.send({"number": "HV-8"})
    assert visitor.page.status_code == 429


async def test_letters_are_limited_for_an_address_together_with_those_of_requests(arrives: Arrives) -> None:
    for _ in range(CODES_THERE - 1):
        await arrives().begin(KNOWN)
    await arrives().ask("stop", STOP)
    late = arrives()
    await late.open("enter")
    await late.send({"email": KNOWN})
    assert late.page.status_code == 429
    await arrives(address="198.51.100.4").begin(KNOWN)


async def test_the_known_and_the_unknown_read_the_same_at_the_same_cost(
    arrives: Arrives, firm: Firm, superuser: asyncpg.Connection
) -> None:
    seen: dict[str, set[str]] = {KNOWN: set(), UNKNOWN: set()}
    for _ in range(2):
        for address, pages in seen.items():
            visitor = arrives()
            await visitor.begin(address)
            pages.add(visitor.masked(address))
            await visitor.send({"code": "000000"})
            pages.add(visitor.masked(address))
    assert seen[KNOWN] == seen[UNKNOWN]
    jobs = await superuser.fetch("SELECT args::text FROM procrastinate_jobs WHERE task_name = $1", TASK)
    assert len(jobs) >= 4
    assert await events_of(firm.hub, firm.people[0]) == ["customer.created"]


async def test_a_planted_cookie_is_never_signed_in(visitor: Visitor, arrives: Arrives) -> None:
    planter = arrives()
    await planter.begin(UNKNOWN)
    planted = planter.http.cookies["visit"]
    visitor.http.cookies.set("visit", planted, domain="localhost.local")
    await visitor.begin(KNOWN)
    await visitor.send({"code": await visitor.entrance_code(KNOWN)})
    assert "Your requests" in visitor.page.text
    async with thief(visitor, planted) as http:
        assert (await http.get(f"{visitor.start}/held")).headers["location"] == f"{visitor.start}/enter"


@pytest.mark.parametrize("way", ["sign out", "end all", "address ends", "idle", "too long"])
async def test_after_it_has_ended_the_old_cookie_opens_nothing(
    visitor: Visitor, firm: Firm, superuser: asyncpg.Connection, way: str
) -> None:
    await visitor.enter(KNOWN)
    token = visitor.http.cookies["visit"]
    if way == "sign out":
        answer = await visitor.leave()
        assert answer.headers["clear-site-data"] == '"cache", "cookies", "storage"'
    elif way == "end all":
        await visitor.open("visits")
        await visitor.send({"visit": "all"})
    elif way == "address ends":
        identifier = await superuser.fetchval(
            "SELECT id FROM identifier WHERE customer_id = $1", firm.people[0]
        )
        async with firm.hub.act(OPERATOR, Operation.CUSTOMER_CHANGE) as act:
            await end_identifier(act, identifier)
    elif way == "idle":
        await move_back(superuser, "portal_visit", ("begun_at", "seen_at"), timedelta(minutes=31))
    else:
        await move_back(superuser, "portal_visit", ("begun_at",), timedelta(hours=9))
    async with thief(visitor, token) as http:
        for place in ("held", "fix", "visits"):
            answer = await http.get(f"{visitor.start}/{place}")
            assert answer.headers["location"] == f"{visitor.start}/enter", place


async def test_visits_are_listed_and_each_is_ended_from_another(visitor: Visitor, arrives: Arrives) -> None:
    other = arrives()
    await other.enter(KNOWN)
    await visitor.enter(KNOWN)
    text = await visitor.open("visits")
    assert (text.count("This browser"), text.count("Another browser")) == (1, 1)
    await visitor.send({"visit": visitor.others()[0]})
    assert "Another browser" not in visitor.page.text
    await other.open("held")
    assert other.place == "enter"


async def test_anothers_visit_cannot_be_ended(visitor: Visitor, arrives: Arrives, firm: Firm) -> None:
    await firm.customer(identifiers=[email("kim@example.org")])
    other = arrives()
    await other.enter("kim@example.org")
    await other.open("visits")
    theirs = other.value("visit")
    await visitor.enter(KNOWN)
    for said in (theirs, "x", ""):
        await visitor.open("visits")
        await visitor.send({"visit": said})
    await other.open("held")
    assert other.place == "held"


async def test_a_visit_to_one_house_is_none_to_another(visitor: Visitor, firm: Firm) -> None:
    await visitor.enter(KNOWN)
    other = await found(firm.hub)
    answer = await visitor.http.get(f"/o/firm-{other.id}/en/held")
    assert answer.url.path == f"/o/firm-{other.id}/en/enter"


async def test_no_letter_names_an_address_of_ours_with_what_was_typed(visitor: Visitor) -> None:
    await visitor.begin(KNOWN)
    letter = await letter_to(visitor.firm, KNOWN)
    assert "mean that we hold anything" in letter
    assert KNOWN not in await visitor.entrance_link(KNOWN)


async def test_guests_still_ask_as_before(visitor: Visitor) -> None:
    await visitor.prove(await visitor.ask("copy", COPY))
    assert visitor.place == "requests/1/done"
