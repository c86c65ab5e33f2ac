"""The same as partners meet it: GraphQL at its own address, and files beside it, by one token."""

import hashlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import orjson
import pytest
import pytest_asyncio

from hub import asgi
from hub.actors import Role
from hub.pairwise import Pairs
from hub.partners import exports
from hub.readiness import Readiness
from schema.relay import global_id, uuid_of
from tests.handing.conftest import Firm
from tests.partner.partner import Partner, invite
from workers import partner_exports

Crowded = tuple[Firm, Sequence[UUID], Sequence[UUID]]
OFFER = {"a": "quay-referrals", "p": "referral-inspection"}
PAGE = """
    query ($a: ID!, $p: String!, $first: Int!, $after: String) {
      customers(arrangement: $a, purpose: $p, first: $first, after: $after) {
        edges { cursor node { id emails phones handedOverOn name: value(name: "identity.given_name")
                              card: value(name: "transaction.card") values { name value } notes { text } } }
        pageInfo { hasNextPage hasPreviousPage endCursor }
      }
    }
"""
ONE = """
    query ($a: ID!, $p: String!, $id: ID!) { customer(arrangement: $a, purpose: $p, id: $id) { id emails } }
"""
KEEP = "query ($ids: [ID!]!) { mayKeep(ids: $ids) { id may purposes } }"
OFFERS = """
    { entitlements { arrangement arrangementKey purpose categories endsOn
        numbers { customers clauses { notice version clause texts { locale text } customers }
                  missing { outcome rule citation customers reason } } } }
"""
START = """
    mutation ($key: String, $form: ExportFormat!) {
      startExport(input: {arrangement: "quay-referrals", purpose: "referral-inspection", format: $form},
                  idempotencyKey: $key) { export { id state path } problems { code message path } }
    }
"""
EXPORT = (
    "query ($id: ID!) { export(id: $id) { state rows progress sizeBytes sha256 path isEncrypted untilAt } }"
)


@pytest_asyncio.fixture(scope="session")
async def partner(crowded: Crowded) -> Partner:
    """The inspectors' system."""
    firm, _, _ = crowded
    site = asgi.create_app(firm.hub, Readiness(firm.hub, []))
    return await invite(firm.hub, site, firm.world, method="client_secret")


async def test_a_partner_pages_to_the_end_and_sees_what_it_may(crowded: Crowded, partner: Partner) -> None:
    _, allowed, _ = crowded
    token, after, seen = await partner.token(), None, list[Any]()
    while True:
        page = (await partner.ask(PAGE, token, **OFFER, first=30, after=after))["customers"]
        seen += [edge["node"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert len({each["id"] for each in seen}) == len(seen) == len(allowed)
    assert {each["name"] for each in seen} == {"Jo"}
    assert {each["card"] for each in seen} == {None}
    assert seen[0]["values"] == [
        {"name": "contact.city", "value": "=Sydney"}, {"name": "identity.given_name", "value": "Jo"}
    ]  # fmt: skip


async def test_offers_say_how_many_and_why_not_the_rest(partner: Partner) -> None:
    [offer] = (await partner.ask(OFFERS))["entitlements"]
    assert (offer["arrangementKey"], offer["purpose"]) == ("quay-referrals", "referral-inspection")
    assert offer["categories"] == ["contact", "identity", "property"]
    assert offer["numbers"]["customers"] == 70
    [missing] = offer["numbers"]["missing"]
    assert missing["customers"] == 10
    assert missing["outcome"] != "ALLOW"
    assert missing["reason"]


async def test_not_allowed_and_not_there_are_the_same_bytes(
    crowded: Crowded, partner: Partner, superuser: asyncpg.Connection
) -> None:
    firm, allowed, others = crowded
    token = await partner.token()
    names = Pairs(firm.hub, partner.recipient_id)
    denied = [global_id("Customer", each) for each in names.shown(others[:3])]
    nobodys = [global_id("Customer", uuid4()) for _ in range(3)]
    before = await superuser.fetchval("SELECT count(*) FROM act WHERE actor_id = $1", partner.client_id)
    answers = {
        (answer.status_code, answer.content)
        for each in (*denied, *nobodys, global_id("Customer", allowed[0]))
        for answer in [await partner.post(token, ONE, {**OFFER, "id": each})]
    }
    [(status, content)] = answers
    assert (status, orjson.loads(content)["data"]) == (200, {"customer": None})
    kept = (await partner.ask(KEEP, token, ids=[*denied, *nobodys]))["mayKeep"]
    assert {(each["may"], tuple(each["purposes"])) for each in kept} == {(False, ())}
    after = await superuser.fetchval("SELECT count(*) FROM act WHERE actor_id = $1", partner.client_id)
    assert after == before
    [mine] = names.shown([allowed[0]])
    got = await partner.ask(ONE, token, **OFFER, id=global_id("Customer", mine))
    assert got["customer"]["id"] == global_id("Customer", mine)


@pytest.mark.parametrize(
    ("query", "given", "code"),
    [
        (PAGE, {**OFFER, "first": 10, "after": "forged"}, "INVALID"),
        (PAGE, {**OFFER, "first": 0}, "LIMIT"),
        (PAGE, {**OFFER, "first": 101}, "LIMIT"),
        (PAGE, {"a": "moor-referrals", "p": "referral-inspection", "first": 1}, "NOT_FOUND"),
        (PAGE, {"a": "quay-referrals", "p": "newsletter", "first": 1}, "NOT_FOUND"),
        (ONE, {**OFFER, "id": "abc"}, "INVALID"),
        (KEEP, {"ids": []}, "INVALID"),
        (KEEP, {"ids": ["abc"]}, "INVALID"),
    ],
)
async def test_bad_input_is_refused_with_a_code(
    partner: Partner, query: str, given: dict[str, Any], code: str
) -> None:
    answer = (await partner.post(await partner.token(), query, given)).json()
    assert [each["extensions"]["code"] for each in answer["errors"]] == [code]


async def ready(firm: Firm, partner: Partner, token: str, form: str = "NDJSON") -> dict[str, Any]:
    started = (await partner.ask(START, token, form=form, key=str(uuid4())))["startExport"]
    assert started["problems"] == []
    await partner_exports.run(firm.hub, uuid_of(started["export"]["id"], "Export"))
    return (await partner.ask(EXPORT, token, id=started["export"]["id"]))["export"]


async def test_a_file_is_downloaded_whole_or_from_where_it_broke_off(
    crowded: Crowded, partner: Partner
) -> None:
    firm, allowed, _ = crowded
    token = await partner.token()
    export = await ready(firm, partner, token)
    sent = {"Authorization": f"Bearer {token}"}
    async with partner.http() as http:
        whole = await http.get(export["path"], headers=sent)
        tag = whole.headers["etag"]
        rest = await http.get(export["path"], headers={**sent, "Range": "bytes=100-", "If-Range": tag})
        some = await http.get(export["path"], headers={**sent, "Range": "bytes=5-9"})
        last = await http.get(export["path"], headers={**sent, "Range": "bytes=-7"})
        other = await http.get(export["path"], headers={**sent, "Range": "bytes=100-", "If-Range": '"old"'})
        beyond = await http.get(export["path"], headers={**sent, "Range": "bytes=99999999-"})
        head = await http.head(export["path"], headers=sent)
    file = whole.content
    assert (whole.status_code, file.count(b"\n"), len(file)) == (200, len(allowed), export["sizeBytes"])
    assert hashlib.sha256(file).hexdigest() == export["sha256"] == tag.strip('"')
    assert (rest.status_code, rest.content) == (206, file[100:])
    assert rest.headers["content-range"] == f"bytes 100-{len(file) - 1}/{len(file)}"
    assert (some.content, last.content, other.content) == (file[5:10], file[-7:], file)
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(file)}")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(file)))
    assert whole.headers["cache-control"] == "no-store"


async def test_a_file_is_nobody_elses(crowded: Crowded, partner: Partner) -> None:
    firm, _, _ = crowded
    export = await ready(firm, partner, await partner.token(), "CSV")
    other = await invite(firm.hub, partner.site, firm.world, "moor-surveys", method="client_secret")
    reader = await invite(firm.hub, partner.site, firm.world, "quay-inspections", Role.PARTNER_READ)
    path, said = export["path"], dict[str, int]()
    async with partner.http() as http:
        for name, each in {"other": other, "reader": reader}.items():
            sent = {"Authorization": f"Bearer {await each.token()}"}
            said[name] = (await http.get(path, headers=sent)).status_code
        sent = {"Authorization": f"Bearer {await other.token()}"}
        nowhere = f"/partner/exports/{global_id('Export', uuid4())}"
        said["nowhere"] = (await http.get(nowhere, headers=sent)).status_code
        said["nobody"] = (await http.get(path)).status_code
    assert said == {"other": 404, "reader": 403, "nowhere": 404, "nobody": 401}


async def test_a_key_starts_one_export_however_often_it_comes(crowded: Crowded, partner: Partner) -> None:
    firm, _, _ = crowded
    token, key = await partner.token(), str(uuid4())
    first, again = [await partner.ask(START, token, form="NDJSON", key=key) for _ in range(2)]
    assert first == again
    end = "mutation ($id: ID!) { cancelExport(id: $id) { export { state } problems { code } } }"
    ended = await partner.ask(end, token, id=first["startExport"]["export"]["id"])
    assert ended["cancelExport"] == {"export": {"state": "CANCELLED"}, "problems": []}
    listed = await partner.ask("{ exports(first: 1) { edges { node { id state } } } }", token)
    assert listed["exports"]["edges"][0]["node"]["state"] == exports.State.CANCELLED
    assert firm.hub
