"""The demo's customers: all or none, the same every time, of every kind the story needs, and nobody real."""

import asyncio
import re
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from hub import demo, organisations
from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.cli import greeting
from hub.demo import databases
from hub.demo.apps import sign_in
from hub.demo.firm import FIRMS, described
from hub.demo.people import Person, make
from hub.errors import Refusal, Unready
from hub.rights import systems
from hub.settings import Mode

MADE_ONCE = pytest.mark.xdist_group("made-up")
COUNTS = """
    SELECT (SELECT count(*) FROM organisation) AS firms, (SELECT count(*) FROM customer) AS customers,
           (SELECT count(*) FROM ledger_entry) AS entries
"""
SORTS = """
    SELECT relationship FROM customer_standing UNION SELECT age FROM customer_standing
    UNION SELECT source FROM collection UNION SELECT kind || ' ' || action FROM choice
    UNION SELECT 'restricted' FROM customer_standing WHERE restricted
    UNION SELECT 'untold' FROM collection WHERE source = 'CUSTOMER' AND notice_version_id IS NULL
    UNION SELECT 'told again' FROM delivery WHERE how = 'EMAIL'
    UNION SELECT 'lapsed' FROM choice WHERE ends_at < now()
    UNION SELECT 'shared mailbox' FROM identifier WHERE kind = 'EMAIL' GROUP BY blind HAVING count(*) > 1
    UNION SELECT 'moved' FROM customer_standing WHERE cardinality(jurisdictions) = 2
    UNION SELECT 'shown ' || v.number FROM collection c JOIN notice_version v ON v.id = c.notice_version_id
"""
UNLIKE = """
    SELECT count(*) FROM customer_state s
    CROSS JOIN LATERAL state_at(s.customer_id, s.organisation_id, s.valid_from) r WHERE s IS DISTINCT FROM r
"""
KILL = """
    SELECT bool_or(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


async def counts(hub: Hub) -> tuple[int, ...]:
    async with hub.ask(OPERATOR, Operation.CATALOGUE_READ) as ask:
        return tuple((await ask.rows(COUNTS))[0])


async def kill_whoever_waits(connection: asyncpg.Connection) -> None:
    async with asyncio.timeout(120):
        while not await connection.fetchval(KILL):  # noqa: ASYNC110 - the database tells nobody
            await asyncio.sleep(0.02)


@MADE_ONCE
async def test_the_demo_has_two_firms_two_thousand_customers_and_lives_of_every_kind(made_up: Hub) -> None:
    assert (await counts(made_up))[:2] == (2, 2_000)
    async with made_up.ask(OPERATOR, Operation.CATALOGUE_READ) as ask:
        found = {row[0] for row in await ask.rows(SORTS)}
        assert await ask.value(UNLIKE) == 0
    assert found >= {
        *("ACTIVE", "NEGOTIATING", "CLOSED", "NONE", "ADULT", "AGE_16_17", "AGE_15", "UNDER_13", "CUSTOMER"),
        *("THIRD_PARTY", "CONSENT GIVEN", "CONSENT REFUSED", "CONSENT WITHDRAWN", "MARKETING OPTED_OUT"),
        *(
            "SHARING OPTED_OUT",
            "SHARING OPTED_IN",
            "SIGNAL OPTED_OUT",
            "OBJECTION PENDING",
            "OBJECTION UPHELD",
        ),
        *("OBJECTION OVERRULED", "restricted", "untold", "told again", "lapsed", "shared mailbox", "moved"),
        *("shown 1", "shown 2", "shown 3"),
    }


async def connected(hub: Hub) -> list[str]:
    """The systems of the first firm."""
    async with hub.ask(OPERATOR, Operation.CATALOGUE_READ) as ask:
        firm = await organisations.read(ask, FIRMS[0])
        return [each.key for each in await systems.all_of(ask, firm.id)]


async def test_a_role_that_may_make_no_database_is_told_what_lets_it(superuser: asyncpg.Connection) -> None:
    await superuser.execute("SET ROLE hub_app")
    with pytest.raises(Unready, match="ALTER ROLE hub_app CREATEDB"):
        await databases.make_anew(superuser, "demo_accounts_of_nobody")


async def is_killed_while_it_loads(hub: Hub) -> None:
    """By the end of its connection, in the middle of the one act."""
    holder, killer = [await asyncpg.connect(hub.database.url) for _ in range(2)]
    async with holder.transaction():
        await holder.execute("LOCK TABLE customer IN ACCESS EXCLUSIVE MODE")
        loading = asyncio.create_task(demo.load(hub))
        await kill_whoever_waits(killer)
        with pytest.raises(Refusal):
            await loading
    await holder.close()
    await killer.close()


async def test_a_load_that_is_killed_leaves_nothing_and_later_ones_make_only_what_could_not_be_made(
    fresh_hub: Hub, superuser: asyncpg.Connection
) -> None:
    await is_killed_while_it_loads(fresh_hub)
    assert (await counts(fresh_hub))[:2] == (0, 0)
    theirs = f"{urlsplit(fresh_hub.database.url).path[1:]}_accounts"
    await superuser.execute(f'DROP DATABASE IF EXISTS "{theirs}" WITH (FORCE)')
    await superuser.execute(f'CREATE DATABASE "{theirs}"')
    said = list[str]()
    assert await demo.load(fresh_hub, said.append)
    assert (await counts(fresh_hub))[:2] == (2, 2_000)
    assert said == [
        f"The demo goes on without its accounts: there is a database {theirs} that the demo did not make."
    ]
    assert await connected(fresh_hub) == ["diary", "key-cabinet", "paper-archive"]
    await superuser.execute(f'DROP DATABASE "{theirs}"')
    await makes_the_accounts_once(fresh_hub, superuser, theirs)


async def makes_the_accounts_once(hub: Hub, superuser: asyncpg.Connection, theirs: str) -> None:
    """And nothing else, however often it is loaded."""
    said = list[str]()
    assert not await demo.load(hub, said.append)
    before = await counts(hub), await connected(hub)
    assert before[1] == ["accounts", "diary", "key-cabinet", "paper-archive"]
    made = await superuser.fetchval("SELECT oid FROM pg_database WHERE datname = $1", theirs)
    assert not await demo.load(hub, said.append)
    assert (await counts(hub), await connected(hub)) == before
    assert await superuser.fetchval("SELECT oid FROM pg_database WHERE datname = $1", theirs) == made
    assert said == []


async def test_a_hub_in_production_takes_no_made_up_customers(fresh_hub: Hub) -> None:
    fresh_hub.settings = fresh_hub.settings.model_copy(update={"mode": Mode.PRODUCTION})
    before = await counts(fresh_hub)
    with pytest.raises(Unready, match="production"):
        await demo.load(fresh_hub)
    assert await counts(fresh_hub) == before


@MADE_ONCE
async def test_a_firms_crm_keeps_its_secret_to_itself_and_gets_another_when_it_is_lost(
    made_up: Hub, tmp_path: Path
) -> None:
    hub = Hub(made_up.settings.model_copy(update={"data_dir": tmp_path}), made_up.database, made_up.vault)
    first, second = await sign_in(hub)
    assert {app.file.stat().st_mode & 0o777 for app in (first, second)} == {0o600}
    kept = first.file.read_text()
    assert [app.file for app in await sign_in(hub)] == [first.file, second.file]
    assert first.file.read_text() == kept
    first.file.write_text("not a secret")
    again, _ = await sign_in(hub)
    assert again.token
    assert again.file.read_text() not in {kept, "not a secret"}
    assert first.token not in repr(first)


@pytest.fixture(scope="module")
def crowd() -> list[Person]:
    return [person for key in FIRMS for person in make(described(key))]


def test_the_demos_customers_are_the_same_every_time(crowd: list[Person]) -> None:
    assert crowd == [person for key in FIRMS for person in make(described(key))]


def test_nobody_in_the_demo_can_be_written_to_or_called(crowd: list[Person]) -> None:
    emails = re.compile(r"[a-z0-9._]+@example\.(com|org|net)")
    phones = re.compile(
        r"\+61 491 570 (006|156)|\+61 [237] (5550|7010) \d{4}"
        r"|\+44 7700 900\d{3}|\+44 (161 496|20 7946) 0\d{3}"
    )
    assert [person for person in crowd if not emails.fullmatch(person.email)] == []
    assert [person for person in crowd if not phones.fullmatch(person.phone)] == []


def test_most_of_the_demos_customers_joined_before_the_alliances_were_signed(crowd: list[Person]) -> None:
    joined = [person.joined.date().isoformat() for person in crowd if person.source == "CUSTOMER"]
    assert sum(day < "2025-07-01" for day in joined) > len(joined) / 2


@MADE_ONCE
async def test_one_copy_waits_to_be_looked_at_and_one_is_released(made_up: Hub) -> None:
    await greeting.load_demo(made_up)
    async with made_up.ask(OPERATOR, Operation.REQUEST_READ) as ask:
        rows = await ask.rows(
            "SELECT p.state, r.state FROM package p JOIN rights_request r ON r.id = p.request_id"
        )
    assert sorted(tuple(row) for row in rows) == [("BUILT", "DECIDING"), ("RELEASED", "ANSWERED")]
