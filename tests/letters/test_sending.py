"""A letter goes out once, or waits, or fails for a coded reason; the ledger says which."""

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from hub import letters
from hub.act import Act, Hub
from hub.actors import OPERATOR, Operation
from hub.errors import Code, Refusal
from hub.letters import post
from tests.domain.firm import events_of
from tests.letters.conftest import (
    ADDRESS,
    VALUES,
    Answer,
    Desk,
    Server,
    desk_of,
    drop,
    hang,
    mailing,
    swallow,
)

HEADERS = {
    "Date", "From", "To", "Subject", "Message-ID", "Content-Language", "Auto-Submitted", "MIME-Version", "Content-Type",
}  # fmt: skip


async def test_a_letter_that_was_queued_arrives_once_with_our_headers(desk: Desk, server: Server) -> None:
    letter_id = await desk.queue()
    assert [job["args"] for job in await desk.jobs(letter_id)] == [f'{{"letter_id": "{letter_id}"}}']
    await desk.deliver(letter_id)
    await desk.deliver(letter_id)
    [message], [envelope] = server.messages, server.came
    assert envelope.rcpt_tos == [ADDRESS]
    assert envelope.mail_from == letters.envelope_sender(desk.hub.settings, desk.hub.vault, letter_id)
    assert set(message.keys()) == HEADERS
    assert (message["From"], message["To"]) == ("Firm <privacy@firm.example>", ADDRESS)
    assert message["Subject"] == "We have your request PH-4821-K"
    assert message["Message-ID"] == f"<{letter_id.hex}@firm.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    row = await desk.row(letter_id)
    assert (row["state"], row["attempts"], row["next_at"], row["reason"]) == ("SENT", 1, None, "")
    assert row["sent_at"] is not None
    assert await desk.events(letter_id) == ["letter.queued", "letter.tried", "letter.sent"]


async def test_answers_go_where_the_settings_say(
    hub: Hub, server: Server, superuser: asyncpg.Connection
) -> None:
    changed = {"mail_reply_to": "desk@firm.example", "mail_bounce": "back@mail.firm.example"}
    async with desk_of(mailing(hub, server.url, **changed), superuser) as desk:
        await desk.deliver(await desk.queue())
    assert server.messages[0]["Reply-To"] == "desk@firm.example"
    assert (server.came[0].mail_from or "").startswith("back+")
    assert (server.came[0].mail_from or "").endswith("@mail.firm.example")
    assert len((server.came[0].mail_from or "").partition("@")[0]) <= 64


async def test_an_act_that_fails_leaves_no_letter_and_no_job(desk: Desk) -> None:
    made: list[Any] = []
    with pytest.raises(RuntimeError, match="halfway"):
        async with desk.hub.act(OPERATOR, Operation.CUSTOMER_CHANGE) as act:
            made.append(await letters.send(act, desk.new()))
            raise RuntimeError("halfway")
    assert await desk.row(made[0]) == {}
    assert await desk.jobs(made[0]) == []


async def test_a_letter_to_a_customer_is_sealed_under_their_key_and_stands_in_their_ledger(
    desk: Desk, server: Server
) -> None:
    customer_id = await desk.firm.customer()
    letter_id = await desk.queue(customer_id=customer_id)
    await desk.deliver(letter_id)
    assert len(server.came) == 1
    row = await desk.row(letter_id)
    assert (row["address"][:1], row["content"][:1]) == (b"\x01", b"\x01")
    assert (await events_of(desk.hub, customer_id))[-3:] == ["letter.queued", "letter.tried", "letter.sent"]


async def test_a_customer_of_another_firm_gets_no_letter_from_this_one(desk: Desk, hub: Hub) -> None:
    async with desk_of(hub, desk.database) as other:
        stranger = await other.firm.customer()
    with pytest.raises(Refusal) as caught:
        await desk.queue(customer_id=stranger)
    assert (caught.value.code, caught.value.path) == (Code.NOT_FOUND, ("customer_id",))


async def test_the_text_of_a_letter_with_a_code_is_kept_nowhere_once_it_is_out(
    desk: Desk, server: Server
) -> None:
    values = {"code": "491827", "minutes": 10, "link": "/verify"}
    letter_id = await desk.queue(template="rights_verify", values=values)
    assert (await desk.row(letter_id))["content"] is not None
    await desk.deliver(letter_id)
    assert "491827" in str(server.messages[0].get_body(("plain",)))
    assert (await desk.row(letter_id))["content"] is None


@pytest.mark.parametrize(
    ("answers", "reason", "smtp"),
    [
        ({"RCPT": ["451 Greylisted"]}, "SMTP_451", 451),
        ({"DATA": ["452 Full"]}, "SMTP_452", 452),
        ({"MAIL": ["550 Who are you"]}, "SMTP_550", 550),
        ({"RCPT": [hang]}, "TIMED_OUT", None),
        ({"DATA": [hang]}, "TIMED_OUT", None),
        ({"RCPT": [drop]}, "CONNECTION_LOST", None),
        ({"DATA": [drop]}, "CONNECTION_LOST", None),
    ],
)
async def test_what_may_pass_is_tried_again_later_under_the_same_message_id(
    desk: Desk, server: Server, monkeypatch: pytest.MonkeyPatch, answers: dict[str, list[Answer]], reason: str,
    smtp: int | None,
) -> None:  # fmt: skip
    sending_seconds = post.SENDING_SECONDS
    monkeypatch.setattr(post, "SENDING_SECONDS", 2.0 if reason == "TIMED_OUT" else sending_seconds)
    server.answers = answers
    letter_id, before = await desk.queue(), datetime.now(UTC)
    await desk.database.execute("DELETE FROM procrastinate_jobs")
    await desk.deliver(letter_id)
    row, after = await desk.row(letter_id), datetime.now(UTC)
    assert (row["state"], row["reason"], row["attempts"]) == ("QUEUED", reason, 1)
    assert before + timedelta(seconds=25) < row["next_at"] < after + timedelta(seconds=61)
    assert [job["scheduled_at"] for job in await desk.jobs(letter_id)] == [row["next_at"]]
    await desk.due(letter_id)
    monkeypatch.setattr(post, "SENDING_SECONDS", sending_seconds)
    await desk.deliver(letter_id)
    assert [message["Message-ID"] for message in server.messages] == [row["message_id"]]
    assert await desk.events(letter_id) == [
        "letter.queued", "letter.tried", "letter.deferred", "letter.tried", "letter.sent",
    ]  # fmt: skip
    assert [told["smtp"] for told in await desk.told(letter_id) if "smtp" in told] == [smtp, 250]


async def test_a_letter_whose_acceptance_was_not_heard_comes_twice_and_is_known_by_its_message_id(
    desk: Desk, server: Server
) -> None:
    server.answers = {"DATA": [swallow]}
    letter_id = await desk.queue()
    await desk.deliver(letter_id)
    assert (await desk.row(letter_id))["reason"] == "CONNECTION_LOST"
    await desk.due(letter_id)
    await desk.deliver(letter_id)
    assert len(server.came) == 2
    assert len({(message["Message-ID"], message["Date"]) for message in server.messages}) == 1


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ({"RCPT": ["550 No such user"]}, "SMTP_550"),
        ({"DATA": ["554 Not this"]}, "SMTP_554"),
    ],
)
async def test_what_the_server_refuses_for_good_fails_with_its_code_and_never_goes_out(
    desk: Desk, server: Server, answers: dict[str, list[Answer]], reason: str
) -> None:
    server.answers = answers
    letter_id = await desk.queue()
    await desk.database.execute("DELETE FROM procrastinate_jobs")
    await desk.deliver(letter_id)
    await desk.deliver(letter_id)
    row = await desk.row(letter_id)
    assert (row["state"], row["reason"], row["next_at"], row["sent_at"]) == ("FAILED", reason, None, None)
    assert (server.came, await desk.jobs(letter_id)) == ([], [])
    assert await desk.events(letter_id) == ["letter.queued", "letter.tried", "letter.failed"]
    await desk.deliver(await desk.queue())
    assert len(server.came) == 1, "the next letter goes out on the same connection"
    assert server.connected == 1


@pytest.mark.parametrize(
    ("is_able", "state", "reason"), [(True, "SENT", ""), (False, "FAILED", "ADDRESS_NOT_SUPPORTED")]
)
async def test_an_address_beyond_ascii_is_written_to_where_the_server_can(
    hub: Hub, superuser: asyncpg.Connection, state: str, reason: str, *, is_able: bool
) -> None:
    server = Server(options={"enable_SMTPUTF8": is_able})
    async with server.receiving(), desk_of(mailing(hub, server.url), superuser) as desk:
        letter_id = await desk.queue(address="Zoë@reader.example")
        await desk.deliver(letter_id)
        row = await desk.row(letter_id)
    assert (row["state"], row["reason"]) == (state, reason)
    assert [each.rcpt_tos for each in server.came] == [["Zoë@reader.example"]] * is_able


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"template": "rights_unheard"}, Code.INVALID, ("template",)),
        ({"address": "amira at home"}, Code.INVALID, ("address",)),
        ({"locale": "english please"}, Code.INVALID, ("locale",)),
        ({"values": {}}, Code.INVALID, ("values", "due_on")),
        ({"values": {**VALUES, "more": "x"}}, Code.INVALID, ("values", "more")),
        ({"values": {**VALUES, "due_on": "soon"}}, Code.INVALID, ("values", "due_on")),
        ({"until_at": datetime(2020, 1, 1, tzinfo=UTC)}, Code.INVALID, ("until_at",)),
    ],
)
async def test_what_makes_no_letter_is_refused_at_its_place_and_changes_nothing(
    desk: Desk, changes: dict[str, Any], code: Code, path: tuple[str, ...]
) -> None:
    count = "SELECT (SELECT count(*) FROM letter) + (SELECT count(*) FROM ledger_entry)"
    before = await desk.database.fetchval(count)
    with pytest.raises(Refusal) as caught:
        await desk.queue(**changes)
    assert (caught.value.code, caught.value.path) == (code, path)
    assert "amira" not in caught.value.message
    assert await desk.database.fetchval(count) == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE letter SET state = 'QUEUED', next_at = now(), sent_at = NULL WHERE id = $1",
        "UPDATE letter SET address = 'x' WHERE id = $1",
        "UPDATE letter SET message_id = 'x' WHERE id = $1",
        "DELETE FROM letter WHERE id = $1",
    ],
)
async def test_the_database_lets_nobody_send_a_letter_again_or_elsewhere(desk: Desk, statement: str) -> None:
    letter_id = await desk.queue()
    await desk.deliver(letter_id)

    async def body(act: Act) -> None:
        await act.execute(statement, letter_id)

    with pytest.raises(asyncpg.PostgresError) as caught:
        await desk.act(body)
    assert caught.value.sqlstate in {"HB020", "42501"}
