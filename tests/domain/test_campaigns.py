"""Many questions by one act: who may be asked is asked, and of everybody else it is said why not."""

from typing import Any

import asyncpg
import pytest

from hub import choices, posed, questions
from hub.act import Act, Hub
from hub.actors import OPERATOR, Operation
from hub.askable import Bar
from hub.customers import erase
from hub.db import new_id
from hub.errors import Code
from hub.questions import Filter, Outcome, State
from hub.said import Scope
from tests.domain.firm import FUTURE, Firm, evidence
from tests.domain.posing import (
    PHONE,
    PUT,
    answer,
    bodies,
    by_app,
    cancel,
    new,
    put,
    read,
    refused,
    show,
    soon,
)


async def put_many(firm: Firm, people: list[Any], **changes: Any) -> list[Outcome]:
    return await by_app(firm, PUT, questions.put_many, new(firm, **changes), people)


async def test_a_campaign_puts_what_may_be_put_and_says_of_the_others_why_not(firm: Firm) -> None:
    fit, reader, open_, refusing, stopped, gone, arab = [
        await firm.customer(**more)
        for more in (
            {}, {"locale": "fr-CA"}, {}, {"jurisdictions": ["ZA"]}, {}, {}, {"locale": "ar"},
        )
    ]  # fmt: skip
    await put(firm, open_)
    await answer(firm, await put(firm, refusing), PHONE, is_yes=False)
    await by_app(
        firm, Operation.CHOICE_RECORD, choices.opt_out_of_marketing, Scope(stopped, firm.id), evidence()
    )
    async with firm.hub.act(OPERATOR, Operation.CUSTOMER_ERASE) as act:
        await erase(act, gone)
    unknown = new_id()
    people = [fit, reader, open_, refusing, stopped, gone, arab, unknown, fit]
    outcomes = await put_many(firm, people, campaign="spring", wording={"fr": "Oui ?", "en": "Yes?"})
    assert [(each.customer_id, each.bar) for each in outcomes] == list(
        zip(
            people,
            [
                None,
                None,
                Bar.OPEN,
                Bar.REFUSED_BEFORE,
                Bar.OPTED_OUT_OF_MARKETING,
                Bar.ERASED,
                None,
                None,
                Bar.OPEN,
            ],
            strict=True,
        )
    )
    assert [each.refusal and each.refusal.code for each in outcomes] == [
        None, None, "CONFLICT", "CONFLICT", "CONFLICT", "CONFLICT", None, "NOT_FOUND", "CONFLICT",
    ]  # fmt: skip
    put_to = [each.customer_id for each in outcomes if each.question]
    assert put_to == [fit, reader, arab]
    assert [len(await bodies(firm, "question.put", each)) for each in (fit, reader, arab, stopped)] == [
        1,
        1,
        1,
        0,
    ]


async def test_a_campaign_is_one_act_with_a_line_for_each_customer(hub: Hub, firm: Firm) -> None:
    people = [await firm.customer(locale=locale) for locale in ("en", "fr", "ar-MA")]
    outcomes = await put_many(firm, people, campaign="spring", channels=["EMAIL", "SMS"])
    asked = [each.question for each in outcomes if each.question]
    async with hub.ask(OPERATOR, Operation.LEDGER_READ) as ask:
        rows = await ask.rows(
            """SELECT DISTINCT e.sequence, e.event, e.detail_count, e.subject FROM ledger_entry e
               JOIN consent_question q ON q.act_id = e.act_id WHERE q.id = ANY ($1) ORDER BY 1""",
            [each.id for each in asked],
        )
    assert [tuple(row)[1:] for row in rows] == [("choice.asked", 3, None), ("question.put", 3, None)]
    for question, locale in zip(asked, ("en", "fr", "en"), strict=True):
        async with hub.ask(firm.app, Operation.CUSTOMER_READ) as ask:
            words = (await choices.history(ask, question.customer_id)).items
        assert [(each.action, each.channel) for each in words] == [("ASKED", "EMAIL"), ("ASKED", "SMS")]
        assert {each.wording for each in words} == {question.wording[locale]}
        [said] = await bodies(firm, "question.put", question.customer_id)
        assert said["choices"] == [str(each.id) for each in words]


async def test_a_thousand_are_asked_by_as_many_statements_as_two(
    firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts: list[int] = []
    people = [await firm.customer() for _ in range(60)]

    async def counted(act: Act, some: list[Any]) -> list[Outcome]:
        seen = 0
        kept = {name: getattr(act, name) for name in ("rows", "row", "value", "execute")}

        def listening(name: str) -> Any:
            async def run(sql: str, *args: Any) -> Any:
                nonlocal seen
                seen += 1
                return await kept[name](sql, *args)

            return run

        for name in kept:
            monkeypatch.setattr(act, name, listening(name))
        outcomes = await questions.put_many(act, new(firm), some)
        counts.append(seen)
        return outcomes

    for some in (people[:2], people[2:]):
        outcomes = await firm.hub.perform(firm.app, PUT, lambda act, some=some: counted(act, some))
        assert all(each.question for each in outcomes)
    assert counts[0] == counts[1]


async def test_when_nobody_may_be_asked_nothing_is_left(firm: Firm, superuser: asyncpg.Connection) -> None:
    customer_id = await firm.customer()
    await put(firm, customer_id)
    before = await superuser.fetchval("SELECT count(*) FROM act")
    assert [each.bar for each in await put_many(firm, [customer_id, new_id()])] == [Bar.OPEN, None]
    assert await superuser.fetchval("SELECT count(*) FROM act") == before


@pytest.mark.parametrize("many", [0, 1_001])
async def test_a_call_names_a_thousand_at_most(firm: Firm, superuser: asyncpg.Connection, many: int) -> None:
    await refused(superuser, put_many(firm, [new_id()] * many), Code.INVALID, "customers")


async def test_nobody_is_asked_in_a_language_they_do_not_read(
    firm: Firm, superuser: asyncpg.Connection
) -> None:
    customer_id = await firm.customer(locale="en-AU")
    for changes in ({"wording": {"fr": "Oui ?"}}, {"benefit": {"ar": "نعم"}}):
        await refused(superuser, put(firm, customer_id, **changes), Code.INVALID, "wording")
        assert [each.bar for each in await put_many(firm, [customer_id], **changes)] == [Bar.NO_WORDING]
    await refused(superuser, put(firm, customer_id, grade="GUARDIAN"), Code.INVALID, "grade")
    assert [each.bar for each in await put_many(firm, [customer_id], grade="GUARDIAN")] == [Bar.ADULT]


BAD: list[tuple[dict[str, Any], tuple[str | int, ...]]] = [
    ({"wording": {}}, ("wording",)),
    ({"wording": {"en": " "}}, ("wording", "en")),
    ({"wording": {"xx": "Yes?"}}, ("wording",)),
    ({"wording": {"en": "x" * 5_001}}, ("wording", "en")),
    ({"benefit": {}}, ("benefit",)),
    ({"benefit": {"en": ""}}, ("benefit", "en")),
    ({"benefit": {"en": "x" * 501}}, ("benefit", "en")),
    ({"places": []}, ("places",)),
    ({"places": ["PORTAL", "EMAIL"]}, ("places", 1)),
    ({"channels": ["EMAIL", "NONE"]}, ("channels", 1)),
    ({"channels": ["PIGEON"]}, ("channels", 0)),
    ({"grade": "WARM"}, ("grade",)),
    ({"campaign": "Spring of Jane"}, ("campaign",)),
    ({"expires_at": soon(days=-1)}, ("expires_at",)),
    ({"expires_at": FUTURE}, ("expires_at",)),
    ({"expires_at": soon().replace(tzinfo=None)}, ("expires_at",)),
    ({"consent_ends_at": soon(days=1)}, ("consent_ends_at",)),
]


@pytest.mark.parametrize(("changes", "path"), BAD)
async def test_what_makes_no_sense_is_refused_at_its_place(
    firm: Firm, superuser: asyncpg.Connection, changes: dict[str, Any], path: tuple[str | int, ...]
) -> None:
    customer_id = await firm.customer()
    await refused(superuser, put(firm, customer_id, **changes), Code.INVALID, *path)
    await refused(superuser, put_many(firm, [customer_id], **changes), Code.INVALID, *path)


@pytest.mark.parametrize(
    ("showing", "path"),
    [
        (("PAPER",), ("place",)),
        (("MOON",), ("place",)),
        (("PORTAL", "EMAIL"), ("method",)),
        (("PORTAL", "DOVE"), ("method",)),
        (("PORTAL", None, "ar"), ("locale",)),
        (("PORTAL", None, "xx"), ("locale",)),
    ],
)
async def test_a_showing_that_makes_no_sense_is_refused_at_its_place(
    firm: Firm, superuser: asyncpg.Connection, showing: tuple[Any, ...], path: tuple[str]
) -> None:
    question = await put(firm, await firm.customer(), places=["PORTAL"])
    given = questions.Showing(*showing)
    await refused(superuser, show(firm, question, given), Code.INVALID, *path)
    await refused(superuser, answer(firm, question, given), Code.INVALID, *path)


async def test_a_retired_purpose_and_a_draft_are_not_asked_about(
    firm: Firm, superuser: asyncpg.Connection
) -> None:
    customer_id = await firm.customer()
    await refused(
        superuser, put(firm, customer_id, notice_version_id=firm.draft), Code.CONFLICT, "notice_version"
    )
    async with firm.hub.act(OPERATOR, Operation.CATALOGUE_WRITE) as act:
        await act.execute("UPDATE purpose SET retired_at = now() WHERE id = $1", firm.purposes[1])
        await act.record("purpose.retired", purpose=firm.purposes[1])
    await refused(superuser, put(firm, customer_id, purpose_id=firm.purposes[1]), Code.CONFLICT, "purpose")


async def test_questions_are_found_by_customer_state_campaign_and_purpose(
    firm: Firm, other_firm: Firm
) -> None:
    people = [await firm.customer() for _ in range(4)]
    await put_many(firm, people, campaign="spring")
    await put_many(other_firm, [await other_firm.customer()], campaign="spring")
    second = await put(firm, people[0], purpose_id=firm.purposes[1], campaign="autumn")

    async def found(**wanted: Any) -> list[posed.Question]:
        async with firm.hub.ask(firm.app, Operation.QUESTION_READ) as ask:
            return list((await posed.page(ask, Filter(**wanted))).items)

    spring = await found(campaign="spring")
    assert [each.customer_id for each in spring] == people
    await answer(firm, spring[0], PHONE)
    await show(firm, spring[1])
    await cancel(firm, spring[2])
    assert [each.id for each in await found(state="ANSWERED_YES")] == [spring[0].id]
    assert [each.id for each in await found(state="SHOWN", campaign="spring")] == [spring[1].id]
    assert [each.id for each in await found(state="PUT")] == [spring[3].id, second.id]
    assert [each.id for each in await found(customer_id=people[0])] == [spring[0].id, second.id]
    assert [each.id for each in await found(purpose_id=firm.purposes[1])] == [second.id]
    assert len(await found()) == 5
    assert (await read(firm, spring[2])).state is State.CANCELLED
