"""One connector is asked about many people: each is answered about themselves, whoever was asked about before."""

import asyncio
from uuid import uuid4

from tests.connectors.shop import ANNA, BERT, DATASETS, KEY, NOBODY
from workers.connectors.connector import Call, Done, Outcome, Row, Subject
from workers.connectors.sql import SqlConnector, SqlSystem
from workers.connectors.sql.reach import BOUND_AT_ONCE

BOTH = Subject({kind: ANNA.identities[kind] + BERT.identities[kind] for kind in ("email", "phone")})
BY_PHONE = Subject({"phone": ANNA.identities["phone"]})
WITHOUT_PHONE = Subject({"email": BERT.identities["email"], "phone": ()})
AMONG_MANY = Subject(
    {"email": (*(f"c{n}@example.com" for n in range(BOUND_AT_ONCE)), *BERT.identities["email"])}
)
PEOPLE = (ANNA, BERT, NOBODY, BOTH, BY_PHONE, WITHOUT_PHONE, AMONG_MANY)


async def exported(connector: SqlConnector, subject: Subject) -> tuple[list[Row], Outcome]:
    *rows, outcome = [each async for each in connector.export(Call(uuid4(), subject))]
    return rows, outcome  # pyright: ignore[reportReturnType] - the last one is the outcome


async def alone(database: str, subject: Subject) -> tuple[list[Row], Outcome]:
    """What a connector says that was asked about nobody else."""
    connector = SqlConnector(SqlSystem(database, ("shop",)), DATASETS, KEY)
    said = await exported(connector, subject)
    await connector.close()
    return said


async def test_each_person_gets_their_own_rows_whoever_was_asked_about_before(
    sql: SqlConnector, database: str
) -> None:
    expected = [await alone(database, subject) for subject in PEOPLE]
    assert [await exported(sql, subject) for subject in PEOPLE] == expected
    assert [await exported(sql, subject) for subject in reversed(PEOPLE)] == expected[::-1]
    [first, *_] = (await exported(sql, BY_PHONE))[0]
    assert first.values["email"] == "Anna.Lindqvist@Example.com"


async def test_many_people_at_once_get_their_own_rows(sql: SqlConnector, database: str) -> None:
    expected = [await alone(database, subject) for subject in PEOPLE]
    assert await asyncio.gather(*(exported(sql, subject) for subject in PEOPLE * 3)) == expected * 3


async def test_an_erasure_takes_the_rows_of_its_person_alone(sql: SqlConnector, database: str) -> None:
    await exported(sql, ANNA)
    before = await alone(database, ANNA)
    assert isinstance(await sql.erase(Call(uuid4(), BERT)), Done)
    assert await exported(sql, ANNA) == before
    assert isinstance((await sql.find(Call(uuid4(), ANNA))), Done)
