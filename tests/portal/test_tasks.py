"""A task by link: for somebody without an account, who looks where the hub cannot, and says what came of it."""

import asyncio
import html

import asyncpg
import pytest

from hub.rights import conduct, fulfilling, lifting
from hub.rights.outcomes import StepState
from hub.rights.states import State
from portal.languages import LANGUAGES
from tests.portal.helping import LINK, MINA, Helper, helper
from tests.portal.visitor import HOME
from tests.rights.test_fulfilling import cooled
from tests.rights.test_lifting import days_later

__all__ = ["helper"]


@pytest.mark.parametrize("system", ["EMAIL", "MANUAL"])
async def test_a_letter_leads_to_a_page_and_its_answer_ends_the_step(helper: Helper, system: str) -> None:
    request = await helper.asked("RESTRICTION", system=system)
    waiting = await helper.step(request)
    assert (waiting.state, waiting.attempts) == (StepState.WAITING_ON_OTHERS, 1)
    assert waiting.next_at is not None
    [letter] = await helper.letters(request)
    assert (list(letter.recipients), MINA in letter.text) == (["helper@bureau.example"], False)
    found = LINK.search(letter.text)
    assert found
    link = found[1]
    page = await helper.open(link)
    assert MINA in page.text
    assert "P-77" in page.text
    sent = await helper.send(link, do="answer", outcome="DONE", rows="3", why="Two stay for the tax office.")
    assert (sent.status_code, sent.headers["location"]) == (303, link)
    step = await helper.step(request)
    assert (step.state, step.evidence) == (StepState.DONE, {"by": "LINK", "rows": 3})
    assert (await helper.desk.read(request)).state is State.ANSWERED


async def test_whoever_restricted_it_is_asked_to_lift_it(
    helper: Helper, superuser: asyncpg.Connection
) -> None:
    request = await helper.asked("RESTRICTION")
    await helper.send(await helper.link(request), do="answer", outcome="DONE", rows="3")
    await helper.desk.do(lifting.announce, request.id, "It is right now.")
    await days_later(helper.desk, superuser, request)
    await helper.set_off(request)
    link = await helper.link(request)
    page = await helper.open(link)
    assert "Take the mark away" in page.text
    assert MINA in page.text
    assert (await helper.send(link, do="answer", outcome="DONE", rows="3")).status_code == 303
    assert (await helper.desk.read(request)).state is State.LIFTED


async def test_looking_at_a_link_changes_nothing_and_shows_nobody(
    helper: Helper, superuser: asyncpg.Connection
) -> None:
    link = await helper.link(await helper.asked())
    before = await traces(superuser)
    for _ in range(20):
        assert (await helper.http.head(link)).status_code == 200
        page = await helper.http.get(link)
        assert MINA not in page.text
        assert "P-77" not in page.text
    assert await traces(superuser) == before


async def traces(superuser: asyncpg.Connection) -> list[int]:
    tables = ("act", "ledger_entry", "rights_event", "rights_task", "procrastinate_jobs")
    return [await superuser.fetchval(f"SELECT count(*) FROM {table}") for table in tables]


async def test_staff_see_when_a_link_was_opened_and_the_customer_that_it_was(helper: Helper) -> None:
    request = await helper.asked()
    link = await helper.link(request)
    assert (await helper.step(request)).opened_at is None
    await helper.open(link)
    opened = (await helper.step(request)).opened_at
    assert opened is not None
    await helper.open(link)
    assert (await helper.step(request)).opened_at == opened


async def test_a_link_is_dead_once_its_step_has_ended(helper: Helper) -> None:
    request = await helper.asked()
    link = await helper.link(request)
    step = await helper.step(request)
    await helper.desk.do(fulfilling.skip, step.id, "The bureau has closed.")
    before = await helper.desk.kinds(request)
    page = await helper.http.get(link)
    assert "nothing more to do" in page.text
    for fields in ({"do": "open"}, {"do": "answer", "outcome": "NOTHING"}, {"do": "answer"}):
        answer = await helper.send(link, **fields)
        assert (answer.status_code, MINA in answer.text) == (409, False)
    assert await helper.desk.kinds(request) == before
    assert (await helper.step(request)).state is StepState.SKIPPED


async def test_a_link_is_dead_once_the_request_is_taken_back_or_its_time_is_over(
    helper: Helper, superuser: asyncpg.Connection
) -> None:
    request = await helper.asked()
    link = await helper.link(request)
    await superuser.execute("SET session_replication_role = replica")
    late = "UPDATE rights_task SET sent_at = sent_at - interval '31 days', expires_at = expires_at - interval '31 days'"
    await superuser.execute(late)
    assert (await helper.open(link)).status_code == 409
    await superuser.execute(late.replace("-", "+"))
    await superuser.execute("SET session_replication_role = origin")
    assert (await helper.open(link)).status_code == 200
    await helper.desk.do(conduct.withdraw, request.id)
    assert (await helper.open(link)).status_code == 409


async def test_twenty_answers_at_once_are_one(helper: Helper) -> None:
    request = await helper.asked()
    link = await helper.link(request)
    sending = (helper.send(link, do="answer", outcome="DONE", rows=str(n + 1)) for n in range(20))
    codes = sorted(each.status_code for each in await asyncio.gather(*sending))
    assert codes == [303, *[409] * 19]
    assert (await helper.desk.kinds(request)).count("STEP_SETTLED") == 2  # the hub's own, and this one


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "outcome"), ({"outcome": "PERHAPS"}, "outcome"), ({"outcome": "SKIPPED"}, "outcome"),
        ({"outcome": "DONE"}, "rows"), ({"outcome": "DONE", "rows": "0"}, "rows"),
        ({"outcome": "DONE", "rows": "-1"}, "rows"),
        ({"outcome": "DONE", "rows": "9" * 40}, "rows"), ({"outcome": "DONE", "rows": "three"}, "rows"),
        ({"outcome": "REFUSED"}, "why"), ({"outcome": "REFUSED", "why": "x" * 501}, "why"),
        ({"outcome": "REFUSED", "why": "\x00"}, "why"),
    ],
)  # fmt: skip
async def test_an_answer_that_says_too_little_is_asked_for_again(
    helper: Helper, fields: dict[str, str], field: str
) -> None:
    request = await helper.asked()
    link = await helper.link(request)
    before = await helper.desk.kinds(request)
    answer = await helper.send(link, do="answer", **fields)
    assert (answer.status_code, f'href="#{field}"' in answer.text) == (422, True)
    assert MINA in answer.text
    assert await helper.desk.kinds(request) == before


async def test_a_link_that_is_none_leads_nowhere_and_another_site_sends_nothing(helper: Helper) -> None:
    request = await helper.asked()
    link = await helper.link(request)
    for other in (link[:-1], link + "A", "/task/" + "A" * 43, "/task/x", "/task/" + "é" * 43):
        for answer in (await helper.http.get(other), await helper.send(other, do="open")):
            assert (answer.status_code, "Payroll" in answer.text) == (404, False)
    before = await helper.desk.kinds(request)
    for headers in ({}, {"origin": "https://evil.example"}, {"origin": "null"}):
        answer = await helper.http.post(link, data={"do": "answer", "outcome": "NOTHING"}, headers=headers)
        assert answer.status_code == 403
    assert (await helper.http.post(link, content=b"{}", headers={"origin": HOME})).status_code == 415
    assert await helper.desk.kinds(request) == before


async def test_only_the_hash_of_a_token_is_kept(helper: Helper, superuser: asyncpg.Connection) -> None:
    request = await helper.asked()
    token = (await helper.link(request)).rpartition("/")[2]
    for table in (
        "rights_task",
        "rights_step",
        "letter",
        "ledger_detail",
        "procrastinate_jobs",
        "rights_event",
    ):
        rows = await superuser.fetch(f"SELECT t::text AS row FROM {table} t")
        assert not any(token in row["row"] or token.encode().hex() in row["row"] for row in rows), table


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_page_speaks_the_language_of_whoever_helps(helper: Helper, language: str) -> None:
    request = await helper.asked(language=language)
    link = await helper.link(request)
    page = await helper.http.get(link)
    assert f'lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"' in page.text
    other = "fr" if language != "fr" else "ar"
    assert f'<html lang="{other}"' in (await helper.http.get(f"{link}?lang={other}")).text
    opened = await helper.open(link)
    assert opened.headers["content-language"] == language
    assert "referrer-policy" in opened.headers


@pytest.mark.parametrize(
    ("kind", "says"),
    [("RESTRICTION", "not to be used"), ("RECTIFICATION", "Mina Mair"), ("DELETION", "Erase everything")],
)
async def test_the_page_says_what_is_to_be_done(
    helper: Helper, superuser: asyncpg.Connection, kind: str, says: str
) -> None:
    request = await helper.asked(kind)
    if kind != "RESTRICTION":
        await helper.desk.do(fulfilling.approve, request.id)
    if kind == "DELETION":
        await cooled(helper.desk, superuser, request)
    await helper.set_off(request)
    page = await helper.open(await helper.link(request))
    assert says in html.unescape(page.text)
