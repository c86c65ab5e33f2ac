"""Two partners' lists of the same customers: nothing in them is alike, and each leads back only for its own."""

from uuid import uuid4

from hub import pairwise
from hub.act import Hub
from hub.db import new_id
from hub.keyring import Keyring, Use
from hub.pairwise import Pairs
from hub.vault import Vault

SOME = [new_id() for _ in range(500)]


def ranks(values: list[bytes]) -> list[int]:
    order = sorted(range(len(values)), key=values.__getitem__)
    found = [0] * len(values)
    for rank, index in enumerate(order):
        found[index] = rank
    return found


def correlation(left: list[int], right: list[int]) -> float:
    many = len(left)
    apart = sum((one - other) ** 2 for one, other in zip(left, right, strict=True))
    return 1 - 6 * apart / (many * (many**2 - 1))


def test_an_id_leads_back_for_its_own_recipient_only(hub: Hub) -> None:
    ours, theirs, customer = uuid4(), uuid4(), new_id()
    known_as = pairwise.shown(hub, ours, customer)
    assert known_as not in {customer, pairwise.shown(hub, theirs, customer)}
    assert pairwise.meant(hub, ours, known_as) == customer
    assert pairwise.meant(hub, theirs, known_as) != customer


def test_an_id_is_always_the_same(hub: Hub) -> None:
    recipient = uuid4()
    assert Pairs(hub, recipient).shown(SOME) == [pairwise.shown(hub, recipient, each) for each in SOME]
    assert Pairs(hub, recipient).meant(Pairs(hub, recipient).shown(SOME)) == SOME
    assert Pairs(hub, recipient).shown([]) == []


def test_two_recipients_share_no_id_and_no_order(hub: Hub) -> None:
    ours, theirs = Pairs(hub, uuid4()), Pairs(hub, uuid4())
    assert set(ours.shown(SOME)).isdisjoint(theirs.shown(SOME))
    mine, own, foreign = ours.shown(SOME), ours.places(SOME), theirs.places(SOME)
    joined = ranks([each.bytes for each in SOME])
    for left, right in ((own, foreign), (own, [each.bytes for each in mine])):
        assert abs(correlation(ranks(left), ranks(right))) < 0.2
    assert abs(correlation(ranks(own), joined)) < 0.2


def test_a_rotated_keyring_gives_nobody_a_new_id(hub: Hub) -> None:
    recipient, customer = uuid4(), new_id()
    before = pairwise.shown(hub, recipient, customer)
    ring: Keyring = hub.vault.keyring
    rotated = Hub(hub.settings, hub.database, Vault(ring.rotated(Use.PAIRWISE)))
    assert pairwise.shown(rotated, recipient, customer) == before
    other = Hub(hub.settings, hub.database, Vault(Keyring.generate()))
    assert pairwise.shown(other, recipient, customer) != before


def test_a_guess_leads_to_an_id_that_nobody_has(hub: Hub) -> None:
    recipient = uuid4()
    guessed = {pairwise.meant(hub, recipient, uuid4()) for _ in range(1000)}
    assert len(guessed) == 1000
    assert guessed.isdisjoint(SOME)
