"""Consent questions in tests: one that may be put anywhere, the verbs by a firm's app, and what is told of each."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import pytest

from hub import choices, ledger, posed, questions, statements
from hub.actors import OPERATOR, WORKER, Operation
from hub.errors import Code, Refusal
from hub.questions import NewQuestion, Question, Showing
from tests.domain.firm import Firm, everything

PUT, ANSWER = Operation.QUESTION_PUT, Operation.QUESTION_ANSWER
WORDING = {"en": "May we tell you about mortgages?", "fr": "Pouvons-nous vous parler de prêts ?"}
BENEFIT = {"en": "You can compare loans at leisure.", "fr": "Vous comparez les prêts à loisir."}
EVERYWHERE = ("PORTAL", "PAPER", "SERVICE_FLOW", "BRANCH", "PHONE")
PORTAL, PHONE = Showing("PORTAL"), Showing("PHONE")


def soon(**more: float) -> datetime:
    """A later instant, in thirty days unless said."""
    return datetime.now(UTC) + timedelta(**(more or {"days": 30}))


def new(firm: Firm, **changes: Any) -> NewQuestion:
    """Ask whether we may tell them about mortgages."""
    asked = NewQuestion(firm.purposes[0], WORDING, BENEFIT, EVERYWHERE, soon())
    return replace(asked, **changes)


async def by_app(
    firm: Firm, operation: Operation, verb: Callable[..., Awaitable[Any]], *args: Any, **more: Any
) -> Any:
    """Do something as the firm's app."""
    return await firm.hub.perform(firm.app, operation, lambda act: verb(act, *args, **more))


async def put(firm: Firm, customer_id: UUID, **changes: Any) -> Question:
    """Put a question to one customer."""
    return await by_app(firm, PUT, questions.put, new(firm, **changes), customer_id)


async def show(firm: Firm, question: Question, showing: Showing = PORTAL) -> Question:
    """Show it."""
    return await by_app(firm, ANSWER, questions.show, question.id, showing)


async def answer(
    firm: Firm, question: Question, showing: Showing = PORTAL, *, is_yes: bool = True
) -> Question:
    """Answer it."""
    return await by_app(firm, ANSWER, questions.answer, question.id, showing, is_yes=is_yes)


async def cancel(firm: Firm, question: Question, reason: str = "") -> Question:
    """Cancel it."""
    return await by_app(firm, PUT, questions.cancel, question.id, reason)


async def refused(superuser: asyncpg.Connection, doing: Awaitable[Any], code: Code, *path: str | int) -> str:
    """Assert that it is refused at this place and changes nothing; returns the message."""
    before = await everything(superuser)
    with pytest.raises(Refusal) as caught:
        await doing
    assert (caught.value.code, caught.value.path) == (code, path)
    assert await everything(superuser) == before
    return caught.value.message


async def read(firm: Firm, question: Question) -> Question:
    """Read it as it stands now."""
    async with firm.hub.ask(firm.app, Operation.QUESTION_READ) as ask:
        return (await posed.by_ids(ask, [question.id]))[question.id]


async def told(firm: Firm, question: Question) -> list[posed.Event]:
    """Read what became of it."""
    async with firm.hub.ask(firm.app, Operation.QUESTION_READ) as ask:
        return (await posed.events_of(ask, [question.id]))[question.id]


async def put_long_ago(superuser: asyncpg.Connection, question: Question, **ago: float) -> None:
    """Move a question into the past, as if it had been put then and had expired since."""
    await superuser.execute("SET session_replication_role = replica")
    for statement in (
        """UPDATE consent_question SET put_at = put_at - $2::interval, expires_at = now() - interval '1 second'
           WHERE id = $1""",
        """UPDATE consent_question_event SET happened_at = happened_at - $2::interval,
               recorded_at = recorded_at - $2::interval WHERE question_id = $1""",
    ):
        await superuser.execute(statement, question.id, timedelta(**(ago or {"days": 40})))
    await superuser.execute("SET session_replication_role = origin")


async def lapse(firm: Firm, most: int = questions.LAPSED_AT_A_TIME) -> int:
    """Do what the job does once."""
    return await firm.hub.perform(WORKER, Operation.HUB_MAINTAIN, lambda act: questions.lapse(act, most))


async def bodies(firm: Firm, event: str, customer_id: UUID) -> list[dict[str, Any]]:
    """Open what the ledger says about a customer under one event."""
    async with firm.hub.ask(OPERATOR, Operation.LEDGER_READ) as ask:
        rows = await ask.rows(
            """SELECT d.entry_id, d.index, d.body FROM ledger_detail d JOIN ledger_entry e ON e.id = d.entry_id
               WHERE d.subject = $1 AND e.event = $2 ORDER BY e.sequence, d.index""",
            customer_id,
            event,
        )
        key = (await ledger.read_keys(ask, {customer_id}))[customer_id]  # type: ignore[arg-type]
    opened = [
        statements.split_detail(
            key.open("ledger_detail", "body", f"{row['entry_id']}/{row['index']}", row["body"])
        )
        for row in rows
    ]
    return [orjson.loads(orjson.dumps(body)) for _, body in opened]


async def words(firm: Firm, customer_id: UUID) -> list[tuple[str, str | None, str | None, str]]:
    """Every choice: (action, channel, grade, method)."""
    async with firm.hub.ask(firm.app, Operation.CUSTOMER_READ) as ask:
        page = await choices.history(ask, customer_id)
    return [(each.action, each.channel, each.grade, each.method) for each in page.items]
