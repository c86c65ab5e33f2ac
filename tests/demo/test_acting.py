"""The demo's requests for somebody else, as staff meet them."""

import pytest

from hub.act import Act, Hub
from hub.actors import OPERATOR, Actor, Operation, Role
from hub.rights import attachments, requests
from hub.rights.attachments import Opened
from hub.rights.requests import Filter

LINKS = """
    SELECT r.role, r.state, r.proof, r.attachment_id IS NOT NULL AS is_shown, q.kind, q.waiting_for
    FROM representative r JOIN rights_request q ON q.representative_id = r.id ORDER BY r.id
"""


@pytest.mark.xdist_group("made-up")
async def test_a_mothers_request_goes_on_and_an_agents_waits_with_its_file(made_up: Hub) -> None:
    async with made_up.ask(OPERATOR, Operation.REQUEST_READ) as ask:
        rows = [tuple(row) for row in await ask.rows(LINKS)]
        firm_id = await ask.value("SELECT id FROM organisation WHERE key = 'mill-lane'")
        found = await requests.page(ask, Filter(organisation_id=firm_id))
        files = await attachments.of(ask, [each.id for each in found.items])
    assert rows == [
        ("GUARDIAN", "CONFIRMED", "BIRTH_RECORD", False, "ACCESS", None),
        ("AGENT", "PROPOSED", None, True, "DELETION", "AUTHORITY"),
    ]
    [file] = [each for several in files.values() for each in several]
    staff = Actor("staff", None, firm_id, roles=frozenset({Role.REQUESTS_CONDUCT}))

    async def look(act: Act) -> Opened:
        return await attachments.open_file(act, file.id, "HANDLING")

    opened = await made_up.perform(staff, Operation.ATTACHMENT_OPEN, look)
    content = b"".join([chunk async for chunk in attachments.read(made_up, opened)])
    assert (opened.name, b"I permit Noor Haddad" in content) == ("permission.txt", True)
