"""Faults of the database, planted in tables: at each row that is added, and once more when its act commits."""

from collections.abc import Sequence

import asyncpg

PASSING = ("40001", "40P01")  # serialization failure, deadlock: begun again
FULL = "53100"  # disk full: nobody tries again for the asker
PLANT = """
    CREATE SEQUENCE fault_calls;
    CREATE TABLE fault (sqlstate text, first bigint, last bigint);
    CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
    DECLARE
        call bigint := nextval('fault_calls');
        planned fault;
    BEGIN
        SELECT * INTO planned FROM fault;
        IF call BETWEEN planned.first AND planned.last THEN
            RAISE EXCEPTION 'a fault that was planned' USING ERRCODE = planned.sqlstate;
        END IF;
        RETURN NULL;
    END $$;
"""
TRIGGER = "CREATE {constraint} TRIGGER fault_{when} AFTER INSERT {on} FOR EACH ROW EXECUTE FUNCTION fail()"
NEVER = 10**9


async def plant(superuser: asyncpg.Connection, tables: Sequence[str]) -> None:
    """Let every table fail when it is told to: at each row, and once more when the act commits."""
    await superuser.execute(PLANT)
    for table in tables:
        await superuser.execute(TRIGGER.format(constraint="", when="now", on=f"ON {table}"))
    last = TRIGGER.format(constraint="CONSTRAINT", when="then", on="ON act DEFERRABLE INITIALLY DEFERRED")
    await superuser.execute(last)


async def plan(superuser: asyncpg.Connection, sqlstate: str, first: int, last: int) -> None:
    """Plan that calls first to last of the triggers fail."""
    await superuser.execute("TRUNCATE fault; ALTER SEQUENCE fault_calls RESTART")
    await superuser.execute("INSERT INTO fault VALUES ($1, $2, $3)", sqlstate, first, last)


async def fail_soon(superuser: asyncpg.Connection, sqlstate: str, after: int) -> None:
    """Plan that one call fails, so many from now; waits for nobody who is in the middle of an act."""
    call = "(SELECT last_value FROM fault_calls) + $2"
    await superuser.execute(f"UPDATE fault SET sqlstate = $1, first = {call}, last = {call}", sqlstate, after)
