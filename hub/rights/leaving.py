"""Systems that are given up: switched off or removed, with what becomes of the steps that wait for them.

What was done in a system stays with its requests for good; only how it was reached and what lay there is forgotten.
"""

from typing import Final
from uuid import UUID

from hub.act import Act
from hub.rights import fulfilling, steps, systems
from hub.rights.systems import System

_WAITING: Final = f"""
    SELECT s.id FROM rights_step s JOIN rights_request r ON r.id = s.request_id AND {steps.LIVE}
    WHERE s.system_id = $1 AND s.ended_at IS NULL ORDER BY s.id
"""  # noqa: S608 - joined from constants
_REMOVE: Final = """
    UPDATE connected_system SET removed_at = $2, key = $3, settings = NULL, dataset = NULL, refers_to = NULL
    WHERE id = $1
"""


async def switch_off(act: Act, key: str, why: str = "", organisation_id: UUID | None = None) -> System:
    """Switch a system off. why: leaves out what waits for it, and says so; without it CONFLICT where anything does."""
    if why:
        system = await systems.read_by_key(act, key, organisation_id)
        for row in await act.rows(_WAITING, system.id):
            await fulfilling.skip(act, row["id"], why)
    return await systems.switch(act, key, is_on=False, organisation_id=organisation_id)


async def remove(act: Act, key: str, why: str = "", organisation_id: UUID | None = None) -> System:
    """Remove a system for good: its key is free again, its address, secret and description are forgotten."""
    system = await switch_off(act, key, why, organisation_id)
    await act.execute(_REMOVE, system.id, act.at, f"{key}~{system.id.hex[-8:]}")
    await act.record("system.removed", system=system.id, key=key)
    return system
