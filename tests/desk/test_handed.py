"""What a partner was handed as files, and what it has not answered, at the desk: a stretch at a time."""

import re
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from hub.act import Act, Hub
from hub.actors import OPERATOR, PARTNER_SCOPES, Actor, Operation
from hub.db import new_id
from hub.partners import downloads, exports, inviting
from hub.partners.exports import Export, Wanted
from hub.partners.inviting import NewPartner
from portal.desk import handed
from tests.desk.colleague import Colleague
from tests.desk.conftest import Joins
from tests.desk.test_partners import drafted
from tests.domain.firm import found
from workers import partner_exports

TOLD = """
    INSERT INTO withdrawal (id, organisation_id, customer_id, recipient_id, purpose_id, kind, categories, reason,
        made_at, due_at, act_id)
    SELECT $1, r.organisation_id, $2, r.id, $3, 'FORGET', ARRAY[$4::uuid], 'test.told', now() - interval '20 days',
        now() + make_interval(days => $5), $1
    FROM recipient r WHERE r.organisation_id = $6 AND r.key = 'bank'
"""


async def in_force(ruth: Colleague) -> Actor:
    """Agree with the bank, and invite it; returns its client."""
    await drafted(ruth)
    for deed in ("weigh", "force"):
        await ruth.send({}, to=f"arrangements/bank-alliance/{deed}")

    async def invite(act: Act) -> Any:
        new = NewPartner("Branch, Leeds", "bank", ["partner:export"], organisation=ruth.firm.id)
        return (await inviting.invite(act, new))[0]

    client = await ruth.firm.hub.perform(OPERATOR, Operation.PARTNER_INVITE, invite)
    return Actor("partner", client.id, ruth.firm.id, roles=PARTNER_SCOPES, recipient_id=client.recipient_id)


async def start(ruth: Colleague, partner: Actor) -> Export:
    """The bank asks for a file."""
    wanted = Wanted("bank-alliance", ruth.firm.purposes[0], "CSV")

    async def body(act: Act) -> Export:
        return await exports.start(act, wanted)

    return await ruth.firm.hub.perform(partner, Operation.EXPORT_START, body)


async def test_a_file_stands_there_with_who_asked_its_size_its_fingerprint_and_how_often_it_went_out(
    ruth: Colleague, hub: Hub, joins: Joins
) -> None:
    partner = await in_force(ruth)
    await ruth.open("partners/bank/exports")
    assert "They asked for no file yet." in ruth.text
    export = await start(ruth, partner)
    await ruth.open("partners/bank/exports")
    assert "Waiting" in ruth.text
    await partner_exports.run(hub, export.id)
    async with hub.act(partner, Operation.EXPORT_FETCH) as act:
        await downloads.fetch(act, export.id)
    async with hub.act(partner, Operation.EXPORT_FETCH) as act:
        made = await downloads.fetch(act, export.id)
    reader = await joins("reader", name="Omar Said")
    await reader.sign_in()
    await reader.open("partners/bank/exports")
    digest = (made.export.digest or b"").hex()
    for said in (
        "Branch, Leeds",
        "bank-alliance",
        "CSV",
        "Ready",
        digest,
        "2 · last",
        f"{made.size_bytes} B",
    ):
        assert said in reader.text, said
    await reader.open("partners/bank")
    assert "See all exports" in reader.text


async def test_exports_are_read_a_stretch_at_a_time_each_once(
    ruth: Colleague, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handed, "SHOWN", 2)
    partner = await in_force(ruth)
    made = [await start(ruth, partner) for _ in range(3)]
    pages = [await ruth.open("partners/bank/exports")]
    following = re.search(r"\?before=([0-9a-f-]{36})", pages[0])
    assert following
    pages.append(await ruth.open(f"partners/bank/exports?before={following[1]}"))
    assert [page.count('class="tag wait"') for page in pages] == [2, 1]
    # Other languages show the same stretch; none follows it.
    assert set(re.findall(r"\?before=([0-9a-f-]{36})", pages[1])) == {following[1]}
    assert UUID(following[1]) == made[1].id
    assert (await ruth.open("partners/bank/exports?before=x")).count('class="tag wait"') == 2


async def test_what_is_not_answered_stands_there_the_soonest_due_first(
    ruth: Colleague, superuser: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handed, "SHOWN", 2)
    await ruth.open("partners/bank/withdrawals")
    assert "They have answered everything." in ruth.text
    customer, firm = await ruth.firm.customer(), ruth.firm
    async with superuser.transaction():
        await superuser.execute("SET LOCAL session_replication_role = replica")
        for days in (9, -2, 4):
            given = (new_id(), customer, firm.purposes[0], firm.categories["contact"], days, firm.id)
            await superuser.execute(TOLD, *given)
    await ruth.open("partners/bank")
    assert "Not answered yet: 3. Late: 1." in ruth.text
    assert "The next answer is due by" in ruth.text
    first = await ruth.open("partners/bank/withdrawals")
    assert ruth.text.count("Forget it") == 2
    assert ruth.text.count("Late") == 1
    assert ruth.text.index("Late") < ruth.text.rindex("Forget it")
    following = re.search(r"\?after=([0-9a-f-]{36})", first)
    assert following
    await ruth.open(f"partners/bank/withdrawals?after={following[1]}")
    assert ruth.text.count("Forget it") == 1
    assert str(customer) not in ruth.page.text


async def test_another_firms_partner_is_absent_there_too(ruth: Colleague, hub: Hub, joins: Joins) -> None:
    other = await joins("admin", "conduct", at=await found(hub))
    await other.sign_in()
    await in_force(ruth)
    for place in ("exports", "withdrawals", "clients"):
        await other.open(f"partners/made-up/{place}")
        assert other.page.status_code == 404
    await other.open("partners/bank/exports")
    assert "They asked for no file yet." in other.text


def test_sizes_are_said_as_people_say_them() -> None:
    assert [handed.size(each) for each in (0, 999, 1_000, 1_001, 5_000_001, 4_200_000_000_000)] == [
        "0 B", "999 B", "1 kB", "2 kB", "6 MB", "4,200 GB",
    ]  # fmt: skip
