"""Exports: everybody a partner may receive as one file, whatever is killed, full, cancelled or asked for midway."""

import csv
import hashlib
import io
import json
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from hub.act import Hub
from hub.actors import Actor, Operation
from hub.errors import Code, Refusal
from hub.partners import age, downloads, exports, inviting, ordering, producing
from hub.partners.exports import Export, State, Wanted
from hub.spreadsheets import unguard
from schema.relay import global_id
from tests.handing.conftest import Firm
from tests.handing.opening import PUBLIC, decrypted
from workers import partner_exports

Crowded = tuple[Firm, Sequence[UUID], Sequence[UUID]]
RECEIVED = "SELECT count(*) FROM disclosure x JOIN act a ON a.id = x.act_id WHERE a.actor_id = $1"


async def start(firm: Firm, partner: Actor, form: str = "NDJSON", encrypt_to: str | None = None) -> Export:
    async def body(act: Any) -> Export:
        wanted = Wanted("quay-referrals", "referral-inspection", form, encrypt_to)
        return await exports.start(act, wanted)

    return await firm.hub.perform(partner, Operation.EXPORT_START, body)


async def read(firm: Firm, partner: Actor, export: Export) -> Export:
    async with firm.hub.ask(partner, Operation.EXPORT_READ) as ask:
        return await exports.read(ask, export.id)


async def fetch(firm: Firm, partner: Actor, export: Export, begin: int = 0, stop: int | None = None) -> bytes:
    async with firm.hub.act(partner, Operation.EXPORT_FETCH) as act:
        made = await downloads.fetch(act, export.id)
    upto = made.size_bytes if stop is None else stop
    return b"".join([each async for each in downloads.stream(firm.hub, made, begin, upto)])


async def made(firm: Firm, partner: Actor, **how: Any) -> tuple[Export, bytes]:
    export = await start(firm, partner, **how)
    await partner_exports.run(firm.hub, export.id)
    return await read(firm, partner, export), await fetch(firm, partner, export)


@pytest.mark.usefixtures("small_parts")
async def test_a_file_has_everybody_allowed_once_and_nobody_else(
    crowded: Crowded, signed: Callable[[str], Any], superuser: asyncpg.Connection
) -> None:
    firm, allowed, _ = crowded
    partner = await signed("quay-inspections")
    export, file = await made(firm, partner)
    lines = [json.loads(line) for line in file.splitlines()]
    assert {each["id"] for each in lines} == {
        global_id("Customer", each.id) for each in await firm.every(partner)
    }
    assert (export.state, export.rows, export.progress) == (State.READY, len(allowed), 1.0)
    assert (export.size_bytes, export.digest) == (len(file), hashlib.sha256(file).digest())
    assert lines[0].keys() == {"id", "emails", "phones", "fields", "notes"}
    assert lines[0]["fields"] == {"identity.given_name": "Jo", "contact.city": "=Sydney"}
    assert await superuser.fetchval(RECEIVED, partner.id) == 2 * len(allowed)


async def test_a_table_has_a_name_over_each_column_and_no_cell_that_a_spreadsheet_runs(
    crowded: Crowded, signed: Callable[[str], Any]
) -> None:
    firm, allowed, _ = crowded
    _, file = await made(firm, await signed("quay-inspections"), form="CSV")
    heading, *rows = csv.reader(io.StringIO(file.decode(), newline=""))
    assert heading == ["id", "emails", "phones", "contact.city", "identity.given_name", "notes"]
    assert len(rows) == len(allowed)
    assert {row[3] for row in rows} == {"'=Sydney"}
    assert {unguard(row[3]) for row in rows} == {"=Sydney"}


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("encrypt_to", [None, PUBLIC])
async def test_a_download_goes_on_from_any_byte_and_is_the_same_again(
    crowded: Crowded, signed: Callable[[str], Any], encrypt_to: str | None
) -> None:
    firm, _, _ = crowded
    partner = await signed("quay-inspections")
    export, file = await made(firm, partner, form="CSV", encrypt_to=encrypt_to)
    assert await fetch(firm, partner, export) == file
    for begin in (1, 57, 190, 4_000, len(file) - 1):
        assert await fetch(firm, partner, export, begin) == file[begin:]
        assert await fetch(firm, partner, export, begin, begin + 40) == file[begin : begin + 40]
    if encrypt_to:
        assert b"Sydney" not in file
        assert decrypted(file).startswith(b"id,emails,phones,")


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 200_000])
def test_what_is_encrypted_opens_with_the_partners_key_alone(size: int) -> None:
    sealing, text = age.Sealing(age.public_key(PUBLIC), age.new_secret()), bytes(size)
    last = age.chunks(size) - 1
    file = sealing.beginning + b"".join(
        sealing.chunk(number, text[number << 16 : (number + 1) << 16], is_last=number == last)
        for number in range(last + 1)
    )
    assert len(file) == sealing.size(size)
    assert decrypted(file) == text


@pytest.mark.parametrize(
    "text", ["", "age1", PUBLIC[:-1], PUBLIC[:-1] + "q", "ssh-ed25519 AAAA", "x" + PUBLIC[1:]]
)
def test_what_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        age.public_key(text, "encrypt_to")
    assert (refused.value.code, refused.value.path) == (Code.INVALID, ("encrypt_to",))


@pytest.mark.usefixtures("small_parts")
async def test_what_is_killed_in_the_middle_goes_on_and_covers_all_that_leaves(
    crowded: Crowded,
    signed: Callable[[str], Any],
    superuser: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    firm, allowed, _ = crowded
    partner = await signed("quay-inspections")
    export = await start(firm, partner)
    keep, left = producing.storage.keep, iter(range(1_000))

    async def breaking(*given: Any) -> Any:
        if next(left) % 7 == 3:
            raise RuntimeError("killed")
        return await keep(*given)

    monkeypatch.setattr(producing.storage, "keep", breaking)
    runs = 0
    while (await read(firm, partner, export)).state is not State.READY:
        runs += 1
        so_far = await read(firm, partner, export)
        assert await superuser.fetchval(RECEIVED, partner.id) == so_far.rows
        with pytest.raises(Refusal, match="export"):
            await fetch(firm, partner, export)
        try:
            await partner_exports.run(firm.hub, export.id)
        except RuntimeError:
            continue
    assert runs > 3
    lines = (await fetch(firm, partner, export)).splitlines()
    assert len(lines) == len({json.loads(each)["id"] for each in lines}) == len(allowed)
    assert await superuser.fetchval(RECEIVED, partner.id) == len(allowed)


@pytest.mark.usefixtures("small_parts")
async def test_a_full_storage_makes_it_wait_and_records_nothing_that_is_not_there(
    crowded: Crowded,
    signed: Callable[[str], Any],
    superuser: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    firm, _, _ = crowded
    partner = await signed("quay-inspections")
    export = await start(firm, partner)

    async def full(*_: Any) -> Any:
        raise Refusal(Code.UNAVAILABLE, "The storage for files is full: free some space.")

    with monkeypatch.context() as patch:
        patch.setattr(producing.storage, "keep", full)
        with pytest.raises(Refusal) as refused:
            await partner_exports.run(firm.hub, export.id)
    assert refused.value.code is Code.UNAVAILABLE
    assert (await read(firm, partner, export)).state is State.RUNNING
    assert await superuser.fetchval(RECEIVED, partner.id) == 0
    await partner_exports.run(firm.hub, export.id)
    assert (await read(firm, partner, export)).state is State.READY


async def cancel(firm: Firm, partner: Actor, export: Export) -> Export:
    async with firm.hub.act(partner, Operation.EXPORT_CANCEL) as act:
        return await exports.cancel(act, export.id)


async def test_one_that_is_cancelled_is_not_made_and_cannot_be_had(
    crowded: Crowded, signed: Callable[[str], Any]
) -> None:
    firm, _, _ = crowded
    partner = await signed("quay-inspections")
    export = await start(firm, partner)
    assert (await cancel(firm, partner, export)).state is State.CANCELLED
    await partner_exports.run(firm.hub, export.id)
    ready, _ = await made(firm, partner)
    assert (await cancel(firm, partner, ready)).state is State.CANCELLED
    for each in (export, ready):
        assert (await cancel(firm, partner, each)).state is State.CANCELLED
        with pytest.raises(Refusal, match="export"):
            await fetch(firm, partner, each)


async def test_a_client_that_is_revoked_gets_no_file_made(
    crowded: Crowded, signed: Callable[[str], Any], superuser: asyncpg.Connection
) -> None:
    firm, _, _ = crowded
    partner = await signed("quay-inspections")
    export = await start(firm, partner)
    async with firm.hub.act(firm.world.app(), Operation.PARTNER_INVITE) as act:
        await inviting.revoke(act, partner.id or export.id)
    await partner_exports.run(firm.hub, export.id)
    ended = await read(firm, partner, export)
    assert (ended.state, ended.reason) == (State.FAILED, "FORBIDDEN")
    assert await superuser.fetchval(RECEIVED, partner.id) == 0


async def test_another_partners_export_looks_like_none(
    crowded: Crowded, signed: Callable[[str], Any]
) -> None:
    firm, _, _ = crowded
    mine, theirs = await signed("quay-inspections"), await signed("moor-surveys")
    export, _ = await made(firm, mine)
    said = set[tuple[Code, str]]()
    for wanted in (export, await start(firm, mine)):
        for verb in (read, fetch, cancel):
            with pytest.raises(Refusal) as refused:
                await verb(firm, theirs, wanted)
            said.add((refused.value.code, refused.value.message))
    with pytest.raises(Refusal) as refused:
        async with firm.hub.ask(theirs, Operation.EXPORT_READ) as ask:
            await exports.read(ask, uuid4())
    assert said == {(refused.value.code, refused.value.message)}
    async with firm.hub.ask(theirs, Operation.EXPORT_READ) as ask:
        assert await exports.page(ask) == []


async def test_only_so_many_are_made_at_a_time(firm: Firm, signed_for: Callable[[Firm, str], Any]) -> None:
    partner = await signed_for(firm, "quay-inspections")
    for _ in range(exports.OPEN_MOST):
        await start(firm, partner)
    with pytest.raises(Refusal) as refused:
        await start(firm, partner)
    assert refused.value.code is Code.LIMIT


async def test_a_file_that_had_its_time_is_gone_with_its_key(
    crowded: Crowded, signed: Callable[[str], Any], superuser: asyncpg.Connection
) -> None:
    firm, _, _ = crowded
    partner = await signed("quay-inspections")
    export, _ = await made(firm, partner)
    await superuser.execute("SET session_replication_role = replica")
    await superuser.execute("UPDATE partner_export SET until_at = now() WHERE id = $1", export.id)
    with pytest.raises(Refusal, match="export"):
        await fetch(firm, partner, export)
    await partner_exports.expire(firm.hub)
    assert (await read(firm, partner, export)).state is State.EXPIRED
    keys = "SELECT count(*) FROM keys.partner_export_key WHERE export_id = $1"
    assert await superuser.fetchval(keys, export.id) == 0
    places = "SELECT count(*) FROM stored_object WHERE place LIKE 'exports/' || $1 || '/%'"
    assert await superuser.fetchval(places, str(export.id)) == 0


async def test_what_lost_its_job_is_taken_up(
    crowded: Crowded, signed: Callable[[str], Any], superuser: asyncpg.Connection
) -> None:
    firm, _, _ = crowded
    export = await start(firm, await signed("quay-inspections"))
    await superuser.execute("DELETE FROM procrastinate_jobs WHERE args ->> 'export_id' = $1", str(export.id))
    await superuser.execute("SET session_replication_role = replica")
    sql = "UPDATE partner_export SET requested_at = now() - interval '1 hour' WHERE id = $1"
    await superuser.execute(sql, export.id)
    await partner_exports.resume(firm.hub)
    waiting = "SELECT count(*) FROM procrastinate_jobs WHERE args ->> 'export_id' = $1 AND status = 'todo'"
    assert await superuser.fetchval(waiting, str(export.id)) == 1


async def test_parts_of_two_partners_come_in_orders_of_their_own(hub: Hub) -> None:
    first, second = ordering.Pairs(hub, uuid4()), ordering.Pairs(hub, uuid4())
    orders = [[each.turned(number, 8) for number in range(256)] for each in (first, second)]
    assert all(sorted(order) == list(range(256)) for order in orders)
    assert orders[0] != orders[1]


@pytest.mark.parametrize("bits", range(10))
def test_parts_visit_each_bucket_once_and_never_so_few_that_two_orders_would_be_alike(bits: int) -> None:
    numbered = [ordering.visits(bits, part) for part in range(1 << bits)]
    [visited] = {each for each, _ in numbered}
    assert [visit for _, visits in numbered for visit in visits] == list(range(1 << visited))
    assert visited % 2 == 0
    assert bits == 0 or visited >= ordering.BITS_LEAST
