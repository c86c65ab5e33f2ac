"""What a copy says of those outside: who received which kinds of data, what sort of firm it is, what was sold."""

import asyncpg

from hub.packaging.pages import WORDS
from hub.rights.requests import Request
from tests.rights.copies import Page, copied, opened
from tests.rights.desk import Desk
from tests.rights.test_disclosures import desk, sent, world
from tests.world import World

__all__ = ["desk", "world"]


async def test_the_copy_says_who_received_which_kinds_and_what_sort_of_firm_it_is(
    desk: Desk, world: World
) -> None:
    customer_id, made = await sent(desk, world, locale="fr")
    request = await desk.receive(customer_id, "ACCESS")
    await copied(desk, request)
    told = await recipients_told(desk, request)
    surveys, sort = world.recipients["moor-surveys"], world.classes["building-inspectors"].names
    passed = told.partition(surveys.name)[2].partition(f"{WORDS['fr']['PASSED']} (1)")[0]
    assert sort.get("fr", sort["en"]) in passed
    for each in world.categories.values():
        if each.id in made.categories:
            assert each.names.get("fr", each.names["en"]) in passed
    assert WORDS["fr"]["AGREED"] in told
    assert WORDS["fr"]["sold_nothing"] in told


async def recipients_told(desk: Desk, request: Request) -> str:
    """What its copy says of recipients."""
    page = Page((await opened(desk, request)).read("index.html").decode())
    return " ".join(page.sections["recipients"].split())


async def test_the_copy_tells_what_was_sold_apart_and_names_no_draft(
    desk: Desk, world: World, superuser: asyncpg.Connection
) -> None:
    customer_id, made = await sent(desk, world)
    await superuser.execute("SET session_replication_role = replica")
    await superuser.execute(
        """
        UPDATE decision SET question = question || '{"act": "SELL"}'
        WHERE id = (SELECT decision_id FROM decision_subject WHERE id = $1)
        """,
        made.decision_id,
    )
    await superuser.execute(
        "UPDATE arrangement SET state = 'DRAFT', in_force_at = NULL WHERE organisation_id = $1",
        world.organisation.id,
    )
    await superuser.execute("SET session_replication_role = origin")
    request = await desk.receive(customer_id, "ACCESS")
    await copied(desk, request)
    told = await recipients_told(desk, request)
    assert f"{WORDS['en']['SOLD']} (1)" in told
    assert WORDS["en"]["sold_nothing"] not in told
    assert WORDS["en"]["AGREED"] not in told
