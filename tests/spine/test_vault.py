"""The vault, against whoever swaps cells, keys or keyrings."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.actors import OPERATOR, Operation
from hub.errors import Unready
from hub.keyring import Keyring, Use
from hub.vault import DataKey, SealBroken, Vault
from tests.spine.world import RECORDING, World

KEYRING = Keyring.generate()
VAULT = Vault(KEYRING, "AU")
CUSTOMER, ROW = UUID(int=1), UUID(int=2)


def opened_key(vault: Vault = VAULT, customer: UUID = CUSTOMER) -> DataKey:
    return vault.unwrap(customer, vault.new_customer_key(customer))


@given(st.text(max_size=200))
def test_what_was_sealed_opens_again(text: str) -> None:
    key = opened_key()
    assert key.open_text("customer", "name", ROW, key.seal("customer", "name", ROW, text)) == text


@pytest.mark.parametrize("cell", [("x", "name", ROW), ("customer", "x", ROW), ("customer", "name", uuid4()),
                                  ("custome", "rname", ROW)])  # fmt: skip
def test_a_value_moved_to_another_cell_does_not_open(cell: tuple[str, str, UUID]) -> None:
    key = opened_key()
    sealed = key.seal("customer", "name", ROW, "Jane")
    with pytest.raises(SealBroken, match="does not open"):
        key.open(*cell, sealed)


def test_a_value_does_not_open_under_another_customers_key() -> None:
    sealed = opened_key().seal("customer", "name", ROW, "Jane")
    with pytest.raises(SealBroken):
        opened_key().open("customer", "name", ROW, sealed)


@given(st.data())
def test_a_value_with_any_byte_changed_or_cut_does_not_open(data: st.DataObject) -> None:
    key = opened_key()
    sealed = key.seal("customer", "name", ROW, "Jane")
    place = data.draw(st.integers(0, len(sealed) - 1))
    changed = sealed[:place] + bytes([sealed[place] ^ data.draw(st.integers(1, 255))]) + sealed[place + 1 :]
    for broken in (changed, sealed[:place], sealed + b"x"):
        with pytest.raises(SealBroken):
            key.open("customer", "name", ROW, broken)


def test_sealing_twice_never_gives_the_same_bytes() -> None:
    key = opened_key()
    sealed = {key.seal("customer", "name", ROW, "Jane") for _ in range(1000)}
    assert len(sealed) == 1000
    assert len({value[1:13] for value in sealed}) == 1000


def test_a_wrapped_key_opens_for_its_owner_and_kind_only() -> None:
    wrapped = VAULT.new_customer_key(CUSTOMER)
    with pytest.raises(SealBroken):
        VAULT.unwrap(ROW, wrapped)
    with pytest.raises(SealBroken):
        VAULT.unwrap(CUSTOMER, wrapped, "rights_request")
    with pytest.raises(SealBroken):
        Vault(Keyring.generate()).unwrap(CUSTOMER, wrapped)
    with pytest.raises(SealBroken):
        VAULT.unwrap(CUSTOMER, b"")


def test_own_values_and_customers_values_do_not_pass_for_each_other() -> None:
    key, own = opened_key(), VAULT.seal_own("ledger_detail", "salt_and_body", ROW, "x")
    assert VAULT.open_own("ledger_detail", "salt_and_body", ROW, own) == b"x"
    with pytest.raises(SealBroken):
        key.open("ledger_detail", "salt_and_body", ROW, own)
    with pytest.raises(SealBroken):
        VAULT.open_own(
            "ledger_detail", "salt_and_body", ROW, key.seal("ledger_detail", "salt_and_body", ROW, "x")
        )


def test_rotating_the_wrap_key_leaves_every_value_readable_and_the_old_key_can_go() -> None:
    wrapped = VAULT.new_customer_key(CUSTOMER)
    sealed = VAULT.unwrap(CUSTOMER, wrapped).seal("customer", "name", ROW, "Jane")
    rotated = Vault(KEYRING.rotated(Use.WRAP))
    rewrapped = rotated.rewrap(CUSTOMER, wrapped)
    assert rewrapped is not None
    assert rotated.rewrap(CUSTOMER, rewrapped) is None
    final = Vault(rotated.keyring.without(KEYRING.current(Use.WRAP).id))
    assert final.unwrap(CUSTOMER, rewrapped).open_text("customer", "name", ROW, sealed) == "Jane"
    with pytest.raises(SealBroken):
        final.unwrap(CUSTOMER, wrapped)


def test_while_the_index_key_rotates_both_hashes_find_a_customer() -> None:
    before, rotated = VAULT.blind_email("jane@example.com"), Vault(KEYRING.rotated(Use.INDEX))
    during = rotated.blind_email("Jane@Example.com ")
    assert during.digest != before.digest
    assert during.candidates == (during.digest, before.digest)
    assert during.key_id == rotated.keyring.current(Use.INDEX).id != before.key_id
    assert before.candidates == (before.digest,)


def test_kinds_and_systems_of_identifiers_are_hashed_apart() -> None:
    blinds = [
        VAULT.blind_external("crm", "1"), VAULT.blind_external("erp", "1"), VAULT.blind_external("cr", "m1"),
        VAULT.blind_external("email", "jane@example.com"), VAULT.blind_email("jane@example.com"),
        VAULT.blind_phone("+61491570006"), VAULT.blind_external("phone", "+61491570006"),
    ]  # fmt: skip
    assert len({blind.digest for blind in blinds}) == len(blinds)


def test_a_mac_is_accepted_under_old_keys_and_for_its_own_use_and_parts_only() -> None:
    digest, rotated = VAULT.mac(Use.CURSOR, "a", b"bc"), Vault(KEYRING.rotated(Use.CURSOR))
    assert rotated.is_mac(Use.CURSOR, digest, "a", "bc")
    assert not rotated.is_mac(Use.CURSOR, digest, "ab", "c")
    assert not rotated.is_mac(Use.PAIRWISE, digest, "a", "bc")
    assert rotated.mac(Use.CURSOR, "a", "bc") != digest


def test_a_sentinel_tells_a_wrong_keyring() -> None:
    sentinel = VAULT.new_sentinel()
    assert VAULT.opens(sentinel)
    assert Vault(KEYRING.rotated(Use.WRAP)).opens(sentinel)
    assert not Vault(Keyring.generate()).opens(sentinel)


async def test_a_database_refuses_the_keyring_of_another(world: World) -> None:
    hub = world.hub
    async with hub.ask(OPERATOR, Operation.CATALOGUE_READ) as ask:
        with pytest.raises(Unready, match="hub migrate"):
            await hub.vault.check(ask)
    for _ in range(2):
        async with hub.act(OPERATOR, RECORDING) as act:
            await hub.vault.plant(act)
            await act.record("keyring.planted")
    async with hub.ask(OPERATOR, Operation.CATALOGUE_READ) as ask:
        await hub.vault.check(ask)
        with pytest.raises(Unready, match="not the keyring"):
            await Vault(Keyring.generate()).check(ask)
    assert await world.value("SELECT count(*) FROM keys.sentinel") == 1


def test_many_wrapped_keys_open_at_once_as_they_do_one_by_one() -> None:
    rotated = Vault(KEYRING.rotated(Use.WRAP))
    owners = [uuid4() for _ in range(4)]
    wrapped = [
        (VAULT if number % 2 else rotated).new_customer_key(each) for number, each in enumerate(owners)
    ]
    several = [(str(owner), each) for owner, each in zip(owners, wrapped, strict=True)]
    for owner, each, key in zip(owners, wrapped, rotated.unwrap_each(several), strict=True):
        sealed = rotated.unwrap(owner, each).seal("customer", "name", ROW, "Jane")
        assert key.open_text("customer", "name", ROW, sealed) == "Jane"
    assert rotated.unwrap_each([]) == []


@pytest.mark.parametrize(
    "wrong", [b"", b"\x01" + bytes(60), VAULT.new_customer_key(ROW)], ids=["none", "cut", "anothers"]
)
def test_one_wrong_key_among_many_is_named(wrong: bytes) -> None:
    right, other = (str(CUSTOMER), VAULT.new_customer_key(CUSTOMER)), str(uuid4())
    with pytest.raises(SealBroken, match=other):
        VAULT.unwrap_each([right, (other, wrong)])
