"""Whether to ask, and every explanation, through the real door: where consent is missing, in three languages."""

from typing import Any

from hub.act import Hub
from hub.policy.words import LANGUAGES, WORDS
from tests.internal.door import Door
from tests.internal.test_walkthrough import referral
from tests.world import World

ASKING = (
    "query ($input: QuestionInput!) { preview(input: $input) { outcome"
    " asking { allowed code citation when where how reasons { staff customer }"
    " duties { code text citation } } } }"
)
SPOKEN = (
    "query ($input: QuestionInput!, $language: String) { preview(input: $input) { rule"
    " reasons(language: $language) { staff customer }"
    " obligations { code text(language: $language) }"
    " alsoNeeded { rule reasons(language: $language) { customer } }"
    " remedies { code reasons(language: $language) { staff customer } }"
    " asking { code reasons(language: $language) { customer } duties { code text(language: $language) } } } }"
)
PLAIN = SPOKEN.replace("(language: $language)", "").replace(", $language: String", "")


async def test_a_missing_consent_comes_with_whether_where_and_how_to_ask(
    hub: Hub, door: Door, world: World, app: str
) -> None:
    early = await world.customer(hub, joined="2024-03-01", shown="v2")
    answer = await door.one(app, ASKING, input=referral(early))
    asking = answer["asking"]
    assert answer["outcome"] == "CONSENT_NEEDED"
    assert (asking["allowed"], asking["code"], asking["when"]) == (True, "ask.allowed", "NOW")
    assert asking["where"] == ["PORTAL", "SERVICE_FLOW", "IN_PERSON", "PAPER", "MESSAGE"]
    assert asking["how"] == [duty["code"] for duty in asking["duties"]]
    assert asking["how"] == ["unbundled", "unticked", "no_reward", "withdrawable", "name_recipient"]
    assert asking["reasons"]["customer"].startswith("We may ask you whether you agree")


async def test_nothing_is_said_of_asking_where_consent_is_not_what_is_missing(
    hub: Hub, door: Door, world: World, app: str
) -> None:
    late = await world.customer(hub, joined="2025-08-01", shown="v3")
    assert await door.one(app, ASKING, input=referral(late)) == {"outcome": "ALLOW", "asking": None}


def _is_said_in(language: str, answer: dict[str, Any]) -> None:
    words = WORDS[language]
    assert answer["reasons"]["customer"] == words.rules[answer["rule"]].customer
    assert answer["remedies"][0]["reasons"]["staff"] == words.changes[answer["remedies"][0]["code"]].staff
    assert answer["asking"]["reasons"]["customer"] == words.asking["ask.allowed"].customer
    assert answer["asking"]["duties"][0]["text"] == words.manners["unbundled"]


async def test_every_explanation_comes_in_the_language_that_is_named(
    hub: Hub, door: Door, world: World, app: str
) -> None:
    early = await world.customer(hub, joined="2024-03-01", shown="v2")
    for language in LANGUAGES:
        _is_said_in(language, await door.one(app, SPOKEN, input=referral(early), language=language))
    _is_said_in("en", await door.one(app, SPOKEN, input=referral(early), language="de"))


async def test_without_a_language_the_request_chooses(hub: Hub, door: Door, world: World, app: str) -> None:
    early = await world.customer(hub, joined="2024-03-01", shown="v2")
    _is_said_in("en", await door.one(app, PLAIN, input=referral(early)))
    sent = await door.post(app, PLAIN, {"input": referral(early)}, {"Accept-Language": "fr-MA, fr;q=0.9"})
    _is_said_in("fr", sent.json()["data"]["preview"])


async def test_duties_are_said_in_another_language(hub: Hub, door: Door, world: World, app: str) -> None:
    late = await world.customer(hub, joined="2025-08-01", shown="v3")
    answer = await door.one(app, SPOKEN, input=referral(late), language="ar")
    (first, *_) = answer["obligations"]
    assert first["text"] == WORDS["ar"].duties[first["code"]]
