"""For how long a code proves enough for what cannot be undone."""

from dataclasses import replace
from datetime import timedelta

import pytest

from hub.actors import Operation, guest
from hub.auth import sessions
from hub.entrance import Attempt
from tests.domain.firm import Firm, email, external
from tests.portal.visitor import Visitor


@pytest.mark.parametrize(("minutes", "place"), [(9, "held"), (11, "confirm/held")])
async def test_a_code_is_fresh_from_when_it_was_right_not_from_when_it_is_known_who_came(
    visitor: Visitor, firm: Firm, minutes: int, place: str
) -> None:
    for number in ("HV-8", "HV-9"):
        await firm.customer(identifiers=[email("both@example.org"), external("crm", number)])
    await visitor.begin("both@example.org")
    await visitor.send({"code": await visitor.entrance_code("both@example.org")})
    async with firm.hub.act(guest(firm.id), Operation.PORTAL_ENTER) as act:
        visit = await sessions.hold(act, visitor.http.cookies["visit"])
        attempt = visit and Attempt.of(visit.typed)
        assert visit
        assert attempt
        replace(attempt, proved_at=act.at - timedelta(minutes=minutes)).keep(visit.typed)
        await sessions.keep(act, visit)
    await visitor.send({"number": "HV-8"})
    await visitor.open("confirm/held")
    assert visitor.place == place
