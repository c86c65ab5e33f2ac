"""Files before there is a request: they wait with their keys, go with the request, or go away."""

from collections.abc import Sequence
from datetime import timedelta

import asyncpg
import pytest

from hub import storage
from hub.act import Act, Hub
from hub.actors import WORKER, Operation, guest
from hub.errors import Code, Refusal
from hub.rights import attachments, proving
from hub.rights.attachments import Unsent
from hub.rights.proving import Guest, Sent
from hub.uploads.values import Checked, FileKind
from tests.domain.firm import email
from tests.rights.desk import Desk
from workers import rights
from workers.schedules import sweep

TEXT = Checked("proof.txt", FileKind.TEXT, b"I may act for them.")


async def waiting(desk: Desk, many: int = 1) -> list[Unsent]:
    """Send files at the portal, and no request yet."""
    hub = desk.firm.hub
    async with attachments.keeping(hub, [TEXT] * many) as kept:

        async def body(act: Act) -> list[Unsent]:
            return await attachments.wait(act, kept)

        return await hub.perform(guest(desk.firm.id), Operation.PORTAL_ASK, body)


async def send(desk: Desk, files: Sequence[Unsent], address: str = "ann@example.org") -> Sent:
    """Send a request with files."""
    asked = Guest("STOP_MARKETING", "AU", address, files=files)
    return await desk.do(proving.receive_guest, asked, organisation_id=desk.firm.id)


async def files_of(desk: Desk, sent: Sent) -> int:
    async with desk.firm.hub.ask(desk.staff, Operation.REQUEST_READ) as ask:
        return len((await attachments.of(ask, [sent.request.id]))[sent.request.id])


async def read(desk: Desk, file_id: object) -> bytes:
    opened = await desk.do(attachments.open_file, file_id, "HANDLING")
    return b"".join([chunk async for chunk in attachments.read(desk.firm.hub, opened)])


async def is_stored(hub: Hub, file: Unsent) -> bool:
    folder = storage.folder(hub.settings)
    assert folder
    return (folder / attachments.place(file.id)).exists()


async def test_what_waited_goes_with_the_request_and_opens_under_its_key(desk: Desk) -> None:
    files = await waiting(desk, 2)
    sent = await send(desk, files)
    assert await files_of(desk, sent) == 2
    assert "FILES_ADDED" in await desk.kinds(sent.request)
    assert await read(desk, files[0].id) == TEXT.content


async def test_what_waits_is_absent_for_staff(desk: Desk) -> None:
    [file] = await waiting(desk)
    await desk.refused(
        Code.NOT_FOUND, ("attachment",), lambda: desk.do(attachments.open_file, file.id, "HANDLING")
    )


async def test_a_request_that_is_sent_anew_takes_its_files_along_until_one_is_proved(desk: Desk) -> None:
    await desk.firm.customer(identifiers=[])
    files = await waiting(desk)
    first, second = await send(desk, files), await send(desk, files)
    assert (await files_of(desk, first), await files_of(desk, second)) == (0, 1)
    assert await read(desk, files[0].id) == TEXT.content


async def test_a_proved_request_keeps_its_files(desk: Desk) -> None:
    await desk.firm.customer(identifiers=[email("ann@example.org")])
    files = await waiting(desk)
    first = await send(desk, files)
    await desk.try_code(first)
    second = await send(desk, files)
    assert (await files_of(desk, first), await files_of(desk, second)) == (1, 0)


async def test_another_firms_files_go_with_no_request(desk: Desk, other_desk: Desk) -> None:
    files = await waiting(other_desk)
    sent = await send(desk, files)
    assert await files_of(desk, sent) == 0


async def test_what_was_taken_away_again_is_gone(desk: Desk) -> None:
    [file, other] = await waiting(desk, 2)
    hub = desk.firm.hub
    gone = await hub.perform(
        guest(desk.firm.id), Operation.PORTAL_ASK, lambda act: attachments.discard(act, [file.id])
    )
    await attachments.drop(hub, gone)
    assert (gone, await is_stored(hub, file), await is_stored(hub, other)) == ([file.id], False, True)
    sent = await send(desk, [file, other])
    assert await files_of(desk, sent) == 1


async def test_what_was_never_sent_goes_after_a_day(desk: Desk, superuser: asyncpg.Connection) -> None:
    old, new = (await waiting(desk))[0], (await waiting(desk))[0]
    sent = await send(desk, await waiting(desk))
    async with superuser.transaction():
        await superuser.execute("SET LOCAL session_replication_role = replica")
        await superuser.execute(
            "UPDATE attachment SET added_at = added_at - $2::interval WHERE id <> $1",
            new.id,
            timedelta(days=2),
        )
    await sweep(desk.firm.hub)
    assert (await is_stored(desk.firm.hub, old), await is_stored(desk.firm.hub, new)) == (False, True)
    assert await files_of(desk, sent) == 1


async def test_what_came_with_a_request_that_nobody_proved_goes_with_it(
    desk: Desk, superuser: asyncpg.Connection
) -> None:
    file = (await waiting(desk))[0]
    sent = await send(desk, [file])
    await sweep(desk.firm.hub)
    assert await is_stored(desk.firm.hub, file)
    async with superuser.transaction():
        await superuser.execute("SET LOCAL session_replication_role = replica")
        late = "UPDATE rights_request SET opened_at = opened_at - interval '31 days' WHERE id = $1"
        await superuser.execute(late, sent.request.id)
    await rights.expire(desk.firm.hub)
    await sweep(desk.firm.hub)
    assert (await is_stored(desk.firm.hub, file), await files_of(desk, sent)) == (False, 0)


async def test_what_no_act_noted_is_removed_at_once(desk: Desk) -> None:
    hub = desk.firm.hub
    seen: list[Unsent] = []
    with pytest.raises(Refusal):
        async with attachments.keeping(hub, [TEXT]) as kept:
            seen.append(Unsent(kept[0].id, kept[0].secret))
            assert await is_stored(hub, seen[0])
            raise Refusal(Code.CONFLICT, "No.")
    async with attachments.keeping(hub, [TEXT]) as kept:
        seen.append(Unsent(kept[0].id, kept[0].secret))
    assert [await is_stored(hub, each) for each in seen] == [False, False]


async def test_without_a_storage_nothing_is_taken(hub: Hub) -> None:
    broken = Hub(
        hub.settings.model_copy(update={"storage_url": "file:///dev/null/objects"}), hub.database, hub.vault
    )
    with pytest.raises(Refusal) as caught:
        async with attachments.keeping(broken, [TEXT]):
            pytest.fail("nothing was stored")
    assert caught.value.code is Code.UNAVAILABLE
    assert await hub.perform(WORKER, Operation.HUB_MAINTAIN, attachments.discard_unsent) == []
