"""Activities and steps for the tests of the register."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from hub import formalities, register
from hub.act import Hub
from hub.actors import Operation
from hub.db import new_id
from hub.formalities import FormalityEvent, NewStep
from hub.register import Activity, Description, NewActivity
from tests.world import World, midday

WRITE, READ = Operation.REGISTER_WRITE, Operation.REGISTER_READ


@dataclass
class Office:
    """Whoever keeps the register of a world."""

    hub: Hub
    world: World

    async def activity(
        self, *places: str, purposes: tuple[str, ...] = ("newsletter",), **said: Any
    ) -> Activity:
        """Add an activity; said: its description."""
        new = NewActivity(
            f"k-{new_id().hex}", "Letters", places or ("MA", "ZA"), purposes, Description(**said)
        )
        async with self.hub.act(self.world.app(), WRITE) as act:
            return await register.add(act, new)

    async def take(
        self, activity: UUID, where: str, step: str, on: str | datetime | None = None, **more: Any
    ) -> FormalityEvent:
        """Take a step, at noon of a day or now; one that needs a number gets one."""
        async with self.hub.act(self.world.app(), WRITE) as act:
            return await formalities.record(act, activity, new_step(where, step, on, **more))

    async def state(self, activity: UUID, where: str, on: str | None = None) -> str:
        """Ask where an activity stands, by SQL and by the state machine alike."""
        async with self.hub.ask(self.world.app(), READ) as ask:
            at = midday(on) if on else ask.at
            by_sql = await formalities.states_of_activities(ask, [activity], at)
            row = await register.read(ask, activity)
            taken = (await formalities.of_activities(ask, [activity])).get(activity, [])
        said = {one.jurisdiction: one.state for one in formalities.standings(row, taken, at)}
        found = {place: by_sql.get((activity, place), formalities.Formality.NONE) for place in said}
        assert said == found
        return {place.value: state.value for place, state in said.items()}[where]


def new_step(where: str, step: str, on: str | datetime | None = None, **more: Any) -> NewStep:
    """Say a step; one that needs a number gets one."""
    if step in {"RECEIVED", "AUTHORISED", "PRESUMED"}:
        more.setdefault("number", f"N-{new_id().hex}")
    if isinstance(more.get("valid_until"), str):
        more["valid_until"] = date.fromisoformat(more["valid_until"])
    at = midday(on) if isinstance(on, str) else on
    return NewStep(where, step, happened_at=at, **more)
