"""The one statement by which a request moves: its event, the ledger's entry, and its row, which the event moves."""

from datetime import datetime
from functools import cache
from typing import Any, Final

from hub.rights.states import AFTERWARDS, ENDS, State

# The event comes first: the database lets the row move by it alone. Then what ledger_append takes.
_TOLD: Final = """
    WITH told AS (
        INSERT INTO rights_event (request_id, id, kind, was, state, code, is_private, message, body, actor_kind,
            actor_id, happened_at, act_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb, $10, $11, $12, $13) RETURNING request_id),
    recorded AS (SELECT ledger_append($14, $15, $16, $17, $18, $19, $20))
"""
_CHANGED_FROM: Final = 21


@cache
def statement(columns: str, names: tuple[str, ...]) -> str:
    """The statement that also changes the columns with these names; it gives the row back, as columns."""
    if not names:
        return f"{_TOLD} SELECT {columns} FROM rights_request, told, recorded WHERE id = told.request_id"  # noqa: S608 - names of ours
    places = ", ".join(f"{name} = ${number}" for number, name in enumerate(names, _CHANGED_FROM))
    return (
        f"{_TOLD} UPDATE rights_request SET {places} FROM told, recorded"  # noqa: S608 - names of ours
        f" WHERE id = told.request_id RETURNING {columns}"
    )


def standing(state: State | None, at: datetime) -> dict[str, Any]:
    """The columns that change with a state; none where it stays."""
    if state is None:
        return {}
    moved: dict[str, Any] = {"state": state}
    if state not in AFTERWARDS:  # it was closed when it was answered
        moved["closed_at"] = at if state in ENDS else None
    if state not in {State.PAUSED, State.HELD}:
        moved |= {"resumes_to": None, "waiting_for": None}
    return moved
