"""Drafts for the tests of notices: what is good, but for one thing."""

from dataclasses import replace
from typing import Any

from hub import notices
from hub.act import Hub
from hub.actors import Actor, Operation
from hub.notices import Content
from tests.harbour import STATEMENTS, content
from tests.world import World

DRAFT, PUBLISH, READ = Operation.NOTICE_DRAFT, Operation.NOTICE_PUBLISH, Operation.NOTICE_READ
GOOD = content(["en"])
FIRST = GOOD.clauses[0]


def having(**changes: Any) -> Content:
    """Say what is good, but for these changes."""
    return replace(GOOD, **changes)


def promising(**changes: Any) -> Content:
    """Say what is good, but for these changes to the second clause."""
    return replace(GOOD, clauses=[FIRST, replace(GOOD.clauses[1], **changes)])


def saying(**changes: Any) -> Content:
    """Say what is good, but for these statements; None leaves one out."""
    said = {**STATEMENTS, **changes}
    return replace(GOOD, statements={name: text for name, text in said.items() if text is not None})


async def drafted(hub: Hub, world: World, said: Content, actor: Actor | None = None) -> notices.NoticeVersion:
    async with hub.act(actor or world.app(), DRAFT) as act:
        return await notices.draft(act, world.notice.id, said)


async def published(hub: Hub, world: World, said: Content) -> notices.NoticeVersion:
    version = await drafted(hub, world, said)
    async with hub.act(world.app(), PUBLISH) as act:
        return await notices.publish(act, version.id)
