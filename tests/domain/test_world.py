"""The believable world tells its story: what a customer was shown is what can be looked up."""

from hub import choices, collections
from hub.act import Hub
from hub.actors import Operation, Role
from tests.world import World, midday


async def test_a_customer_of_the_world_was_shown_a_version_and_chose(hub: Hub, still_world: World) -> None:
    customer = await still_world.customer(
        hub,
        joined="2024-03-01",
        shown="v1",
        consents="referral-mortgage",
        recipient="bluegum-mortgages",
        stops_marketing=True,
    )
    await still_world.deliver(hub, customer, "v3", "2025-08-01")
    async with hub.ask(still_world.app(), Operation.CUSTOMER_READ) as ask:
        [collected] = (await collections.of_customers(ask, [customer]))[customer]
        delivered = (await collections.deliveries_of(ask, [customer]))[customer]
        said = (await choices.history(ask, customer)).items
    assert (collected.notice_version_id, collected.happened_at) == (
        still_world.versions["v1"].id,
        midday("2024-03-01"),
    )
    assert {row.notice_version_id for row in delivered} == {
        still_world.versions[key].id for key in ("v1", "v3")
    }
    assert [(row.kind, row.recipient_id) for row in said] == [
        ("CONSENT", still_world.recipients["bluegum-mortgages"].id),
        ("MARKETING", None),
    ]


def test_an_app_of_the_world_holds_what_it_is_given(still_world: World) -> None:
    app = still_world.app("marketing", Role.DECIDE)
    assert app.department_id == still_world.departments["marketing"].id
    assert app.roles == {Role.DECIDE}
    assert Role.CATALOGUE_WRITE in still_world.app(None).roles
