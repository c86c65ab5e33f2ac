"""How a request ends: what stays, a certificate that is kept, a note beside what was not corrected."""

import json
from collections.abc import Callable
from uuid import UUID

import asyncpg
import pytest

from hub.act import Act
from hub.actors import Operation
from hub.identities import add_identifier
from hub.policy.values import Jurisdiction
from hub.rights import conduct, reasons, requests
from tests.domain.firm import Firm, everything, external
from tests.portal.test_status import Does, do, opened
from tests.portal.visitor import KNOWN, STOP, UNKNOWN, Visitor
from tests.rights.desk import Desk
from tests.rights.test_certificates import erased

__all__ = ["do"]

Arrives = Callable[..., Visitor]
GRACE = "grace@example.org"


async def test_after_a_deletion_it_is_said_what_stays_and_the_certificate_is_handed_out(
    visitor: Visitor, arrives: Arrives, firm: Firm, superuser: asyncpg.Connection
) -> None:
    request = await erased(Desk(firm), superuser)
    await visitor.enter(GRACE)
    assert visitor.place == "enter/nobody"
    text = await visitor.open("requests/1")
    assert "invoices (shop) until " in text
    assert "primary_key" not in text
    assert "Deleted" in text
    for kind, media in (("html", "text/html"), ("json", "application/json")):
        answer = await visitor.http.get(f"{visitor.start}/requests/1/certificate.{kind}")
        assert answer.headers["content-type"].startswith(media)
        disposition = f'attachment; filename="{request.reference}.{kind}"'
        assert answer.headers["content-disposition"] == disposition
        assert (answer.headers["cache-control"], GRACE in answer.text) == ("no-store", False)
    assert json.loads(answer.text)["reference"] == request.reference
    stranger = arrives()
    await stranger.prove(await stranger.ask("stop", STOP, email=UNKNOWN))
    for place in ("requests/1/certificate.html", f"requests/{request.id}/certificate.json"):
        await stranger.open(place)
        assert stranger.page.status_code == 404


@pytest.fixture
async def refused(firm: Firm, do: Does) -> UUID:
    """A correction that was refused."""
    request_id = await opened(do, firm, "RECTIFICATION", changes={"name": "Mika K."})

    async def refuse(act: Act) -> None:
        request = await requests.read(act, request_id)
        ground = reasons.refusals(Jurisdiction(request.jurisdictions[0]), request.kind)[0]
        await conduct.refuse(act, request_id, ground.code, "The register says otherwise.")

    await do(refuse)
    return request_id


async def test_what_was_not_corrected_carries_the_customers_note(
    visitor: Visitor, firm: Firm, refused: UUID, superuser: asyncpg.Connection
) -> None:
    await visitor.enter(KNOWN)
    text = await visitor.open(f"requests/{refused}")
    assert "We have not done this, or not all of it, because:" in text
    assert "Add a note that goes with your information" in text
    await visitor.open(f"requests/{refused}/note")
    before = await everything(superuser)
    for said in (" ", "x" * 2_001):
        await visitor.send({"note": said})
        assert visitor.page.status_code == 422
    assert await everything(superuser) == before
    form = {"form": visitor.key, "note": "The register is wrong: see my passport."}
    for _ in range(3):
        await visitor.post(f"{visitor.start}/requests/{refused}/note", form)
    assert visitor.place == f"requests/{refused}"
    assert await superuser.fetchval("SELECT count(*) FROM disputed_note WHERE request_id = $1", refused) == 1
    assert "Add a note that goes with your information" not in visitor.page.text
    await visitor.open(f"requests/{refused}/note")
    assert visitor.place == f"requests/{refused}"
    assert "my passport" not in await visitor.open("held")
    async with firm.hub.act(firm.app, Operation.CUSTOMER_CHANGE) as act:
        await add_identifier(act, firm.people[0], external("crm", "HV-1"), firm.id)
    await visitor.identify("HV-1")
    assert "The register is wrong: see my passport." in visitor.page.text


async def test_what_is_no_refused_correction_has_no_note_and_no_certificate(
    visitor: Visitor, firm: Firm, do: Does
) -> None:
    request_id = await opened(do, firm, "DELETION")
    await visitor.enter(KNOWN)
    await visitor.open(f"requests/{request_id}/note")
    assert visitor.place == f"requests/{request_id}"
    await visitor.open(f"requests/{request_id}/certificate.html")
    assert visitor.page.status_code == 404
