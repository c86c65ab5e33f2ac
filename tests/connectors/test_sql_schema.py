"""Datasets that do not fit their database: named with what to do, before anything is touched."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.connectors.describing import DELETED, EMAIL, ID, NAME, dataset, erased_by, refers
from tests.connectors.shop import KEY
from workers.connectors.connector import Call, Done, Nothing, Refused, Subject
from workers.connectors.datasets import Dataset, Unusable
from workers.connectors.sql import SqlConnector, SqlSystem
from workers.connectors.sql.engines import DRIVERS, open_engine
from workers.connectors.sql.journal import TABLE

ANNA = Subject({"email": ("anna@example.com",)})
NEVER_EMPTY = (
    "the column cannot be empty: give the field a `masking_strategy_override` such as string_rewrite, "
    "or delete the rows."
)
UNLIKE = "its values must differ from each other: use hmac or random_string_rewrite."
ALIKE = (
    "crm.people: nothing tells its rows apart: it needs a primary key, or `primary_key` on columns "
    "that are unique and never empty."
)
ALONG = (
    "crm.people: deleting its rows would change `orders` too (ON DELETE {}): describe that table, "
    "so that an export shows it."
)
STAYING = (
    "crm.orders.person: refers to rows of `crm.people`, which are deleted, while these stay: give it "
    "null_rewrite, delete these rows too, or do not delete those."
)
PEOPLE = "CREATE TABLE people (id INTEGER PRIMARY KEY, email VARCHAR(60), name VARCHAR(60))"
Look = Callable[..., Any]


async def prepare(database: str, *statements: str) -> None:
    async def run(connection: AsyncConnection) -> None:
        await connection.run_sync(TABLE.create)
        for each in statements:
            await connection.exec_driver_sql(each)

    engine = open_engine(SqlSystem(database, ()))
    async with engine.begin() as connection:
        await run(connection)
    await engine.dispose()


async def checked(database: str, described: Dataset, *statements: str) -> list[str]:
    """What a check says; every call then refuses with the same words."""
    await prepare(database, *statements)
    connector = SqlConnector(SqlSystem(database, (described.key,)), [described], KEY)
    problems = list(await connector.check())
    outcomes = [
        await connector.find(Call(uuid4(), ANNA)),
        await connector.erase(Call(uuid4(), ANNA)),
        *[item async for item in connector.export(Call(uuid4(), ANNA))],
    ]
    await connector.close()
    found, erased, exported = outcomes
    assert erased == (Refused(" ".join(problems)) if problems else Nothing())
    assert found == exported
    assert found == Nothing() or (
        isinstance(found, Refused) and found.why and found.why in " ".join(problems)
    )
    return problems


def crm(**collections: Any) -> Dataset:
    return dataset("crm", collections)


async def test_a_dataset_that_fits_has_no_problem(empty_database: str) -> None:
    assert await checked(empty_database, crm(people={"id": ID, "email": EMAIL, "name": NAME}), PEOPLE) == []


async def test_missing_tables_and_columns_are_listed(empty_database: str) -> None:
    described = crm(
        people={"id": ID, "email": EMAIL, "nick": NAME}, orders={"id": ID, "p": refers("crm.people.id")}
    )
    assert await checked(empty_database, described, PEOPLE) == [
        "crm.orders: the database has no such table, or shows it to others only.",
        "crm.people.nick: the table has no such column.",
    ]


async def test_types_that_the_dataset_says_otherwise_are_listed(empty_database: str) -> None:
    typed = {"fides_meta": {"data_type": "integer"}}
    documents = {"fields": [{"name": "street", "data_categories": ["user.contact.address.street"]}]}
    described = crm(
        people={
            "id": ID,
            "email": EMAIL,
            "name": typed,
            "home": documents,
            "tags": {"fides_meta": {"data_type": "string[]"}},
        }
    )
    assert await checked(empty_database, described, PEOPLE) == [
        "crm.people.home: nested fields and arrays belong to documents, and this is a table.",
        "crm.people.name: the dataset says integer, and the column is text.",
        "crm.people.tags: nested fields and arrays belong to documents, and this is a table.",
    ]  # fmt: skip


async def test_references_join_equal_types(empty_database: str) -> None:
    described = crm(people={"id": ID, "email": EMAIL}, orders={"id": ID, "person": refers("crm.people.id")})
    orders = "CREATE TABLE orders (id INTEGER PRIMARY KEY, person VARCHAR(20))"
    assert await checked(empty_database, described, PEOPLE, orders) == [
        "crm.orders.person: refers to `crm.people.id`, which is of another type (number, not text)."
    ]


@pytest.mark.parametrize(
    ("column", "said", "problem"),
    [
        ("VARCHAR(60) NOT NULL", NAME, NEVER_EMPTY),
        ("VARCHAR(60) NOT NULL", erased_by("hmac"), ""),
        ("VARCHAR(8)", erased_by("hmac"), "hashed needs 16 characters."),
        ("VARCHAR(8)", erased_by("random_string_rewrite"), "randomised needs 16 characters."),
        ("INTEGER", erased_by("hmac"), "hashed is for text, and the column is number."),
        ("INTEGER", erased_by("string_rewrite", rewrite_value="gone"), "its `rewrite_value` is no number."),
        ("INTEGER", erased_by("string_rewrite", rewrite_value=0), ""),
        ("VARCHAR(3)", erased_by("string_rewrite", rewrite_value="gone"),
         "its `rewrite_value` is longer than 3 characters."),
        ("VARCHAR(60) UNIQUE", erased_by("string_rewrite", rewrite_value="gone"), UNLIKE),
        ("VARCHAR(60) NOT NULL", erased_by("keep", ground="claim"), ""),
    ],
)  # fmt: skip
async def test_a_strategy_that_its_column_cannot_follow_is_named(
    empty_database: str, column: str, said: dict[str, Any], problem: str
) -> None:
    described = crm(people={"id": ID, "email": EMAIL, "extra": said})
    table = f"CREATE TABLE people (id INTEGER PRIMARY KEY, email VARCHAR(60), extra {column})"
    assert await checked(empty_database, described, table) == (
        [f"crm.people.extra: {problem}"] if problem else []
    )


async def test_rows_that_nothing_tells_apart_are_not_touched(empty_database: str) -> None:
    table = "CREATE TABLE people (id INTEGER, email VARCHAR(60), name VARCHAR(60))"
    assert await checked(empty_database, crm(people={"id": ID, "email": EMAIL}), table) == [ALIKE]


async def test_a_key_that_the_dataset_names_must_be_unique(empty_database: str) -> None:
    table = "CREATE TABLE people (id INTEGER NOT NULL, email VARCHAR(60), UNIQUE (id))"
    assert await checked(empty_database, crm(people={"id": ID, "email": EMAIL}), table) == []


async def test_rows_are_deleted_whole_only_where_every_column_is_described(empty_database: str) -> None:
    described = crm(people={"": DELETED, "id": ID, "email": EMAIL})
    assert await checked(empty_database, described, PEOPLE) == [
        "crm.people: rows are deleted whole, so column `name` must be described: else an export would not show it."
    ]


CHILD = "CREATE TABLE orders (id INTEGER PRIMARY KEY, person INTEGER, FOREIGN KEY (person) REFERENCES people (id){})"


async def test_a_right_to_see_does_not_wait_for_how_to_erase(empty_database: str) -> None:
    await prepare(empty_database, PEOPLE, "INSERT INTO people VALUES (1, 'anna@example.com', 'Anna')")
    described = crm(people={"": DELETED, "id": ID, "email": EMAIL})
    connector = SqlConnector(SqlSystem(empty_database, ("crm",)), [described], KEY)
    assert isinstance(await connector.erase(Call(uuid4(), ANNA)), Refused)
    assert isinstance(await connector.find(Call(uuid4(), ANNA)), Done)
    assert len([item async for item in connector.export(Call(uuid4(), ANNA))]) == 2
    await connector.close()


async def test_an_index_on_emails_in_lower_case_is_no_hindrance(
    empty_database: str, engine_name: str
) -> None:
    by = "email" if engine_name == "mariadb" else "lower(email)"  # MariaDB has no index on an expression
    described = crm(people={"id": ID, "email": EMAIL, "name": NAME})
    assert await checked(empty_database, described, PEOPLE, f"CREATE INDEX i ON people ({by})") == []


async def test_an_index_over_some_rows_tells_no_rows_apart(empty_database: str, engine_name: str) -> None:
    table = "CREATE TABLE people (id INTEGER NOT NULL, email VARCHAR(60))"
    where = "" if engine_name == "mariadb" else " WHERE email <> ''"  # MariaDB has none
    said = await checked(
        empty_database,
        crm(people={"id": ID, "email": EMAIL}),
        table,
        f"CREATE UNIQUE INDEX i ON people (id){where}",
    )
    assert bool(said) is bool(where)


@pytest.mark.parametrize("action", ["CASCADE", "SET NULL"])
async def test_what_would_go_along_unseen_is_named(empty_database: str, action: str) -> None:
    described = crm(people={"": DELETED, "id": ID, "email": EMAIL, "name": NAME})
    assert await checked(empty_database, described, PEOPLE, CHILD.format(f" ON DELETE {action}")) == [
        ALONG.format(action)
    ]


@pytest.mark.parametrize(
    ("fields", "is_fine"),
    [
        ({"": DELETED, "id": ID, "person": refers("crm.people.id")}, True),
        ({"id": ID, "person": refers("crm.people.id")}, False),
        ({"id": ID, "person": refers("crm.people.id") | {"data_categories": ["user.unique_id"]}}, True),
    ],
)
async def test_rows_that_stay_must_let_go_of_rows_that_are_deleted(
    empty_database: str,
    fields: dict[str, Any],
    is_fine: bool,  # noqa: FBT001 - a parameter of the table above
) -> None:
    described = crm(people={"": DELETED, "id": ID, "email": EMAIL, "name": NAME}, orders=fields)
    said = await checked(empty_database, described, PEOPLE, CHILD.format(""))
    assert said == ([] if is_fine else [STAYING])


async def test_a_table_that_leads_to_what_it_depends_on_is_deleted_first(empty_database: str) -> None:
    """A customer's row refers to an address: found from the customer, it can only go after."""
    described = crm(
        people={"": DELETED, "id": ID, "email": EMAIL, "home": refers("crm.homes.id", "to")},
        homes={"": DELETED, "id": ID, "street": {"data_categories": ["user.contact.address.street"]}},
    )
    await prepare(
        empty_database,
        "CREATE TABLE homes (id INTEGER PRIMARY KEY, street VARCHAR(60))",
        "CREATE TABLE people (id INTEGER PRIMARY KEY, email VARCHAR(60), home INTEGER, "
        "FOREIGN KEY (home) REFERENCES homes (id))",
        "INSERT INTO homes VALUES (7, '1 Elm Row'), (8, '2 Oak Lane')",
        "INSERT INTO people VALUES (1, 'Anna@Example.com', 7), (2, 'bert@example.com', 8)",
    )
    connector = SqlConnector(SqlSystem(empty_database, ("crm",)), [described], KEY)
    outcome = await connector.erase(Call(uuid4(), ANNA))
    assert isinstance(outcome, Done)
    assert {place.collection: place.rows for place in outcome.evidence.places} == {"people": 1, "homes": 1}
    assert await connector.find(Call(uuid4(), ANNA)) == Nothing()
    await connector.close()


async def test_tables_that_refer_to_each_other_are_named(empty_database: str, engine_name: str) -> None:
    if engine_name == "sqlite":  # it adds no foreign key to a table that is there
        pair = ["CREATE TABLE homes (id INTEGER PRIMARY KEY, owner INTEGER REFERENCES people (id))"]
    else:
        pair = ["CREATE TABLE homes (id INTEGER PRIMARY KEY, owner INTEGER)"]
    pair.append("CREATE TABLE people (id INTEGER PRIMARY KEY, email VARCHAR(60), home INTEGER, "
                "FOREIGN KEY (home) REFERENCES homes (id))")  # fmt: skip
    if engine_name != "sqlite":
        pair.append("ALTER TABLE homes ADD FOREIGN KEY (owner) REFERENCES people (id)")
    described = crm(
        people={"": DELETED, "id": ID, "email": EMAIL, "home": {}},
        homes={"": DELETED, "id": ID, "owner": refers("crm.people.id")},
    )  # fmt: skip
    [said] = await checked(empty_database, described, *pair)
    assert said.startswith("Foreign keys and `erase_after` run in a circle: ")
    assert said.endswith(": nothing of it can be erased first.")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "The address of the database is no URL."),
        ("oracle://x/y", f"The address of the database begins with none of {', '.join(DRIVERS)}."),
        ("sqlite://", "The address of a SQLite database names its file, as in sqlite:////var/lib/shop.db."),
        ("sqlite:///:memory:", "The address of a SQLite database names its file, as in sqlite:////var/lib/shop.db."),
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_refused(url: str, said: str) -> None:
    with pytest.raises(Unusable) as raised:
        SqlConnector(SqlSystem(url, ()), [], KEY)
    assert raised.value.problems == (said,)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////nowhere/at/all.db",
        "postgresql://user:s3cr3t-word@127.0.0.1:1/none",
        "mysql://user:s3cr3t-word@127.0.0.1:1/none",
    ],
)
async def test_a_database_that_is_away_is_broken_and_its_password_stays_secret(url: str) -> None:
    system = SqlSystem(url, ("crm",))
    connector = SqlConnector(system, [crm(people={"id": ID, "email": EMAIL})], KEY)
    outcome = await connector.erase(Call(uuid4(), ANNA))
    assert type(outcome).__name__ == "Broken"
    assert await connector.check() == (getattr(outcome, "why", ""),)
    assert "s3cr3t" not in f"{outcome!r}{system!r}{connector!r}"
    await connector.close()
