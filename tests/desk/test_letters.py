"""Staff see which letters about a request did not arrive, and why; of others nothing is said."""

from functools import partial

from hub import letters
from hub.actors import OPERATOR, WORKER, Operation
from hub.letters import bounced, claim
from hub.letters.bounces import mark
from tests.desk.colleague import Colleague
from tests.domain.firm import email
from tests.rights.desk import Desk


async def test_a_letter_that_came_back_is_shown_with_its_reason(ruth: Colleague, desk: Desk) -> None:
    customer = await desk.firm.customer(identifiers=[email("mika@example.org")])
    request = await desk.receive(customer, "RESTRICTION")
    await ruth.open(f"requests/{request.reference}")
    assert "Letters that did not arrive" not in ruth.text
    hub = desk.firm.hub
    async with hub.ask(desk.staff, Operation.REQUEST_READ) as ask:
        [letter] = (await letters.of_requests(ask, [request.id]))[request.id]
    await hub.perform(WORKER, Operation.LETTER_DELIVER, partial(claim, letter_id=letter.id))
    came_back = partial(bounced, token=mark(hub.vault, letter.id), status="5.1.1")
    assert await hub.perform(OPERATOR, Operation.LETTER_DELIVER, came_back)
    await ruth.open(f"requests/{request.reference}")
    assert "Letters that did not arrive" in ruth.text
    assert "STATUS_5_1_1" in ruth.text
    assert "mika@example.org" not in ruth.page.text
