"""An organisation edits its letters: each change stays, what does not fit is refused, the shipped words are safe."""

from email.message import MIMEPart
from uuid import UUID

import pytest

from hub import letters
from hub.act import Hub
from hub.actors import Actor, Operation, Role
from hub.errors import Code, Refusal
from hub.letters import SHIPPED, Key, Wording
from tests.letters.conftest import VALUES, Desk, Server, desk_of

OURS = Wording(
    "Your request {reference}", "Hello.\n\nWe reply by {due_on} about {reference}.\n\nLook:\n{link}"
)
KEY = Key.RIGHTS_RECEIVED


def editor(desk: Desk) -> Actor:
    return Actor(
        "app", desk.firm.app.id, desk.firm.id, roles=frozenset({Role.CATALOGUE_WRITE, Role.CUSTOMERS_READ})
    )


async def revise(desk: Desk, wording: Wording | None, template: str = KEY, locale: str = "en") -> int:
    async with desk.hub.act(editor(desk), Operation.LETTER_REVISE) as act:
        return await letters.revise(act, template, locale, wording)


async def revisions(desk: Desk) -> list[letters.Revision]:
    async with desk.hub.ask(editor(desk), Operation.CATALOGUE_READ) as ask:
        return await letters.revisions(ask, KEY, "en")


async def preview(desk: Desk, locale: str = "en", wording: Wording | None = None) -> letters.Preview:
    async with desk.hub.ask(editor(desk), Operation.CATALOGUE_READ) as ask:
        return await letters.preview(ask, KEY, locale, VALUES, wording)


def lines(part: MIMEPart) -> str:
    """What a part says, its lines ended as ours are."""
    return part.get_content().replace("\r\n", "\n")


async def text_of(desk: Desk, server: Server, locale: str = "en") -> tuple[str, UUID]:
    letter_id = await desk.queue(locale=locale)
    await desk.deliver(letter_id)
    body = server.messages[-1].get_body(("plain",))
    assert body is not None
    return lines(body), letter_id


async def test_ones_own_words_go_out_in_their_language_from_the_next_letter_on(
    desk: Desk, server: Server
) -> None:
    before, _ = await text_of(desk, server)
    assert await revise(desk, OURS) == 1
    now, letter_id = await text_of(desk, server)
    assert before.startswith("We have your request.")
    assert now.startswith("Hello.\n\nWe reply by Tuesday 14 July 2026 about PH-4821-K.\n\nLook:\nhttp")
    assert "privacy@firm.example" in now, "the foot is not theirs to leave out"
    [revision] = await revisions(desk)
    row = await desk.row(letter_id)
    assert (row["revision_id"], row["template_version"]) == (revision.id, SHIPPED[KEY].version)
    assert (await text_of(desk, server, "fr"))[0].startswith("Nous avons votre demande.")


async def test_who_changed_what_and_when_stays_and_the_shipped_words_come_back(
    desk: Desk, server: Server
) -> None:
    again = Wording(OURS.subject, OURS.body + "\n\nGoodbye.")
    assert [await revise(desk, each) for each in (None, OURS, OURS, again, None, None)] == [0, 1, 1, 2, 3, 3]
    found = await revisions(desk)
    assert [(each.number, each.wording) for each in found] == [(3, None), (2, again), (1, OURS)]
    assert {(each.actor_kind, each.actor_id) for each in found} == {("app", desk.firm.app.id)}
    assert found[0].created_at > found[1].created_at > found[2].created_at
    assert (await text_of(desk, server))[0].startswith("We have your request.")


@pytest.mark.parametrize(
    ("wording", "path", "said"),
    [
        (Wording("Hello", OURS.body.replace("{link}", "")), ("body",), "{link}"),
        (Wording("Hello", OURS.body + " {name}"), ("body",), "{name}"),
        (Wording("{link}", OURS.body), ("subject",), "{link}"),
        (Wording("Hello", OURS.body + " {{7*7}}"), ("body",), "brace"),
        (Wording("Hello", OURS.body + " {0.__class__}"), ("body",), "brace"),
        (Wording("Hello\nBcc: a@b.example", OURS.body), ("subject",), "one line"),
        (Wording("Hello\u2028", OURS.body + "\u2028x"), ("body",), "control"),
        (Wording("", OURS.body), ("subject",), "empty"),
        (Wording("Hello", ""), ("body",), "empty"),
        (Wording("x" * 151, OURS.body), ("subject",), "150"),
        (Wording("Hello", OURS.body + "x" * 5_000), ("body",), "5000"),
        (Wording("Hello", OURS.body + "\0"), ("body",), "NUL"),
    ],
)
async def test_words_that_do_not_fit_are_refused_and_nothing_changes(
    desk: Desk, wording: Wording, path: tuple[str, ...], said: str
) -> None:
    await revise(desk, OURS)
    before = await desk.database.fetchval("SELECT count(*) FROM ledger_entry")
    with pytest.raises(Refusal, match=None) as caught:
        await revise(desk, wording)
    assert (caught.value.code, caught.value.path) == (Code.INVALID, ("wording", *path))
    assert said in caught.value.message
    with pytest.raises(Refusal):
        await preview(desk, wording=wording)
    assert [each.number for each in await revisions(desk)] == [1]
    assert await desk.database.fetchval("SELECT count(*) FROM ledger_entry") == before


@pytest.mark.parametrize(("key", "locale", "path"), [("unheard", "en", "template"), (KEY, "de", "locale")])
async def test_only_our_letters_in_our_languages_can_be_edited(
    desk: Desk, key: str, locale: str, path: str
) -> None:
    with pytest.raises(Refusal) as caught:
        await revise(desk, OURS, key, locale)
    assert (caught.value.code, caught.value.path) == (Code.INVALID, (path,))


async def test_another_firm_keeps_its_own_words(desk: Desk, hub: Hub) -> None:
    await revise(desk, OURS)
    async with desk_of(hub, desk.database) as other:
        assert await revisions(other) == []
        assert not (await preview(other)).is_revised
        with pytest.raises(Refusal) as caught:
            async with hub.act(editor(other), Operation.LETTER_REVISE) as act:
                await letters.revise(act, KEY, "en", OURS, desk.firm.id)
        assert caught.value.code is Code.NOT_FOUND


async def test_a_preview_shows_the_letter_as_it_goes_out(desk: Desk, server: Server) -> None:
    shown = await preview(desk)
    assert (shown.text, shown.is_revised) == ((await text_of(desk, server))[0], False)
    html = server.messages[-1].get_body(("html",))
    assert html is not None
    assert lines(html) == shown.html.rstrip("\n") + "\n"
    tried = await preview(desk, wording=OURS)
    assert (tried.subject, tried.is_revised) == ("Your request PH-4821-K", True)
    assert await revisions(desk) == []
    assert 'dir="rtl"' in (await preview(desk, "ar-MA")).html


async def test_words_that_a_release_left_behind_give_way_to_the_shipped_ones(
    desk: Desk, server: Server
) -> None:
    await revise(desk, OURS)
    async with desk.database.transaction():
        await desk.database.execute("SET LOCAL session_replication_role = replica")
        await desk.database.execute(
            "UPDATE letter_revision SET body = 'Hello {gone}' WHERE organisation_id = $1", desk.firm.id
        )
    text, letter_id = await text_of(desk, server)
    assert text.startswith("We have your request.")
    assert (await desk.row(letter_id))["revision_id"] is None
