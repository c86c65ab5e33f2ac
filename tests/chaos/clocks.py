"""A database whose clock can be moved, to and fro: what asks it for the time is told another.

PostgreSQL has no such thing, so its `now()` and `clock_timestamp()` make way for two of ours. A transaction has one
instant, as it always has: the first time it asks is kept until it ends, however often the clock is moved meanwhile.
"""

from datetime import timedelta

import asyncpg

MOVABLE = """
    CREATE TABLE chaos_clock (shift interval NOT NULL);
    INSERT INTO chaos_clock VALUES ('0');
    ALTER FUNCTION pg_catalog.now() RENAME TO true_now;
    ALTER FUNCTION pg_catalog.clock_timestamp() RENAME TO true_clock;
    CREATE FUNCTION pg_catalog.clock_timestamp() RETURNS timestamptz LANGUAGE sql SECURITY DEFINER
        AS 'SELECT pg_catalog.true_clock() + shift FROM public.chaos_clock';
    CREATE FUNCTION pg_catalog.now() RETURNS timestamptz LANGUAGE plpgsql STABLE SECURITY DEFINER AS $$
    DECLARE
        kept text := current_setting('chaos.now', true);
    BEGIN
        IF coalesce(kept, '') = '' THEN
            SELECT (pg_catalog.true_now() + shift)::text INTO kept FROM public.chaos_clock;
            PERFORM set_config('chaos.now', kept, true);
        END IF;
        RETURN kept::timestamptz;
    END $$;
"""
# A default keeps the function it was written with, whatever that is called now.
DEFAULTS = """
    SELECT format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT %s', d.adrelid::regclass, a.attname,
                  replace(replace(said, 'true_now()', 'now()'), 'true_clock()', 'clock_timestamp()'))
    FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
        CROSS JOIN LATERAL pg_get_expr(d.adbin, d.adrelid) said WHERE said ~ 'true_(now|clock)'
"""


async def make_movable(superuser: asyncpg.Connection) -> None:
    """Give this database such a clock; it shows the right time until it is moved."""
    await superuser.execute(MOVABLE)
    for row in await superuser.fetch(DEFAULTS):
        await superuser.execute(row[0])


async def move(superuser: asyncpg.Connection, shift: timedelta) -> None:
    """Let it be wrong by so much."""
    await superuser.execute("UPDATE chaos_clock SET shift = $1", shift)
