"""The demo: two firms of a group with 2,000 customers, and a story to follow (docs/walkthrough.md).

Harbour Conveyancing in Sydney and Mill Lane Lettings in Manchester each published three versions of their notice, and
each signed an alliance after most of their customers had joined. Nobody in it exists. Production images leave it out.
"""

from hub import organisations
from hub.act import Act, Hub
from hub.actors import OPERATOR, Operation
from hub.catalogue import Page
from hub.demo.firm import FIRMS, described, enter
from hub.errors import Unready

_PATIENCE = "SELECT set_config('statement_timeout', '10min', true)"


async def load(hub: Hub) -> bool:
    """Enter the firms and their customers, all in one act; returns whether it did, False where they are there already.

    Killed in the middle, it has entered nothing, and the next start enters everything.
    """
    if hub.settings.is_production:
        raise Unready("demo: made-up customers have no place in production; start it with `hub demo`")

    async def enter_all(act: Act) -> bool:
        if FIRMS[0] in {row.key for row in await organisations.page(act, Page(200))}:
            return False
        from hub.demo.landing import land  # noqa: PLC0415 - Faker takes its time; only the first start needs it
        from hub.demo.people import make  # noqa: PLC0415

        await act.execute(_PATIENCE)
        for key in FIRMS:
            said = described(key)
            await land(act, await enter(act, said), said, make(said))
        return True

    return await hub.perform(OPERATOR, Operation.CUSTOMER_IMPORT, enter_all)
