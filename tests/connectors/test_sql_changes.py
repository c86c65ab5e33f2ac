"""What a SQL database really holds after an erasure, a correction, a restriction; and what stops them."""

import asyncio
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from tests.connectors import shop
from tests.connectors.shop import ANNA, BERT, DATASETS, KEY
from workers.connectors.connector import Broken, Call, Change, Done, Kept, Nothing, Place, Refused, Subject
from workers.connectors.sql import SqlConnector, SqlSystem
from workers.connectors.sql.engines import open_engine
from workers.connectors.sql.journal import NAME, statement


async def execute(database: str, *statements: Any) -> list[Any]:
    engine = open_engine(SqlSystem(database, ()))
    try:
        async with engine.begin() as connection:
            done = [await connection.execute(each) for each in statements]
            return [tuple(row) for row in done[-1].all()] if done[-1].returns_rows else []
    finally:
        await engine.dispose()


async def held(database: str) -> dict[str, list[Any]]:
    """Everything in the shop's tables."""
    return {
        table.name: await execute(database, sa.select(table).order_by(*table.primary_key.columns))
        for table in shop.ROWS
    }


def call(subject: Subject = ANNA, **others: Any) -> Call:
    return Call(uuid4(), subject, **others)


async def test_an_erasure_does_to_each_field_what_the_file_says(sql: SqlConnector, database: str) -> None:
    before = await held(database)
    outcome = await sql.erase(call())
    after = await held(database)
    [anna, bert] = after["customers"]
    assert (anna[0], anna[2], anna[3], anna[4]) == (1, None, "erased", None)
    assert len(anna[1]) == 60
    assert set(anna[1]) <= set("0123456789abcdef")
    assert bert == before["customers"][1]
    assert after["addresses"] == [before["addresses"][2]]
    assert [row[2] for row in after["orders"]] == [None, None, "no nuts"]
    assert [row[3] for row in after["orders"]] == [row[3] for row in before["orders"]]
    assert after["parcels"] == [before["parcels"][2]]
    assert after["invoices"] == before["invoices"]
    assert isinstance(outcome, Done)
    places = {place.collection: place for place in outcome.evidence.places}
    assert places["customers"] == Place(
        "shop",
        "customers",
        1,
        {"born_on": "emptied", "email": "hashed", "name": "replaced", "phone": "emptied"},
    )
    assert (places["parcels"].rows, places["addresses"].rows, places["orders"].rows) == (2, 2, 2)
    assert "invoices" not in places


async def test_what_stays_is_said_with_its_ground_and_its_day(sql: SqlConnector) -> None:
    outcome = await sql.erase(call())
    assert isinstance(outcome, Done)
    assert set(outcome.evidence.kept) == {
        Kept("shop", "customers", ("id",), "primary_key", 1),
        Kept("shop", "orders", ("total",), "read_only", 2),
        Kept("shop", "invoices", ("billed_to", "number", "order_id"), "tax_records", 1, date(2033, 12, 31)),
    }


async def test_what_was_kept_goes_once_its_day_has_passed(sql: SqlConnector, database: str) -> None:
    outcome = await sql.erase(call(at=datetime(2034, 1, 1, tzinfo=UTC)))
    assert isinstance(outcome, Done)
    assert [row[0] for row in (await held(database))["invoices"]] == ["2026-2"]


async def test_the_evidence_of_a_step_is_found_again_after_a_crash(sql: SqlConnector, database: str) -> None:
    """The connector's process dies between the commit and the answer: another one asks again."""
    once = call()
    first = await sql.erase(once)
    await sql.close()
    other = SqlConnector(SqlSystem(database, ("shop",)), DATASETS, KEY)
    again = await other.erase(once)
    await other.close()
    assert isinstance(first, Done)
    assert isinstance(again, Done)
    assert again.evidence.is_repeated
    assert again.evidence.places == first.evidence.places


async def test_a_step_that_comes_back_with_other_values_is_not_done(sql: SqlConnector, database: str) -> None:
    once = call()
    assert isinstance(await sql.correct(once, [shop.MOVED]), Done)
    before = await held(database)
    outcome = await sql.correct(once, [Change("user.contact.address.street", "elsewhere")])
    assert outcome == Refused(
        "This step was done before with other values: give the new ones a step of their own."
    )
    assert await held(database) == before


async def test_without_a_journal_nothing_is_changed_and_the_remedy_is_said(
    sql: SqlConnector, database: str, engine_name: str
) -> None:
    await execute(database, sa.text(f"DROP TABLE {NAME}"))
    before = await held(database)
    outcome = await sql.erase(call())
    assert isinstance(outcome, Refused)
    assert outcome.why.endswith(statement(engine_name))
    assert await sql.check() == (outcome.why,)
    assert await held(database) == before
    assert isinstance(await sql.find(call()), Done)
    await execute(database, sa.text(statement(engine_name)))
    assert await sql.check() == ()
    assert isinstance(await sql.erase(call()), Done)


async def test_a_failure_in_the_middle_takes_everything_back(sql: SqlConnector, database: str) -> None:
    """A rule that no dataset knows stands against the last change."""
    await execute(database, sa.text("CREATE TABLE likes (id INTEGER PRIMARY KEY, a INTEGER NOT NULL, "
                                    "FOREIGN KEY (a) REFERENCES addresses (id))"),
                  sa.text("INSERT INTO likes VALUES (1, 12)"))  # fmt: skip
    before = await held(database)
    outcome = await sql.erase(call())
    assert isinstance(outcome, Refused)
    assert outcome.why.startswith("The database refuses the change (")
    assert "12" not in outcome.why.replace("23503", "").replace("1451", "")
    assert await held(database) == before
    await execute(database, sa.text("DELETE FROM likes"))
    assert isinstance(await sql.erase(call()), Done)


async def test_a_correction_reaches_only_rows_that_hold_what_was(sql: SqlConnector, database: str) -> None:
    outcome = await sql.correct(
        call(), [Change("user.contact.address.street", "9 New Way", was="2 Oak Lane")]
    )
    assert isinstance(outcome, Done)
    assert outcome.evidence.places == (Place("shop", "addresses", 1, {"street": "corrected"}),)
    assert [row[2] for row in (await held(database))["addresses"]] == ["1 Elm Row", "9 New Way", "3 Ash Walk"]


async def test_a_correction_that_is_so_already_says_so(sql: SqlConnector) -> None:
    outcome = await sql.correct(call(), [Change("shop.customers.name", "Anna Lindqvist")])
    assert isinstance(outcome, Done)
    assert outcome.evidence.places == (Place("shop", "customers", 0, {"name": "already so"}),)


NEW = "The new value of `shop.customers."


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (Change("shop.customers.born_on", "29.2.1980"), NEW + "born_on` is no date."),
        (Change("shop.customers.name", "x" * 101), NEW + "name` is longer than 100 characters."),
        (Change("shop.customers.name", None), "`shop.customers.name` cannot be empty."),
        (Change("shop.customers.name", "a\x00b"),
         NEW + "name` holds a character that no database takes."),
        (Change("shop.customers.name", {"a": 1}), NEW + "name` is no text."),
        (Change("shop.orders.total", "1"), "`shop.orders.total` is a key or read-only: it cannot be corrected."),
    ],
)  # fmt: skip
async def test_a_value_that_does_not_fit_is_refused_before_anything_is_changed(
    sql: SqlConnector, database: str, change: Change, why: str
) -> None:
    before = await held(database)
    assert await sql.correct(call(), [shop.MOVED, change]) == Refused(why)
    assert await held(database) == before


async def test_a_restriction_is_marked_and_lifted(sql: SqlConnector, database: str) -> None:
    assert isinstance(await sql.restrict(call()), Done)
    assert [bool(row[5]) for row in (await held(database))["customers"]] == [True, False]
    assert isinstance(await sql.restrict(call(), is_restricted=False), Done)
    assert [bool(row[5]) for row in (await held(database))["customers"]] == [False, False]


@pytest.mark.parametrize(
    ("stored", "asked"),
    [("Ärla.Öst@Example.com", "Ärla.Öst@example.com"), ("ärla.öst@EXAMPLE.com", "ärla.öst@example.com")],
)
async def test_an_email_is_met_whatever_its_case(
    sql: SqlConnector, database: str, stored: str, asked: str
) -> None:
    await execute(database, sa.update(shop.customers).where(shop.customers.c.id == 2).values(email=stored))
    outcome = await sql.find(call(Subject({"email": (asked,)})))
    assert isinstance(outcome, Done)
    assert outcome.evidence.places[0].rows == 1


@pytest.mark.parametrize("engine_name", ["sqlite", "postgresql"], indirect=True)
async def test_where_emails_are_said_to_be_exact_their_case_counts(database: str) -> None:
    exact = SqlConnector(SqlSystem(database, ("shop",), exact=frozenset({"email"})), DATASETS, KEY)
    assert isinstance(await exact.find(call(Subject({"email": ANNA.identities["email"]}))), Nothing)
    assert isinstance(await exact.find(call(Subject({"email": ("Anna.Lindqvist@Example.com",)}))), Done)
    await exact.close()


async def test_identities_that_cannot_stand_in_a_column_meet_nobody(sql: SqlConnector) -> None:
    for odd in ("", "\x00", "' OR '1'='1", "%", "_", "0", "x" * 10_000, "\ud800"):
        assert await sql.erase(call(Subject({"email": (odd,), "phone": (odd,)}))) == Nothing()


async def test_more_rows_than_one_person_can_have_are_refused(database: str) -> None:
    narrow = SqlConnector(SqlSystem(database, ("shop",), rows_most=1), DATASETS, KEY)
    before = await held(database)
    for outcome in (
        await narrow.find(call()),
        await narrow.erase(call()),
        [x async for x in narrow.export(call())][-1],
    ):
        assert isinstance(outcome, Refused)
        assert outcome.why.startswith("`shop.addresses` would give one person 2 rows, more than 1:")
    assert await held(database) == before
    await narrow.close()


async def test_an_export_reads_in_batches_and_misses_nothing(database: str) -> None:
    many = [{"id": n, "customer_id": 1, "wish": f"wish {n}", "total": n} for n in range(1000, 1750)]
    boxes = [
        {"order_id": n, "place": p, "left_with": f"{n}-{p}"} for n in range(1000, 1100) for p in (1, 2, 3)
    ]
    await execute(database, sa.insert(shop.orders).values(many), sa.insert(shop.parcels).values(boxes))
    small = SqlConnector(SqlSystem(database, ("shop",), batch_rows=7), DATASETS, KEY)
    large = SqlConnector(SqlSystem(database, ("shop",)), DATASETS, KEY)
    by_seven = [item async for item in small.export(call())]
    assert by_seven == [item async for item in large.export(call())]
    outcome = by_seven[-1]
    assert isinstance(outcome, Done)
    assert {place.collection: place.rows for place in outcome.evidence.places} == {
        "customers": 1, "addresses": 2, "orders": 752, "parcels": 302, "invoices": 1,
    }  # fmt: skip
    await small.close()
    await large.close()


async def test_two_workers_on_one_step_have_one_effect(sql: SqlConnector, database: str) -> None:
    once = call()
    outcomes = await asyncio.gather(*(sql.erase(once) for _ in range(4)))
    assert all(isinstance(each, Done | Broken) for each in outcomes)
    again = await sql.erase(once)
    assert isinstance(again, Done)
    assert again.evidence.is_repeated
    assert (
        len(
            {
                each.evidence.text()
                for each in outcomes
                if isinstance(each, Done) and not each.evidence.is_repeated
            }
        )
        == 1
    )
    assert await execute(database, sa.text(f"SELECT count(*) FROM {NAME}")) == [(1,)]


async def test_bert_is_erased_as_anna_was(sql: SqlConnector, database: str) -> None:
    assert isinstance(await sql.erase(call()), Done)
    assert isinstance(await sql.erase(call(BERT)), Done)
    rows = (await held(database))["customers"]
    assert rows[0][1] != rows[1][1]
    assert [row[3] for row in rows] == ["erased", "erased"]
