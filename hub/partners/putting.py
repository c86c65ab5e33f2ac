"""Asking a customer whether they may be referred: in the portal, and by a letter with a link where the law lets us.

A letter goes to an address that is this customer's alone, so that nobody else answers for them. Its link holds a token
of 256 random bits, of which only the hash is kept; opening it changes nothing, since programs open every link.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import orjson

from hub import finding, posing
from hub.act import Act
from hub.answers import Answer
from hub.finding import Reference, ReferenceKind
from hub.letters.sending import NewLetter, send
from hub.letters.templates import Key, speaks
from hub.partners import wording
from hub.partners.referrals import Referral
from hub.partners.wording import Texts
from hub.policy import asking
from hub.policy.asking import Asking
from hub.policy.asking import Where as Place
from hub.posing import NewQuestion, Outcome
from hub.questioned import Question
from hub.said import Grade

ANSWERED_WITHIN: Final = timedelta(days=14)
LINK: Final = "question"
LINK_BYTES: Final = 32
ANYWHERE: Final = ("PORTAL", "PHONE", "BRANCH", "PAPER")
IN_PERSON: Final = ("BRANCH", "PHONE", "PAPER")
"""Where a parent or guardian is asked for a child: the portal is the child's."""

_ABOUT: Final = """
    SELECT o.key AS house, r.name AS recipient, p.names::text AS purposes, q.benefit::text AS benefit, a.keep_days,
        a.ends_on, c.locale
    FROM referral x JOIN consent_question q ON q.id = x.question_id JOIN arrangement a ON a.id = x.arrangement_id
    JOIN organisation o ON o.id = x.organisation_id JOIN recipient r ON r.id = x.recipient_id
    JOIN purpose p ON p.id = x.purpose_id JOIN customer c ON c.id = x.customer_id WHERE x.id = $1
"""
_ADDRESSES: Final = """
    SELECT id, sealed FROM identifier WHERE customer_id = $1 AND organisation_id = $2 AND kind = 'EMAIL'
      AND ended_at IS NULL ORDER BY verified_at IS NULL, id LIMIT 20
"""
_LINKED: Final = "UPDATE referral SET link = $2 WHERE id = $1"


async def put(act: Act, about: Question, answer: Answer, texts: Texts, answer_by: datetime | None) -> Outcome:
    """Put the question; an Outcome without a question says why the customer may not be asked."""
    manners = {each.code for one in _may(answer) for each in one.how}
    grade = (
        Grade.GUARDIAN if "guardian" in manners else Grade.EXPLICIT if "express" in manners else Grade.GIVEN
    )
    assert isinstance(about.purpose, UUID)  # noqa: S101 - whoever calls has read both
    assert isinstance(about.recipient, UUID)  # noqa: S101
    new = NewQuestion(
        about.purpose, texts.wording, texts.benefit, IN_PERSON if grade is Grade.GUARDIAN else ANYWHERE,
        answer_by or act.at + ANSWERED_WITHIN, recipient_id=about.recipient, grade=grade,
    )  # fmt: skip
    [outcome] = await posing.put_many(act, new, [about.customer_id], act.actor.organisation_id)
    return outcome


async def write(act: Act, referral: Referral, answer: Answer) -> None:
    """Write to the customer, where a message may ask this of them and an address is theirs alone."""
    if not may_write(answer):
        return
    address = await _address(act, referral)
    if address is None:
        return
    token = secrets.token_urlsafe(LINK_BYTES)
    await act.execute(_LINKED, referral.id, digest(token))
    row = await act.row(_ABOUT, referral.id)
    assert row is not None  # noqa: S101 - it was written in this act
    language = speaks(row["locale"])
    values = {
        "recipient": row["recipient"], "benefit": _in(row["benefit"], language),
        "purpose": _in(row["purposes"], language), "until": wording.until(language, row["keep_days"], row["ends_on"]),
        "link": f"/o/{row['house']}/{language}/{LINK}/{token}", "expires_on": referral.expires_at.date(),
    }  # fmt: skip
    new = NewLetter(
        referral.organisation_id, Key.REFERRAL_ASKED, address, row["locale"], values,
        customer_id=referral.customer_id, until_at=referral.expires_at,
    )  # fmt: skip
    await send(act, new)


def may_write(answer: Answer) -> bool:
    """Whether a letter may ask this of the customer themselves."""
    may = _may(answer)
    return all(Place.MESSAGE in one.where for one in may) and not any(_is_guardians(one) for one in may)


def digest(token: str) -> bytes:
    """What is kept of a link's token."""
    return hashlib.sha256(token.encode()).digest()


def _in(texts: str, language: str) -> str:
    """A text in a language, in English, or in whatever there is."""
    said: dict[str, str] = orjson.loads(texts)
    near = [text for locale, text in said.items() if locale.partition("-")[0] == language]
    return said.get(language) or next(iter(near), "") or said.get("en") or next(iter(said.values()))


def _may(answer: Answer) -> list[Asking]:
    return [asking.may_ask(facts) for facts in answer.all_facts]


def _is_guardians(one: Asking) -> bool:
    return any(each.code == "guardian" for each in one.how)


async def _address(act: Act, referral: Referral) -> str | None:
    """An email address that leads to this customer and to nobody else: a verified one first."""
    rows = await act.rows(_ADDRESSES, referral.customer_id, referral.organisation_id)
    key = act.hub.vault.unwrap(referral.customer_id, act.wrapped[referral.customer_id])
    for row in rows:
        email = key.open_text("identifier", "sealed", row["id"], row["sealed"])
        found = await finding.find(act, referral.organisation_id, Reference(ReferenceKind.EMAIL, email))
        if list(found) == [referral.customer_id]:
            return email
    return None
