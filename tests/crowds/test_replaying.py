"""`hub replay` and `hub rules diff`: a kept answer found again, and what changed if not."""

from uuid import UUID

import asyncpg
import pytest

from hub import decisions
from hub.act import Hub
from hub.answers import Answer
from hub.policy.values import Act
from hub.questioned import Question
from tests.crowds.conftest import Crowd, Run
from tests.world import build_world


async def decided(hub: Hub, crowd: Crowd, name: str) -> UUID:
    question = Question(crowd.people[name], Act.DISCLOSE, "referral-mortgage", recipient="bluegum-mortgages")
    [answer] = await decisions.decide(hub, crowd.world.app(), [question])
    assert isinstance(answer, Answer)
    assert answer.id is not None
    return answer.id


async def test_an_answer_is_found_again_from_its_facts(hub: Hub, crowd: Crowd, run: Run) -> None:
    kept = await decided(hub, crowd, "late")
    done = await run("replay", str(kept))
    assert done.code == 0
    assert "the recorded facts give it again" in done.out
    said = (await run("replay", str(kept), "--json")).said
    assert (said["same"], said["changes"], said["regathered"]) == (True, [], said["recorded"])


async def test_what_was_told_late_is_said_beside_the_answer_that_stands(hub: Hub, run: Run) -> None:
    world = await build_world(hub)
    someone = await world.customer(hub, joined="2025-08-01", shown="v3")
    kept = await decided(hub, Crowd(world, {"someone": someone}), "someone")
    await world.choose(hub, someone, stops_sharing=True)
    said = (await run("replay", str(kept), "--json", world=world)).said
    assert said["same"]
    assert said["regathered"]["rule"] == "hub.sharing-opt-out"
    assert {"fact": "sharing_choice", "gathered": "OPTED_OUT"}.items() <= said["changes"][0].items()
    told = await run("replay", str(kept), world=world)
    assert "sharing_choice was NONE, is known as OPTED_OUT now" in told.out


async def test_an_answer_that_its_facts_do_not_give_is_found_and_listed(
    hub: Hub, crowd: Crowd, run: Run, superuser: asyncpg.Connection
) -> None:
    kept = await decided(hub, crowd, "later")
    before = await run("rules", "diff", "--json")
    assert before.code == 0
    assert before.said["replayed"] >= 1
    assert "none would change" in (await run("rules", "diff")).out
    await superuser.execute("SET session_replication_role = replica")
    await superuser.execute(
        "UPDATE decision SET rule = 'au.default', outcome = 'DENY', rules_version = '2019.01'"
        " WHERE id = (SELECT decision_id FROM decision_subject WHERE id = $1)",
        kept,
    )
    replayed = await run("replay", str(kept))
    assert (replayed.code, "DO NOT GIVE IT AGAIN" in replayed.out) == (1, True)
    changed = await run("rules", "diff", "--json")
    assert changed.code == 1
    [row] = changed.said["changed"]
    assert (row["id"], row["rules_version"]) == (str(kept), "2019.01")
    assert (row["then"], row["today"]["outcome"]) == ({"outcome": "DENY", "rule": "au.default"}, "ALLOW")
    told = await run("rules", "diff", "--sample", "1")
    assert f"{kept}  " in told.out
    assert told.out.endswith("1 decisions replayed, 1 would change.\n")


@pytest.mark.parametrize(
    ("arguments", "place"),
    [(("replay", "nonsense"), "DECISION"), (("replay", str(UUID(int=7))), "DECISION"),
     (("rules", "diff", "--sample", "0"), "--sample"), (("rules", "diff", "--sample", "100001"), "--sample")],
)  # fmt: skip
async def test_what_cannot_be_replayed_is_said_with_its_place(
    run: Run, arguments: tuple[str, ...], place: str
) -> None:
    done = await run(*arguments)
    assert (done.code, done.err.endswith(f"({place})\n")) == (2, True)
