"""The demo: two firms of a group with 2,000 customers, and a story to follow (docs/walkthrough.md).

Harbour Conveyancing in Sydney and Mill Lane Lettings in Manchester each published three versions of their
notice, and each signed an alliance after most of their customers had joined. Nobody in it exists. Production
images leave it out.
"""

from hub import categories, organisations
from hub.act import Act, Hub
from hub.actors import OPERATOR, Operation
from hub.catalogue import Page
from hub.demo import databases, requests
from hub.demo.apps import App, sign_in
from hub.demo.databases import Say
from hub.demo.firm import FIRMS, described, enter
from hub.errors import Unready

__all__ = ["FIRST_QUESTION", "App", "is_loaded", "load", "sign_in"]

FIRST_QUESTION = """
mutation {
  decide(input: {
    customer: {externalId: {system: "crm", value: "H-1001"}}
    act: DISCLOSE
    purpose: "referral"
    recipient: "bluegum-mortgages"
  }) {
    decision {
      outcome
      rule
      citation { law notice version clause text shownAt }
      reasons { staff }
    }
    problems { message }
  }
}
"""
_PATIENCE = "SELECT set_config('statement_timeout', '10min', true)"


async def is_loaded(hub: Hub) -> bool:
    """Tell whether the firms and their customers are there."""
    async with hub.ask(OPERATOR, Operation.CATALOGUE_READ) as ask:
        return FIRMS[0] in {row.key for row in await organisations.page(ask, Page(200))}


async def load(hub: Hub, say: Say = lambda _: None) -> bool:
    """Enter the firms and their customers, all in one act, then the databases and the requests; whether they are new.

    Killed in the middle, it has entered nothing of an act, and the next start enters what is missing. say: is told in a
    line what cannot be had here.
    """
    if hub.settings.is_production:
        raise Unready("demo: made-up customers have no place in production; start it with `hub demo`")
    is_new = not await is_loaded(hub)
    if is_new:
        await hub.perform(OPERATOR, Operation.CUSTOMER_IMPORT, _enter)
    await databases.enter(hub, say)
    await requests.enter(hub)
    return is_new


async def _enter(act: Act) -> None:
    from hub.demo.landing import land  # noqa: PLC0415 - Faker takes its time; only the first start needs it
    from hub.demo.people import known  # noqa: PLC0415

    await act.execute(_PATIENCE)
    await categories.seed(act)
    for key in FIRMS:
        said = described(key)
        await land(act, await enter(act, said), said, known(key))
