"""Letters and real workers: killed, without a mail server, watched for what they say of a person."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from hub import letters
from hub.act import Hub
from hub.actors import OPERATOR, WORKER, Operation
from hub.letters import NewLetter
from hub.settings import load
from tests.domain.firm import Firm, found
from tests.letters.conftest import Answer, Server, drop, hang, swallow
from tests.run.conftest import PATIENCE_SECONDS, Place, Process, Start
from tests.security.canaries import EMAIL, NAME, PHONE, Canaries
from tests.spine.test_dump import dump

LETTER_WORKER = str(Path(__file__).parent / "letter_worker.py")
VALUES: dict[str, Any] = {"reference": "PH-1", "due_on": date(2026, 7, 14), "link": "/requests/PH-1"}
STATES = (
    "SELECT array_agg(said) FROM (SELECT count(*) || ' ' || state FROM letter GROUP BY state) AS t (said)"
)
FAULTS: list[Answer] = ["452 Full", "421 Busy", drop, swallow]
SIZES = [
    pytest.param((60, 5, 4), id="few"), pytest.param((1_000, 100, 12), id="many", marks=pytest.mark.chaos),
]  # fmt: skip
"""Letters, faults at each of two commands, deaths."""
ENDED = "SELECT count(*) FROM letter WHERE state IN ('SENT', 'FAILED')"

pytestmark = pytest.mark.slow


@pytest_asyncio.fixture
async def firm(place: Place) -> AsyncIterator[Firm]:
    """A firm in a database that workers share."""
    hub = await Hub.open(load(mode="run", data_dir=place.folder, keyring=place.keyring), place.url)
    yield await found(hub)
    await hub.close()


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Server]:
    async with Server().receiving() as opened:
        yield opened


def work(start: Start, place: Place, url: str, lease_seconds: float = 5.0) -> Process:
    return start(place, LETTER_WORKER, str(lease_seconds), HUB_SMTP_URL=url)


async def queue(firm: Firm, many: int = 1, **changes: Any) -> list[UUID]:
    new = replace(NewLetter(firm.id, "rights_received", "amira@reader.example", "en", VALUES), **changes)
    async with firm.hub.act(OPERATOR, Operation.CUSTOMER_CHANGE) as act:
        return [await letters.send(act, new) for _ in range(many)]


async def until(firm: Firm, sql: str, wanted: Any, patience: float = PATIENCE_SECONDS) -> None:
    """Wait until the database answers so: other processes are at work."""
    async with asyncio.timeout(patience):
        while await firm.hub.database.single().value(sql) != wanted:  # noqa: ASYNC110 - as said
            await asyncio.sleep(0.05)


async def until_sent(firm: Firm, many: int) -> None:
    await until(firm, STATES, [f"{many} SENT"], PATIENCE_SECONDS * max(1, many // 60))


async def until_heard(server: Server, command: str) -> None:
    """Wait until the server has used up its answer to a command."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while server.answers[command]:  # noqa: ASYNC110 - another process speaks
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("command", [pytest.param("RCPT", marks=pytest.mark.chaos), "DATA"])
async def test_a_worker_killed_while_it_sends_leaves_the_letter_to_another(
    place: Place, start: Start, firm: Firm, server: Server, command: str
) -> None:
    server.answers = {command: [hang]}
    await queue(firm)
    killed = work(start, place, server.url)
    await until_heard(server, command)
    killed.popen.kill()
    other = work(start, place, server.url)
    await until_sent(firm, 1)
    assert len(server.came) == 1
    assert await asyncio.to_thread(other.end) == 0


async def test_a_letter_taken_by_the_server_but_not_noted_comes_again_under_its_message_id(
    place: Place, start: Start, firm: Firm, server: Server
) -> None:
    async def take_and_kill(smtp: Any) -> str:
        server.came.append(smtp.envelope)
        first.popen.kill()
        return await hang(smtp)

    server.answers = {"DATA": [take_and_kill]}
    [letter_id] = await queue(firm)
    first = work(start, place, server.url)
    await until_heard(server, "DATA")
    work(start, place, server.url)
    await until_sent(firm, 1)
    assert [message["Message-ID"] for message in server.messages] == [f"<{letter_id.hex}@localhost>"] * 2


@pytest.mark.parametrize("size", SIZES)
async def test_no_letter_is_lost_when_workers_are_killed_at_random_and_copies_are_few(
    place: Place, start: Start, firm: Firm, server: Server, size: tuple[int, int, int]
) -> None:
    many, faults, kills = size
    drawn = random.Random(19)  # noqa: S311 - a seed, so that a failure comes again
    ids = await queue(firm, many)
    answers: list[Answer] = [
        drawn.choice(FAULTS) if place_ < faults else "250 OK" for place_ in range(2 * faults)
    ]
    drawn.shuffle(answers)
    lost = sum(each is swallow for each in answers)
    server.answers = {"RCPT": ["451 Later"] * faults, "DATA": answers}
    for _ in range(kills):
        worker = work(start, place, server.url)
        await asyncio.to_thread(worker.wait_for, "job.done")
        await asyncio.sleep(drawn.uniform(0, 0.1))
        worker.popen.kill()
    work(start, place, server.url)
    await until_sent(firm, many)
    came = Counter(str(message["Message-ID"]) for message in server.messages)
    assert set(came) == {f"<{letter_id.hex}@localhost>" for letter_id in ids}
    assert came.total() <= many + kills + lost


async def test_a_mail_server_that_is_away_for_long_loses_nothing(
    place: Place, start: Start, firm: Firm
) -> None:
    async with Server().receiving() as gone:
        port = gone.port
    await queue(firm, 20)
    worker = work(start, place, f"smtp://localhost:{port}")
    await asyncio.to_thread(worker.wait_for, "mail.waits", 60)
    assert worker.events("job.failed") == []
    async with Server().receiving(port) as back:
        await until_sent(firm, 20)
        assert len({str(message["Message-ID"]) for message in back.messages}) == len(back.came) == 20
        assert back.connected == 1
        assert await asyncio.to_thread(worker.end) == 0


async def test_a_reader_is_found_in_no_log_job_ledger_or_dump(
    place: Place, start: Start, firm: Firm, server: Server
) -> None:
    canaries, reason, noes = Canaries(), f"{NAME} called from {PHONE}", list[Answer]
    customer_id = await firm.customer()
    refused = {"reference": "PH-2", "reason": reason, "link": "/x", "regulator": f"the office of {NAME}"}
    server.answers = {
        "RCPT": noes([f"451 {EMAIL} {NAME} later", "250 OK", f"550 {EMAIL} unknown"]),
        "DATA": noes([f"452 {NAME} is full"]),
    }  # fmt: skip
    given = {"template": "rights_refused", "address": EMAIL, "values": refused}
    await queue(firm, 2, customer_id=customer_id, **given)
    await queue(firm, 2, **given)
    worker = work(start, place, server.url)
    await until(firm, ENDED, 4)
    assert await asyncio.to_thread(worker.end) == 0
    assert len(server.came) == 3
    assert canaries.seen(server.came[0].original_content or b"") >= {NAME, EMAIL}, "the reader is told"
    assert canaries.seen("".join([*worker.lines, *worker.said])) == set()
    assert len(worker.events("letter.not_sent")) == 3
    connection = await asyncpg.connect(place.url)
    try:
        rows = await connection.fetch(
            "SELECT entry_id, index, subject, body FROM ledger_detail WHERE subject IS NULL"
        )
        told = [
            firm.hub.vault.open_own("ledger_detail", "body", f"{r['entry_id']}/{r['index']}", r["body"])
            for r in rows
        ]
        assert canaries.seen(await dump(connection)) == set()
    finally:
        await connection.close()
    assert canaries.seen(b"".join(told)) == set()
    assert b"letter.failed" in b"".join(told)


async def test_a_mail_server_pipes_what_comes_back_to_a_command(
    place: Place, firm: Firm, server: Server
) -> None:
    from tests.letters.test_bounces import report  # noqa: PLC0415 - only here

    [letter_id] = await queue(firm)
    sender = letters.envelope_sender(firm.hub.settings, firm.hub.vault, letter_id)
    claim = partial(letters.claim, letter_id=letter_id)
    await firm.hub.perform(WORKER, Operation.LETTER_DELIVER, claim)
    del server
    file = place.folder / "report"
    file.write_bytes(report(sender))
    forged = report(sender.replace(sender[15:19], "aaaa")).decode()
    said = [
        place.run("letters", "bounce", "-", stdin="From: a@b.example\n\nHello"),
        place.run("letters", "bounce", "-", stdin=forged),
        place.run("letters", "bounce", str(file)),
        place.run("letters", "bounce", "-", "--recipient", sender, stdin=report("other@firm.example").decode()),
    ]  # fmt: skip
    assert [each.returncode for each in said] == [0] * 4, [each.stderr for each in said]
    assert [each.stdout.strip() for each in said] == [
        "Left alone: this reports no failure of a letter of ours.", "Left alone: its mark is none of ours.",
        "Noted: the letter did not arrive.", "Known already.",
    ]  # fmt: skip
    missing = place.run("letters", "bounce", "nothing-here")
    assert (missing.returncode, "Traceback" in missing.stderr) == (69, False)
