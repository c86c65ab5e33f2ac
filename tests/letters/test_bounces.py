"""What comes back counts for the letter it was made for, and for no other."""

import random
from functools import partial

import pytest

from hub import letters
from hub.errors import Code, Refusal
from hub.keyring import Keyring
from hub.letters import Report, bounced, read_report
from hub.letters.bounces import BLOCKS_MOST, MARK_CHARACTERS, mark
from hub.vault import Vault
from tests.letters.conftest import ADDRESS, Desk, Server

REPORT = """\
Return-Path: <>
Received: from mx.reader.example by mail.firm.example; Thu, 26 Nov 2026 09:00:00 +0000
From: Mail Delivery System <MAILER-DAEMON@mx.reader.example>
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain

I am sorry to say that your message could not be delivered.

--b1
Content-Type: {kind}

Reporting-MTA: dns; mx.reader.example
Arrival-Date: Thu, 26 Nov 2026 08:59:59 +0000

Final-Recipient: rfc822; {reader}
Original-Recipient: rfc822;{reader}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 <{reader}>: user unknown

--b1
Content-Type: text/rfc822-headers

From: Firm <privacy@firm.example>
To: {reader}
Subject: We have your request

--b1--
"""


def report(
    to: str, action: str = "failed", status: str = "5.1.1", kind: str = "message/delivery-status"
) -> bytes:
    return REPORT.format(to=to, action=action, status=status, kind=kind, reader=ADDRESS).encode()


async def sent(desk: Desk, server: Server) -> tuple[object, str]:
    """Send one letter; returns its id and the envelope sender that the server saw."""
    letter_id = await desk.queue()
    await desk.deliver(letter_id)
    return letter_id, server.came[-1].mail_from or ""


async def note(desk: Desk, found: Report | None) -> bool:
    assert found is not None
    return await desk.act(partial(bounced, token=found.token, status=found.status))


async def test_a_letter_that_came_back_is_known_as_bounced_once(desk: Desk, server: Server) -> None:
    letter_id = await desk.queue()
    await desk.deliver(letter_id)
    found = read_report(report(f"<{server.came[0].mail_from}>"))
    assert await note(desk, found)
    assert not await note(desk, found)
    row = await desk.row(letter_id)
    assert (row["state"], row["reason"]) == ("BOUNCED", "STATUS_5_1_1")
    assert (await desk.told(letter_id))[-1]["reason"] == "STATUS_5_1_1"
    assert await desk.events(letter_id) == ["letter.queued", "letter.tried", "letter.sent", "letter.bounced"]


async def test_a_bounce_that_overtakes_the_end_of_its_attempt_stays(desk: Desk) -> None:
    letter_id = await desk.queue()
    assert not await desk.act(partial(bounced, token=mark(desk.hub.vault, letter_id))), "it never went out"
    claimed = await desk.act(partial(letters.claim, letter_id=letter_id))
    assert await desk.act(partial(bounced, token=mark(desk.hub.vault, letter_id)))
    outcome = letters.Outcome(letters.Result.SENT, code=250)
    assert await desk.act(partial(letters.settle, letter=claimed, outcome=outcome)) is None
    assert (await desk.row(letter_id))["state"] == "BOUNCED"


async def test_a_forged_mark_changes_no_letter(desk: Desk, server: Server) -> None:
    letter_id = await desk.queue()
    other_id = await desk.queue()
    await desk.deliver(letter_id)
    good = mark(desk.hub.vault, letter_id)
    theirs = mark(Vault(Keyring.generate()), letter_id)
    mixed = mark(desk.hub.vault, other_id)[:26] + good[26:]
    changed = [
        good[:place] + ("b" if good[place] != "b" else "c") + good[place + 1 :]
        for place in (0, 25, 26, 30, 50)
    ]
    bad = [
        theirs,
        mixed,
        *changed,
        good[:-1],
        good + "a",
        "",
        "x" * MARK_CHARACTERS,
        "é" * MARK_CHARACTERS,
        "1" * 52,
    ]
    before = await desk.database.fetchval("SELECT count(*) FROM ledger_entry")
    for token in bad:
        with pytest.raises(Refusal) as caught:
            await desk.act(partial(bounced, token=token))
        assert (caught.value.code, caught.value.path) == (Code.NOT_FOUND, ("token",))
    assert (await desk.row(letter_id))["state"] == "SENT"
    assert await desk.database.fetchval("SELECT count(*) FROM ledger_entry") == before
    assert await desk.act(partial(bounced, token=good.upper())), "mail servers may change the case"
    del server


@pytest.mark.parametrize("wrap", ["<{}>", "{}", "Bounces <{}>", '"x" <{}>, other@firm.example'])
async def test_the_mark_is_found_where_the_report_came_to(desk: Desk, wrap: str) -> None:
    sender = letters.envelope_sender(desk.hub.settings, desk.hub.vault, desk.firm.id)
    token = mark(desk.hub.vault, desk.firm.id)
    assert read_report(report(wrap.format(sender))) == Report(token, "5.1.1")
    assert read_report(report("other@firm.example"), sender.upper()) == Report(token, "5.1.1")
    assert read_report(report(sender), "other@firm.example") is None, "what the mail server says counts"
    crossed = report(sender).replace(b"\n", b"\r\n")
    assert read_report(crossed) == Report(token, "5.1.1")
    assert read_report(report(sender, kind="message/global-delivery-status")) == Report(token, "5.1.1")


@pytest.mark.parametrize(
    ("action", "status", "known"),
    [
        ("failed", "5.7.1", "5.7.1"), ("Failed", "4.4.7", "4.4.7"), ("failed", "5.1.1 (unknown)", "5.1.1"),
        ("failed", "odd", ""), ("failed", "", ""), ("delayed", "4.4.1", None), ("delivered", "2.0.0", None),
        ("relayed", "2.0.0", None), ("expanded", "2.0.0", None), ("", "5.1.1", None),
    ],
)  # fmt: skip
async def test_only_what_failed_for_good_counts(
    desk: Desk, action: str, status: str, known: str | None
) -> None:
    sender = letters.envelope_sender(desk.hub.settings, desk.hub.vault, desk.firm.id)
    found = read_report(report(sender, action, status))
    assert (found.status if found else None) == known


async def test_what_people_and_their_machines_answer_is_no_report(desk: Desk) -> None:
    sender = letters.envelope_sender(desk.hub.settings, desk.hub.vault, desk.firm.id)
    plain = f"From: {ADDRESS}\nTo: {sender}\nSubject: Out of office\n\nAction: failed\nStatus: 5.1.1\n"
    quoted = report("a@b.example").replace(b"failed", sender.encode())
    for content in (plain.encode(), quoted, b"", b"\0" * 1_000, f"To: {sender}\n\n".encode()):
        assert read_report(content) is None


def test_whatever_comes_is_read_without_a_fault() -> None:
    drawn = random.Random(30)  # noqa: S311 - a seed, so that a failure comes again
    whole = report(f"<back+{'a' * MARK_CHARACTERS}@firm.example>")
    for _ in range(400):
        content = bytearray(whole)
        for _ in range(drawn.randrange(1, 40)):
            place = drawn.randrange(len(content))
            content[place : place + drawn.randrange(3)] = drawn.choice(
                [
                    b"\n\n",
                    b"--b1\n",
                    b"\0",
                    b"\xff",
                    b"Content-Type: multipart/mixed; boundary=b1\n",
                    b":",
                    b"",
                    b"\r",
                ]
            )
        found = read_report(bytes(content))
        assert found is None or found.token == "a" * MARK_CHARACTERS
    nested = b"Content-Type: multipart/mixed; boundary=x\n\n--x\n" * 200
    assert read_report(whole.split(b"\n\n", maxsplit=1)[0] + b"\n" + nested) is None
    many = whole.replace(
        b"Action: failed", b"\n\n".join([b"Action: relayed"] * 10 * BLOCKS_MOST) + b"\n\nAction: failed"
    )
    assert read_report(many) is None


async def test_the_mark_says_nothing_but_which_letter(desk: Desk) -> None:
    marks = {mark(desk.hub.vault, desk.firm.id) for _ in range(3)}
    assert len(marks) == 1
    assert all(letter in "abcdefghijklmnopqrstuvwxyz234567" for letter in marks.pop())
