"""Whether anything changed: at a price that hardly grows with what other tests have written to the same tables.

Every row says which transaction wrote it, and those count upwards: while no row was added, written (be it as it was)
or deleted, the number of rows and the sum of their transactions stay what they were; and never both otherwise.
"""

from collections.abc import Sequence

_WRITTEN = "SELECT '{0}' AS of, count(*) || ' rows, ' || coalesce(sum(xmin::text::int8), 0) AS said FROM {0}"


def written(tables: Sequence[str]) -> str:
    """Spell the statement that answers, for each of these tables, `of` and what is `said` until anything changes."""
    return " UNION ALL ".join(_WRITTEN.format(table) for table in tables)
