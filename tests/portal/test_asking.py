"""What few ask for: an explanation, to keep and not use, to take elsewhere; and how large a copy is."""

import re

import asyncpg
import pytest

from hub.actors import OPERATOR, Operation
from hub.rights import requests
from tests.portal.visitor import KNOWN, Answers, Visitor
from tests.rights.desk import Desk

EXPLAIN = (("words", {"words": "The loan."}), ("place", {"place": "EU"}), ("email", {"email": KNOWN}))
KEEP = (("place", {"place": "EU"}), ("remedy", {"remedy": "RESTRICTION"}), ("email", {"email": KNOWN}))
TAKE = (
    ("topics", {"which": "elsewhere"}), ("place", {"place": "EU"}), ("email", {"email": KNOWN}),
    ("words", {"words": ""}),
)  # fmt: skip


@pytest.mark.parametrize(
    ("journey", "answers", "kind"),
    [("explain", EXPLAIN, "EXPLANATION"), ("stop", KEEP, "RESTRICTION"), ("copy", TAKE, "PORTABILITY")],
)
async def test_rights_that_few_ask_for_are_asked_for_here_too(
    visitor: Visitor, journey: str, answers: Answers, kind: str
) -> None:
    assert 'ask/explain/words"' in await visitor.open()
    request_id = await visitor.ask(journey, answers)
    await visitor.prove(request_id)
    async with visitor.firm.hub.ask(OPERATOR, Operation.REQUEST_READ) as ask:
        assert (await requests.read(ask, request_id)).kind == kind


async def test_where_nothing_is_taken_elsewhere_a_copy_is_named(visitor: Visitor) -> None:
    await visitor.open("ask/copy/topics")
    await visitor.send({"which": "elsewhere"})
    await visitor.send({"place": "AU"})
    assert visitor.place == "ask/copy/place"
    assert "There you can ask for a copy instead" in visitor.page.text


async def test_how_large_copies_are_and_how_long_they_take_is_said_once_there_were_some(
    visitor: Visitor, superuser: asyncpg.Connection
) -> None:
    assert "mostly of a few MB" in await visitor.open("ask/copy/topics")
    firm = visitor.firm
    made = [await Desk(firm).receive(firm.people[0], "ACCESS") for _ in range(10)]
    await superuser.execute("SET session_replication_role = replica")
    await superuser.executemany(
        """
        WITH o AS (INSERT INTO stored_object (place, size_bytes, digest, noted_at)
            VALUES ($1::text, 2500000, sha256(''), now()) RETURNING place)
        INSERT INTO package (id, request_id, number, state, place, manifest, files, begun_at, built_at, released_at,
            until_at, act_id)
        SELECT gen_random_uuid(), $2, 2, 'RELEASED', place, sha256(''), 1, now(), now(), now() + interval '3 days',
            now() + interval '17 days', $2 FROM o
        """,
        [(f"requests/{each.id}/packages/x", each.id) for each in made],
    )
    await superuser.execute("SET session_replication_role = origin")
    text = await visitor.open("ask/copy/topics")
    assert re.search("one file of 3 MB at most, and ready within [234] days", text), (
        "by the days of the place"
    )
