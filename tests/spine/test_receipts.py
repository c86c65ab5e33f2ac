"""Receipts: what a person can prove with one, and what nobody can."""

import copy
import json
from collections.abc import Iterator
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub import receipts, statements
from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.errors import Code, Refusal
from hub.keyring import Keyring, Use
from hub.vault import Vault
from tests.spine.world import World

Receipt = dict[str, Any]
CHANGES: list[Any] = [None, -1, 10**30, "x", "00" * 32, [], {}, True, 1.5]


async def issue(hub: Hub, entry: UUID, subject: UUID | None) -> Receipt:
    """Issue as a door does, and hand it out as the text a person keeps."""
    async with hub.ask(OPERATOR, Operation.CATALOGUE_READ) as ask:
        receipt = await receipts.issue(ask, entry, subject)
    return receipts.read_receipt(json.dumps(receipt))


async def made(world: World) -> tuple[Receipt, UUID]:
    """A ledger of some seals, and one customer's receipt out of a crowd's entry."""
    customers = await world.add_customers(5)
    await world.record(3, customers[0])
    await world.seal_all()
    crowd = await world.record_crowd(customers)
    await world.record(2)
    await world.seal_all()
    return await issue(world.hub, crowd, customers[3]), crowd


async def test_a_receipt_verifies_offline_with_the_published_keys(world: World) -> None:
    receipt, crowd = await made(world)
    trusted = receipts.trusted_keys(world.hub.vault.keyring.public_jwks())
    verdict = receipts.verify_receipt(receipt, trusted)
    assert (verdict.valid, verdict.pinned, verdict.reasons) == (True, True, ())
    assert (verdict.event, verdict.seal, verdict.key_id) == (
        "decision.made",
        2,
        world.hub.vault.keyring.current(Use.SEAL).id,
    )
    assert receipt["entry"]["id"] == str(crowd)
    assert [detail["body"] for detail in receipt["details"]] == [{"allowed": True, "event": "decision.made"}]
    assert receipt["details"][0]["index"] == 3
    assert verdict.to_text().endswith("a published key.")


async def test_a_receipt_whose_key_nobody_vouches_for_says_so(world: World) -> None:
    receipt, _ = await made(world)
    verdict = receipts.verify_receipt(receipt)
    assert (verdict.valid, verdict.pinned) == (True, False)
    assert "only this receipt vouches for" in verdict.to_text()


async def test_a_receipt_shows_nothing_of_the_others_in_a_crowd(world: World) -> None:
    receipt, _ = await made(world)
    text = json.dumps(receipt)
    assert not any(str(customer) in text for customer in world.customers)


async def test_a_receipt_is_the_same_whenever_it_is_asked_for(world: World) -> None:
    receipt, crowd = await made(world)
    await world.record(9)
    await world.seal_all()
    assert await issue(world.hub, crowd, world.customers[3]) == receipt


async def test_every_entry_of_a_large_ledger_has_a_receipt_that_reads_few_rows(world: World) -> None:
    await world.record_together(1_100)
    await world.seal_all(300)
    entries = await world.rows(
        "SELECT entry_id FROM ledger_leaf WHERE position % 37 = 0 OR position > 1090 ORDER BY position"
    )
    trusted = world.hub.vault.keyring.seal_keys
    for row in entries:
        assert receipts.verify_receipt(await issue(world.hub, row["entry_id"], None), trusted).valid


async def test_there_is_no_receipt_for_another_customers_entry(world: World) -> None:
    _, crowd = await made(world)
    theirs = (await world.record(1, world.customers[0]))[0]
    await world.seal_all()
    for entry, subject in (
        (theirs, world.customers[1]),
        (theirs, None),
        (crowd, uuid4()),
        (uuid4(), world.customers[0]),
    ):
        with pytest.raises(Refusal) as refused:
            await issue(world.hub, entry, subject)
        assert refused.value.code is Code.NOT_FOUND
        assert refused.value.message == "No ledger entry with this id or key."


async def test_an_entry_that_is_not_sealed_yet_asks_for_patience(world: World) -> None:
    customer = (await world.add_customers(1))[0]
    entry = (await world.record(1, customer))[0]
    with pytest.raises(Refusal) as refused:
        await issue(world.hub, entry, customer)
    assert refused.value.code is Code.NOT_SEALED_YET
    await world.seal_all()
    assert receipts.verify_receipt(await issue(world.hub, entry, customer)).valid


async def test_after_an_erasure_the_others_of_the_crowd_keep_their_receipts(world: World) -> None:
    receipt, crowd = await made(world)
    await world.tamper("DELETE FROM keys.customer_key WHERE customer_id = $1", world.customers[1])
    with pytest.raises(Refusal) as refused:
        await issue(world.hub, crowd, world.customers[1])
    assert refused.value.code is Code.NOT_FOUND
    assert await issue(world.hub, crowd, world.customers[3]) == receipt


async def test_what_retention_removed_has_no_receipt_any_more(world: World) -> None:
    receipt, crowd = await made(world)
    await world.tamper(
        "UPDATE ledger_detail SET body = NULL, emptied_at = now() WHERE entry_id = $1 AND index = 3", crowd
    )
    with pytest.raises(Refusal, match="has been removed"):
        await issue(world.hub, crowd, world.customers[3])
    assert receipts.verify_receipt(receipt).valid


async def test_a_ledger_with_holes_gives_no_receipt_rather_than_a_wrong_one(world: World) -> None:
    _, crowd = await made(world)
    await world.tamper("DELETE FROM ledger_leaf WHERE position = 0")
    with pytest.raises(Refusal) as refused:
        await issue(world.hub, crowd, world.customers[3])
    assert refused.value.code is Code.UNAVAILABLE


async def test_any_value_changed_in_a_receipt_makes_it_prove_nothing(world: World) -> None:
    receipt, _ = await made(world)
    trusted = world.hub.vault.keyring.seal_keys
    places = list(_places(receipt))
    assert len(places) > 40
    for place in places:
        if place[0] == "key":
            continue  # with trusted keys the receipt's own is not looked at; see below
        for change in CHANGES:
            bent = copy.deepcopy(receipt)
            _put(bent, place, change)
            if bent != receipt:
                verdict = receipts.verify_receipt(bent, trusted)
                assert not verdict.valid, (place, change)
                assert verdict.reasons


async def test_a_part_taken_out_or_added_makes_a_receipt_prove_nothing(world: World) -> None:
    receipt, _ = await made(world)
    trusted = world.hub.vault.keyring.seal_keys
    for place in [(name,) for name in receipt if name != "key"] + [("entry", "subject"), ("seal", "horizon")]:
        bent = copy.deepcopy(receipt)
        _remove(bent, place)
        assert not receipts.verify_receipt(bent, trusted).valid, place
    for place in (("entry", "note"), ("seal", "note"), ("details", 0, "body", "note")):
        bent = copy.deepcopy(receipt)
        _put(bent, place, "x")
        assert not receipts.verify_receipt(bent, trusted).valid, place


async def test_a_receipt_signed_by_a_forger_is_told_from_ours(world: World) -> None:
    receipt, _ = await made(world)
    forger = Keyring.generate()
    receipt["seal"]["key_id"] = forger.current(Use.SEAL).id
    receipt["signature"] = forger.sign(statements.canonical(receipt["seal"])).hex()
    receipt["key"] = forger.public_jwks([Use.SEAL])["keys"][0]
    verdict = receipts.verify_receipt(receipt, world.hub.vault.keyring.seal_keys)
    assert not verdict.valid
    assert "not one of the trusted keys" in verdict.to_text()
    unpinned = receipts.verify_receipt(receipt)
    assert (unpinned.valid, unpinned.pinned) == (True, False)
    receipt["key"]["kid"] = "seal-00000000"
    assert not receipts.verify_receipt(receipt).valid


async def test_a_receipt_outlives_the_rotation_of_the_seal_key(world: World) -> None:
    receipt, crowd = await made(world)
    world.hub.vault = Vault(world.hub.vault.keyring.rotated(Use.SEAL))
    trusted = receipts.trusted_keys(world.hub.vault.keyring.public_jwks())
    assert receipts.verify_receipt(receipt, trusted).pinned
    assert await issue(world.hub, crowd, world.customers[3]) == receipt


@pytest.mark.parametrize(
    "text", ["", "[]", "7", "{", '{"a": 1, "a": 2}', '{"a": NaN}', "[" * 100_000, b"\xff\xfe", "\x00"]
)
def test_what_is_no_receipt_is_refused(text: str | bytes) -> None:
    with pytest.raises(Refusal) as refused:
        receipts.read_receipt(text)
    assert refused.value.code is Code.INVALID


def test_a_receipt_that_is_too_long_is_refused_unread() -> None:
    with pytest.raises(Refusal) as refused:
        receipts.read_receipt(" " * (receipts.RECEIPT_CHARACTERS + 1))
    assert refused.value.code is Code.TOO_LARGE


NO_KEYS: list[dict[str, Any]] = [
    *({}, {"keys": 7}, {"keys": [7]}, {"keys": []}, {"keys": [{"crv": "Ed25519"}]}),
    {"keys": [{"crv": "Ed25519", "kid": "x", "x": "!"}]},
]


@pytest.mark.parametrize("jwks", NO_KEYS)
def test_a_key_set_without_seal_keys_is_refused(jwks: dict[str, Any]) -> None:
    with pytest.raises(Refusal) as refused:
        receipts.trusted_keys(jwks)
    assert refused.value.code is Code.INVALID


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(
    st.dictionaries(st.sampled_from(["type", "entry", "seal", "details", "path", "key", "x"]), json_values)
)
def test_no_object_whatever_makes_the_verifier_raise(receipt: Receipt) -> None:
    assert not receipts.verify_receipt(receipt).valid


plain_values = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8)
body_values = st.recursive(
    plain_values | st.uuids() | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=8), body_values))
def test_a_body_that_travelled_as_json_has_the_same_bytes(body: dict[str, Any]) -> None:
    encoded = statements.canonical(body)
    assert statements.canonical(json.loads(encoded)) == encoded
    salt = statements.new_salt()
    assert statements.split_detail(statements.detail_bytes(salt, body)) == (salt, json.loads(encoded))


@pytest.mark.parametrize(
    "value", [1.5, float("nan"), [1.0], {"a": {"b": 0.0}}, 2**53, object(), {1: 2}, b"x"]
)
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        statements.canonical(value)


def _places(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Give every place in a receipt where a plain value stands."""
    if isinstance(value, dict):
        steps: list[Any] = list(cast("dict[str, Any]", value))
    elif isinstance(value, list):
        steps = list(range(len(cast("list[Any]", value))))
    else:
        yield place
        return
    for step in steps:
        yield from _places(cast("Any", value)[step], (*place, step))


def _put(receipt: Any, place: tuple[str | int, ...], value: object) -> None:
    for step in place[:-1]:
        receipt = receipt[step]
    receipt[place[-1]] = value


def _remove(receipt: Any, place: tuple[str | int, ...]) -> None:
    for step in place[:-1]:
        receipt = receipt[step]
    del receipt[place[-1]]


@given(st.dictionaries(st.text(), st.none() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text()), st.uuids())
def test_details_that_say_mostly_the_same_are_encoded_as_if_each_were_alone(
    body: dict[str, Any], own_id: UUID
) -> None:
    salt, ids = statements.new_salt(), {"subject": str(own_id), "delivery": None}
    alike = statements.Alike(body, ["subject", "delivery"])
    assert alike.detail_bytes(salt, ids) == statements.detail_bytes(salt, {**body, **ids})
    assert len(set(statements.new_salts(50))) == 50
