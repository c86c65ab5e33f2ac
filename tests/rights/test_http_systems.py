"""A request over a system behind HTTP: asked with a signature, answered now or later, and by nobody else."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio
from aiohttp import web

from hub import asgi
from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.db import SERVER_SETTINGS, new_id
from hub.errors import Code
from hub.readiness import Readiness
from hub.rights import conduct, fulfilling, systems
from hub.rights.outcomes import Step, StepState
from hub.rights.reaching import Reach
from hub.rights.requests import Request
from hub.rights.states import State
from hub.rights.systems import NewSystem
from tests.connectors.test_http import DOCS, PLACE, SHOWN, Answers
from tests.rights.desk import Desk
from tests.rights.test_fulfilling import by_hand, planned
from tests.rights.test_workers import anna, worked
from workers import rights
from workers.answering import ANSWERS_PATH

DONE = {"outcome": "done", "places": [PLACE | {"fields": {"is_muted": "restricted"}}]}


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Answers]:
    """Somebody's service."""
    answers = Answers()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answers.take)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    answers.port = runner.addresses[0][1]
    yield answers
    await runner.cleanup()


@dataclass
class Service:
    """The service as it answers later, over the hub's own door."""

    http: httpx.AsyncClient
    server: Answers

    def given(self) -> tuple[str, str]:
        """Where to answer the last call, and with which token."""
        callback = json.loads(self.server.asked[-1][1])["data"]["callback"]
        return callback["url"].partition(ANSWERS_PATH)[2], callback["token"]

    async def answers(self, said: Any, *, place: str | None = None, token: str | None = None) -> int:
        """Post an answer; returns the status."""
        where, shown = self.given()
        content = said if isinstance(said, bytes) else json.dumps(said).encode()
        headers = {"authorization": f"Bearer {shown if token is None else token}"}
        answer = await self.http.post(ANSWERS_PATH + (place or where), content=content, headers=headers)
        return answer.status_code


@pytest_asyncio.fixture
async def service(desk: Desk, server: Answers) -> AsyncIterator[Service]:
    """The service, which can reach the hub."""
    hub = desk.firm.hub
    transport = httpx.ASGITransport(asgi.create_app(hub, Readiness(hub, [])))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as http:
        yield Service(http, server)


async def connect(desk: Desk, port: int, **reach: Any) -> None:
    """Connect the service, as an operator does who lets it lie on this machine."""
    allowed: dict[str, Any] = {"allows_own_networks": True, "allows_http": True, **reach}
    where = Reach(f"http://127.0.0.1:{port}/", (SHOWN,), **allowed)
    new = NewSystem("news", "Newsletter", "HTTP", where, (DOCS / "newsletter.yml").read_text("utf-8"), ())
    async with desk.firm.hub.act(OPERATOR, Operation.SYSTEM_CONNECT) as act:
        await systems.connect(act, new, desk.firm.id)


async def asked(desk: Desk, service: Service) -> tuple[Request, Step]:
    """A restriction of which the service says that it will answer later."""
    await connect(desk, service.server.port)
    service.server.says(status=202)
    request = await desk.receive(await anna(desk), "RESTRICTION")
    return request, (await worked(desk, request))["Newsletter"]


async def again(desk: Desk, request: Request) -> Step:
    """The step as it stands."""
    return next(each for each in await planned(desk, request) if each.name == "Newsletter")


async def test_a_service_that_answers_at_once_is_a_step_like_another(desk: Desk, server: Answers) -> None:
    await connect(desk, server.port)
    server.says(json.dumps(DONE))
    request = await desk.receive(await anna(desk), "RESTRICTION")
    news = (await worked(desk, request))["Newsletter"]
    assert (news.state, news.attempts) == (StepState.DONE, 1)
    assert news.evidence is not None
    assert news.evidence["places"][0]["fields"] == {"is_muted": "restricted"}
    assert (await desk.read(request)).state is State.ANSWERED


async def test_an_answer_that_comes_later_ends_the_step_and_the_request(desk: Desk, service: Service) -> None:
    request, step = await asked(desk, service)
    assert (step.state, step.next_at is not None) == (StepState.WAITING_ON_OTHERS, True)
    assert await service.answers(DONE) == 204
    assert (await again(desk, request)).state is StepState.DONE
    assert (await desk.read(request)).state is State.ANSWERED


async def test_an_answer_that_is_repeated_is_thanked_for_and_noted_once(desk: Desk, service: Service) -> None:
    request, _ = await asked(desk, service)
    assert [await service.answers(DONE) for _ in range(3)] == [204, 204, 204]
    assert (await desk.kinds(request)).count("STEP_SETTLED") == 2  # its own, and the hub's
    assert await service.answers({"outcome": "nothing"}) == 204
    assert (await again(desk, request)).state is StepState.DONE


async def test_an_answer_after_the_end_changes_nothing(desk: Desk, service: Service) -> None:
    await connect(desk, service.server.port)
    service.server.says(status=202)
    request = await desk.receive(await anna(desk), "ACCESS")
    await worked(desk, request)
    await desk.do(conduct.withdraw, request.id)
    before = await desk.kinds(request)
    assert await service.answers(DONE) == 204
    assert await desk.kinds(request) == before
    assert (await again(desk, request)).state is StepState.WAITING_ON_OTHERS


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"[" * 100_000,
        {"outcome": "done"},
        DONE | {"is_dry_run": True},
        {"outcome": "refused", "code": "x"},
    ],
)
async def test_garbage_is_no_answer(desk: Desk, service: Service, said: Any) -> None:
    request, _ = await asked(desk, service)
    before = await desk.kinds(request)
    assert await service.answers(said) == 422
    assert await desk.kinds(request) == before
    assert await service.answers(DONE) == 204


async def test_a_forged_answer_changes_nothing_and_reads_the_same_for_every_step(
    desk: Desk, service: Service
) -> None:
    request, step = await asked(desk, service)
    own = next(each for each in await planned(desk, request) if each.name == "Privacy Hub")
    before, (where, token) = await desk.kinds(request), service.given()
    tries = [
        (where, ""), (where, "A" * 43), (where, token[:-1]), (where, token + "A"), (f"/{own.id}", token),
        (f"/{new_id()}", token), ("/nobody", token), (f"/{str(step.id).upper()}", "A" * 43),
    ]  # fmt: skip
    assert {await service.answers(DONE, place=place, token=each) for place, each in tries} == {401}
    for headers in ({}, {"authorization": token}, {"authorization": f"Basic {token}"}):
        answer = await service.http.post(ANSWERS_PATH + where, json=DONE, headers=headers)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert await desk.kinds(request) == before


async def test_an_answer_about_a_system_whose_description_is_broken_notes_nothing(
    desk: Desk, service: Service, superuser: asyncpg.Connection
) -> None:
    request, step = await asked(desk, service)
    broken = "UPDATE connected_system SET dataset = 'dataset: {' WHERE id = $1"
    await superuser.execute("SET session_replication_role = replica")
    await superuser.execute(broken, step.system_id)
    await superuser.execute("SET session_replication_role = origin")
    before = await desk.kinds(request)
    assert await service.answers(DONE) == 422
    assert await desk.kinds(request) == before


async def test_an_answer_that_can_never_be_noted_is_not_asked_for_again(
    desk: Desk, service: Service, superuser: asyncpg.Connection
) -> None:
    request, _ = await asked(desk, service)
    await superuser.execute("SET session_replication_role = replica")
    await superuser.execute("DELETE FROM keys.request_key WHERE request_id = $1", request.id)
    await superuser.execute("SET session_replication_role = origin")
    before = await desk.kinds(request)
    assert await service.answers({**DONE, "keys": {"newsletter.readers.email": ["a@example.org"]}}) == 204
    assert await desk.kinds(request) == before


async def test_an_answer_that_cannot_be_noted_now_is_asked_for_again(
    desk: Desk, service: Service, superuser: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    request, _ = await asked(desk, service)
    monkeypatch.setitem(SERVER_SETTINGS, "lock_timeout", "20ms")
    impatient = await Hub.open(desk.firm.hub.settings, desk.firm.hub.database.url)
    transport = httpx.ASGITransport(asgi.create_app(impatient, Readiness(impatient, [])))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as http:
        there = Service(http, service.server)
        async with superuser.transaction():
            await superuser.execute("SELECT FROM rights_request WHERE id = $1 FOR UPDATE", request.id)
            assert await there.answers(DONE) == 503
        assert (await again(desk, request)).state is StepState.WAITING_ON_OTHERS
        assert await there.answers(DONE) == 204
    await impatient.close()
    assert (await again(desk, request)).state is StepState.DONE


async def test_the_token_of_an_earlier_attempt_is_worth_nothing(
    desk: Desk, service: Service, superuser: asyncpg.Connection
) -> None:
    request, step = await asked(desk, service)
    _, token = service.given()
    await superuser.execute("SET session_replication_role = replica")
    await superuser.execute("UPDATE rights_step SET next_at = now() WHERE id = $1", step.id)
    await superuser.execute("SET session_replication_role = origin")
    await rights.step(desk.firm.hub, step.id)
    assert await service.answers(DONE, token=token) == 401
    assert await service.answers(DONE) == 204
    assert (await again(desk, request)).attempts == 2


async def test_a_service_can_say_when_it_will_be_done_or_that_it_cannot(desk: Desk, service: Service) -> None:
    request, _ = await asked(desk, service)
    assert await service.answers({"outcome": "later", "expected_at": "2031-01-01T00:00:00+00:00"}) == 204
    step = await again(desk, request)
    assert (step.state, step.next_at and step.next_at.year) == (StepState.WAITING_ON_OTHERS, 2031)
    assert await service.answers({"outcome": "refused", "code": "LEGAL_HOLD"}) == 204
    assert (await again(desk, request)).why == "The system keeps these data for a legal duty or claim."
    assert (await desk.read(request)).state is State.PARTLY_ANSWERED


async def test_an_answer_may_come_before_the_call_has_ended(desk: Desk, service: Service) -> None:
    await connect(desk, service.server.port)

    async def at_once(_: web.Request) -> web.Response:
        assert await service.answers(DONE) == 204
        return web.Response(status=202)

    service.server.answer = at_once
    request = await desk.receive(await anna(desk), "RESTRICTION")
    await worked(desk, request)
    assert (await again(desk, request)).state is StepState.DONE


async def test_a_service_of_our_own_network_is_asked_only_where_the_operator_allows_it(
    desk: Desk, server: Answers
) -> None:
    refused = lambda: connect(desk, server.port, allows_own_networks=False)  # noqa: E731
    await desk.refused(Code.INVALID, ("address",), refused)
    async with desk.firm.hub.act(OPERATOR, Operation.SYSTEM_CONNECT) as act:
        # A name is looked up when it is called.
        reach = Reach(f"http://localhost:{server.port}/", (SHOWN,), allows_http=True)
        text = (DOCS / "newsletter.yml").read_text("utf-8")
        await systems.connect(act, NewSystem("news", "Newsletter", "HTTP", reach, text), desk.firm.id)
    request = await desk.receive(await anna(desk), "RESTRICTION")
    step = (await worked(desk, request))["Newsletter"]
    assert (step.state, server.asked) == (StepState.REFUSED, [])


async def test_a_secret_that_is_none_is_refused(desk: Desk) -> None:
    reach = Reach("https://news.example/", ("whsec_short",))
    new = NewSystem("news", "Newsletter", "HTTP", reach, "dataset: []")
    await desk.refused(Code.INVALID, ("secret",), lambda: desk.do(systems.connect, new))


async def test_what_is_settled_by_hand_is_not_what_a_connector_does(desk: Desk, service: Service) -> None:
    request, step = await asked(desk, service)
    await by_hand(desk, request)
    assert (await again(desk, request)).state is StepState.WAITING_ON_OTHERS
    await desk.do(fulfilling.skip, step.id, "The newsletter was given up.")
    assert await service.answers(DONE) == 204
    assert (await again(desk, request)).state is StepState.SKIPPED
