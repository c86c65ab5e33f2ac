"""What tests of refusals rest on: that nothing changed is said of nothing else."""

import asyncpg
import pytest

from tests.untouched import written

CHANGES = {
    "a row more": "INSERT INTO kept VALUES (4, 'd')",
    "a row changed": "UPDATE kept SET said = 'x' WHERE id = 2",
    "a row written as it was": "UPDATE kept SET said = said WHERE id = 2",
    "a row less": "DELETE FROM kept WHERE id = 2",
    "another in its place": "WITH gone AS (DELETE FROM kept WHERE id = 2) INSERT INTO kept VALUES (4, 'b')",
}


@pytest.mark.parametrize("change", CHANGES)
async def test_whatever_is_written_shows(superuser: asyncpg.Connection, change: str) -> None:
    await superuser.execute("CREATE TEMPORARY TABLE IF NOT EXISTS kept (id int, said text)")
    await superuser.execute("INSERT INTO kept VALUES (1, 'a'), (2, 'b'), (3, 'c')")
    before = await superuser.fetch(written(["kept", "act"]))
    assert await superuser.fetch(written(["kept", "act"])) == before
    await superuser.execute(CHANGES[change])
    of_kept, of_act = await superuser.fetch(written(["kept", "act"]))
    assert (of_kept["said"] != before[0]["said"], of_act) == (True, before[1])
