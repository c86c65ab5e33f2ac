"""Referrals that end by themselves: whose time is over, whose customer took it back or is erased, a few at a time."""

from hub.act import Hub
from hub.actors import WORKER, Operation
from hub.partners import settling
from workers.door import task


@task("referrals.settle", cron="*/5 * * * *")
async def settle(hub: Hub) -> None:
    """Settle every referral that is due; reading says of those past their expiry from the instant itself."""
    found = settling.SETTLED_AT_A_TIME
    while found == settling.SETTLED_AT_A_TIME:
        found = await hub.perform(WORKER, Operation.HUB_MAINTAIN, settling.settle)
