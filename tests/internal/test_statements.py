"""How many SQL statements an operation takes: few, and as many for twenty rows as for two."""

from typing import Any

import pytest
import pytest_asyncio

from hub.actors import OPERATOR, Operation
from hub.db import new_id
from hub.rights import systems
from hub.rights.systems import NewSystem
from schema.relay import global_id
from tests.internal.counting import Counter, statements
from tests.internal.door import DECISION, Door, nodes_of
from tests.internal.setting import EVIDENCE, Setting, document, key, posed
from tests.world import World

DECIDE = document("decide", "decision { %s }" % DECISION)  # noqa: UP031
DECISIONS = document(
    "decisions",
    "results { decision { id outcome rule citation { clause text } reasons { staff } } problems { code } }",
)
PREVIEW = (
    "query ($input: QuestionInput!) { preview(input: $input) { outcome rule citation { clause text"
    " } facts { name value } } }"
)
INTAKE = {"source": "CUSTOMER", "categories": ["contact"], "optoutOffered": True}
TWENTY = 20


@pytest_asyncio.fixture(scope="module")
async def at(counted: Door, world: World) -> Setting:
    return Setting(counted, world, await counted.token(world))


async def test_deciding_takes_one_statement_to_gather_and_one_to_keep(at: Setting, counter: Counter) -> None:
    question = {"customer": await at.ref(), "act": "USE", "purpose": "conveyancing"}
    first = await statements(at, counter, DECIDE, input=question)
    assert len(first) <= 5, (
        "the first question also reads the catalogue, and the parts of states, which are then kept"
    )
    gather, keep = await statements(at, counter, DECIDE, input=question)
    assert "customer_state" in gather
    assert "keep_decisions" in keep
    assert len(await statements(at, counter, DECIDE, input=question, key=key())) == 3
    assert len(await statements(at, counter, DECIDE, input={**question, "categories": ["contact"]})) == 3
    email = f"{new_id()}@example.org"
    await at.customer(email=email)
    assert len(await statements(at, counter, DECIDE, input={**question, "customer": {"email": email}})) == 3


@pytest.mark.parametrize(
    ("mutation", "select", "given", "most"),
    [
        ("optOut", "choices { id }", {"kind": "SHARING", "evidence": EVIDENCE}, 4),
        (
            "consentRecord",
            "choices { id }",
            {"word": "GIVEN", "purpose": "newsletter", "evidence": EVIDENCE},
            5,
        ),
        ("collectionRecord", "collection { id }", INTAKE, 5),
        ("customerReveal", "name", {"reason": "SERVICE", "explanation": "ticket 7"}, 4),
    ],
)
async def test_recording_what_happened_takes_one_statement_to_keep_and_few_to_look(
    at: Setting, counter: Counter, mutation: str, select: str, given: dict[str, Any], most: int
) -> None:
    asked = {"customer": await at.ref(), **given}
    await statements(at, counter, document(mutation, select), input=asked)
    ran = await statements(at, counter, document(mutation, select), input=asked, key=key())
    assert len(ran) <= most, [each[:120] for each in ran]
    assert ("keep_entries" if mutation == "customerReveal" else "keep_events") in ran[-1]
    assert not [each for each in ran if each.startswith(("BEGIN", "COMMIT", "INSERT"))]


@pytest.mark.parametrize(("known", "most"), [({}, 9), ({"identifiedBy": "CALLED_BACK"}, 30)])
async def test_taking_a_request_in_takes_one_statement_for_each_thing_that_becomes_of_it(
    at: Setting, counter: Counter, known: dict[str, str], most: int
) -> None:
    sent = document("openRightsRequest", "request { reference state dueOn } problems { code }")
    asked = {"customer": await at.ref(), "channel": "PHONE", "kind": "ACCESS", **known}
    async with at.door.hub.act(OPERATOR, Operation.SYSTEM_CONNECT) as act:
        for _ in range(TWENTY):  # however many look by hand
            new = NewSystem(f"shelf-{new_id().hex}", "A shelf", "MANUAL")
            await systems.connect(act, new, at.world.organisation.id)
    await statements(at, counter, sent, input=asked)
    ran = await statements(at, counter, sent, input=asked)
    assert len(ran) <= most, [each[:120] for each in ran]
    assert not [each for each in ran if each.startswith("INSERT INTO rights_event")]


async def test_previewing_takes_one_statement(at: Setting, counter: Counter) -> None:
    question = {"customer": await at.ref(), "act": "USE", "purpose": "conveyancing"}
    await at.door.ask(at.token, PREVIEW, input=question)
    assert len(await statements(at, counter, PREVIEW, input=question)) == 1


async def test_a_look_at_the_past_takes_as_many_statements_as_its_snapshot_needs(
    at: Setting, counter: Counter
) -> None:
    question = {"customer": await at.ref(), "act": "USE", "purpose": "conveyancing"}
    asked = {"input": question, "asOf": "2026-01-01T00:00:00Z"}
    past = PREVIEW.replace(
        "!) { preview(input: $input)", "!, $asOf: DateTime) { preview(input: $input, asOf: $asOf)"
    )
    await at.door.ask(at.token, past, **asked)
    assert len(await statements(at, counter, past, **asked)) == 3, (
        "the instant, the catalogue's clock, gather"
    )


@pytest.mark.parametrize("many", [1, 100, 1_000])
async def test_many_questions_take_as_many_statements_as_one(
    at: Setting, counter: Counter, many: int
) -> None:
    question = {"customer": await at.ref(), "act": "USE", "purpose": "conveyancing"}
    await at.door.ask(at.token, PREVIEW, input=question)
    assert len(await statements(at, counter, DECISIONS, input=[question] * many)) == 2


@pytest.mark.parametrize("many", [2, 100])
async def test_putting_a_question_to_many_takes_as_many_statements_as_to_two(
    at: Setting, counter: Counter, many: int
) -> None:
    people = [await at.ref() for _ in range(many)]
    sent = document("putConsentQuestions", "results { question { id } problems { code } }")
    ran = await statements(at, counter, sent, input=posed(customers=people))
    assert len(ran) <= 18, [each[:120] for each in ran]


MOST = {
    "purposes": 9,
    "recipients": 4,
    "recipientClasses": 2,
    "arrangements": 7,
    "notices": 7,
    "noticeVersions": 7,
    "departments": 3,
    "categories": 2,
    "clients": 3,
    "customers": 11,
    "decisions": 12,
    "ledgerEntries": 6,
    "mergeProposals": 4,
    "consentQuestions": 9,
}
"""Statements of a page of any size: the snapshot's instant, the list, and one for each kind of link."""
NESTED = {
    "purposes": "key name benefit categories { key name } departments { key organisation { name } } bases"
    " { basis }"
    " relations { kind to { key categories { key } } } warnings { code }",
    "recipients": "key memberships { startsOn recipientClass { key name } }",
    "recipientClasses": "key names { text } warnings { code }",
    "arrangements": "key recipient { key memberships { recipientClass { key } } } purposes { key }"
    " categories { key }",
    "notices": "key versions { number texts { locale } verdicts { jurisdiction findings { code } }"
    " clauses { key purpose { key } } }",
    "noticeVersions": "number notice { key } statements { field } clauses { key purpose { key }"
    " recipients { key }"
    " classes { key } categories { key } version { number } }",
    "departments": "key organisation { name }",
    "categories": "key name sensitivityByJurisdiction { jurisdiction }",
    "clients": "name department { key }",
    "customers": "relationship name identifiers { kind value } profile { value } survivor { id }"
    " choices { kind purpose { key } recipient { key } noticeVersion { number } }"
    " collections { source categories { key } noticeVersion { number notice { key } } }"
    " deliveries { how noticeVersion { number } }",
    "decisions": "outcome rule customer { name identifiers { value } } question { purpose { key }"
    " recipient { key }"
    " arrangement { key } department { key } categories { key } }"
    " citation { noticeVersion { number notice { key } } noticeClause { key purpose { key } } }",
    "consentQuestions": "state wording benefits { text } customer { name } purpose { key } recipient { key }"
    " noticeVersion { number } events { kind place choices { action wordingSha256 } }",
    "mergeProposals": "reason older { name } newer { name relationship }",
    "ledgerEntries": "event customer { name } client { name department { key } }",
}


@pytest_asyncio.fixture(scope="module")
async def filled(at: Setting) -> Setting:
    """A firm with twenty of everything that a list can hold."""
    name = [{"locale": "en", "text": "Twenty"}]
    customers = [await at.customer() for _ in range(TWENTY)]
    questions = [
        {"customer": {"id": global_id("Customer", each)}, "act": "USE", "purpose": "conveyancing"}
        for each in customers
    ]
    await at.done_many("decisions", questions)
    for _ in range(TWENTY):
        await at.done(
            "purposeDefine",
            "purpose { id }",
            key=key(),
            kind="OTHER",
            names=name,
            categories=["contact"],
            departments=["marketing"],
            relations=[{"to": "newsletter", "kind": "RELATED"}],
        )
        joined, joins = await at.recipient_class(), await at.recipient()
        await at.done(
            "recipientClassJoin",
            "recipient { id }",
            recipient=joins,
            recipientClass=joined,
            startsOn="2026-01-01",
        )
        await at.done(
            "arrangementAgree",
            "arrangement { id }",
            key=key(),
            kind="REFERRAL",
            recipient=joins,
            purposes=["newsletter"],
            categories=["contact"],
            startsOn="2026-01-01",
            destination="AU",
        )
        await at.done("departmentAdd", "department { id }", key=key(), name="Twenty")
        await at.done("clientCreate", "client { id }", name="Twenty", scopes=["decide"])
        await at.draft()
        await at.proposal()
        await at.answered(recipient="moor-surveys", noticeVersion=at.version())
    return at


@pytest.mark.xdist_group("filled")
@pytest.mark.parametrize("name", NESTED)
async def test_a_page_of_twenty_takes_as_many_statements_as_a_page_of_two(
    filled: Setting, counter: Counter, name: str
) -> None:
    query = "query ($last: Int!) { %s(last: $last) { edges { node { %s } } } }" % (name, NESTED[name])  # noqa: UP031
    few = await statements(filled, counter, query, last=2)
    many = await statements(filled, counter, query, last=TWENTY)
    assert len(nodes_of(await filled.door.one(filled.token, query, last=TWENTY))) == TWENTY
    assert len(few) <= MOST[name], [each[:120] for each in few]
    assert len(many) <= MOST[name], [each[:120] for each in many]
