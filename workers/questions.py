"""Consent questions whose time is up: noted as lapsed, a few at a time, so that each act is short."""

from hub import questions
from hub.act import Hub
from hub.actors import WORKER, Operation
from workers.door import task


@task("questions.lapse", cron="*/10 * * * *")
async def lapse(hub: Hub) -> None:
    """Note of every question past its expiry that it lapsed; reading says so from the instant itself."""
    found = questions.LAPSED_AT_A_TIME
    while found == questions.LAPSED_AT_A_TIME:
        found = await hub.perform(WORKER, Operation.HUB_MAINTAIN, questions.lapse)
