"""What a part of a customer's state became by an event is remembered, and true for the next customer."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.act import Hub
from hub.actors import OPERATOR, Operation
from tests.domain.firm import Firm
from tests.spine.histories import CUSTOMERS, drafts
from tests.spine.test_projection import HARD, firms, staged

__all__ = ["firms"]


@settings(parent=HARD, max_examples=30)
@given(history=st.lists(drafts(), min_size=1, max_size=8))
async def test_what_a_part_became_for_one_customer_it_becomes_for_the_next(
    hub: Hub, firms: list[Firm], history: list[dict[str, Any]]
) -> None:
    """Event after event, each later than the last: the second customer only takes the steps that the first one left."""
    stage = await staged(hub, firms)
    left: list[int] = []
    for customer in range(CUSTOMERS):
        days = [{**draft, "day": 40 * day, "customer": customer} for day, draft in enumerate(history)]
        await stage.write([[draft] for draft in days], later=False)
        async with hub.ask(OPERATOR, Operation.CUSTOMER_READ) as ask:
            left.append(await ask.value("SELECT count(*) FROM part_step"))
    await stage.check()
    assert left == left[:1] * CUSTOMERS
