"""Letters by GraphQL: an organisation's own words go out in the reader's language; what became of each is told."""

from functools import partial

import pytest
import pytest_asyncio

from hub.actors import OPERATOR, WORKER, Operation
from hub.letters import SHIPPED, bounced, claim
from hub.letters.bounces import mark
from schema.relay import uuid_of
from tests.internal.cases.rights import asking
from tests.internal.door import Door
from tests.internal.setting import Setting, document
from tests.world import World, build_world

OURS = {"subject": "Reçue : {reference}", "body": "Nous répondons le {due_on} ({reference}).\n\n{link}"}
PREVIEW = (
    "query ($input: LetterPreviewInput!) { letterPreview(input: $input) { subject text html isRevised } }"
)
SAID = (
    "{ letterTemplates { template placeholders { name } wordings { locale isRevised subject body number } } }"
)
LETTERS = """
    query ($of: String!) { rightsRequest(reference: $of) { letters {
        id template locale address state reason queuedAt sentAt templateVersion } } }
"""


@pytest_asyncio.fixture
async def at(door: Door) -> Setting:
    """A firm of the test's own, as its letters are changed."""
    world: World = await build_world(door.hub)
    return Setting(door, world, await door.token(world))


async def test_every_letter_can_be_looked_at_in_every_language(at: Setting) -> None:
    templates = await at.door.one(at.token, SAID)
    assert len(templates) == len(SHIPPED)
    for each in templates:
        for language in ("en", "fr", "ar"):
            asked = {"template": each["template"], "locale": language}
            seen = await at.door.one(at.token, PREVIEW, input=asked)
            assert "{" not in seen["subject"] + seen["text"]
            assert f'lang="{language}"' in seen["html"]


async def test_ones_own_words_are_tried_put_in_force_and_go_out_in_the_readers_language(at: Setting) -> None:
    asked = {"template": "RIGHTS_RECEIVED", "locale": "fr"}
    before = await at.door.one(at.token, PREVIEW, input=asked)
    tried = await at.door.one(at.token, PREVIEW, input={**asked, "wording": OURS})
    assert (before["isRevised"], tried["isRevised"], tried["subject"]) == (False, True, "Reçue : PH-4821-K")
    await at.done("letterTemplateRevise", "letterTemplate { version }", **asked, wording=OURS)
    assert await at.door.one(at.token, PREVIEW, input=asked) == tried
    customer = await at.ref(jurisdiction="UK", locale="fr", email="anne@reader.example")
    made = await at.done("openRightsRequest", "request { reference }", customer=customer, **asking())
    found = await at.door.one(at.token, LETTERS, of=made["request"]["reference"])
    [letter] = found["letters"]
    assert (letter["template"], letter["locale"], letter["state"]) == ("RIGHTS_RECEIVED", "fr", "QUEUED")
    assert "anne" not in letter["address"]
    async with at.door.hub.ask(OPERATOR, Operation.LETTER_READ) as ask:
        revised = "SELECT revision_id IS NOT NULL FROM letter WHERE id = $1"
        assert await ask.value(revised, uuid_of(letter["id"], "Letter", "id"))
    await at.done("letterTemplateRevise", "letterTemplate { version }", **asked, wording=None)
    assert await at.door.one(at.token, PREVIEW, input=asked) == before


async def test_that_a_letter_came_back_is_told(at: Setting) -> None:
    customer = await at.ref(jurisdiction="UK")
    made = await at.done("openRightsRequest", "request { reference }", customer=customer, **asking())
    reference, hub = made["request"]["reference"], at.door.hub
    [letter] = (await at.door.one(at.token, LETTERS, of=reference))["letters"]
    letter_id = uuid_of(letter["id"], "Letter", "id")
    await hub.perform(WORKER, Operation.LETTER_DELIVER, partial(claim, letter_id=letter_id))
    came_back = partial(bounced, token=mark(hub.vault, letter_id), status="5.1.1")
    assert await hub.perform(OPERATOR, Operation.LETTER_DELIVER, came_back)
    [letter] = (await at.door.one(at.token, LETTERS, of=reference))["letters"]
    assert (letter["state"], letter["reason"]) == ("BOUNCED", "STATUS_5_1_1")


@pytest.mark.parametrize("locale", ["de", ""])
async def test_a_language_that_no_letter_has_is_refused(at: Setting, locale: str) -> None:
    given = {"template": "RIGHTS_RECEIVED", "locale": locale, "wording": OURS}
    query = document("letterTemplateRevise", "letterTemplate { version }")
    assert await at.door.problem(at.token, query, input=given) == ("INVALID", ["input", "locale"])
