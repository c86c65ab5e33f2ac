"""The tree against RFC 9162's own recursive definition, and the proofs against every way to bend them."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub import merkle


def defined_root(entries: list[bytes]) -> bytes:
    """RFC 9162 section 2.1.1, word for word."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    split = 1
    while split * 2 < len(entries):
        split *= 2
    return hashlib.sha256(b"\x01" + defined_root(entries[:split]) + defined_root(entries[split:])).digest()


def defined_path(index: int, entries: list[bytes]) -> list[bytes]:
    """RFC 9162 section 2.1.3.1, word for word."""
    if len(entries) == 1:
        return []
    split = 1
    while split * 2 < len(entries):
        split *= 2
    if index < split:
        return [*defined_path(index, entries[:split]), defined_root(entries[split:])]
    return [*defined_path(index - split, entries[split:]), defined_root(entries[:split])]


def defined_proof(first: int, entries: list[bytes], *, whole: bool = True) -> list[bytes]:
    """RFC 9162 section 2.1.4.1, word for word."""
    size = len(entries)
    if first == size:
        return [] if whole else [defined_root(entries)]
    split = 1
    while split * 2 < size:
        split *= 2
    if first <= split:
        return [*defined_proof(first, entries[:split], whole=whole), defined_root(entries[split:])]
    return [*defined_proof(first - split, entries[split:], whole=False), defined_root(entries[:split])]


def made(size: int) -> tuple[list[bytes], list[bytes]]:
    entries = [b"entry %d" % number for number in range(size)]
    return entries, [merkle.leaf_hash(entry) for entry in entries]


sizes = st.integers(1, 300)


@given(st.lists(st.binary(max_size=40), max_size=70))
def test_the_root_is_the_one_the_rfc_defines(entries: list[bytes]) -> None:
    assert merkle.root(merkle.leaf_hash(entry) for entry in entries) == defined_root(entries)


@given(sizes, st.data())
def test_an_inclusion_path_is_the_rfcs_and_verifies(size: int, data: st.DataObject) -> None:
    entries, leaves = made(size)
    index = data.draw(st.integers(0, size - 1))
    path = merkle.inclusion_path(leaves, index)
    assert path == defined_path(index, entries)
    assert merkle.verify_inclusion(leaves[index], index, size, path, merkle.root(leaves))


@given(sizes, st.data())
def test_a_consistency_path_is_the_rfcs_and_verifies(size: int, data: st.DataObject) -> None:
    entries, leaves = made(size)
    first = data.draw(st.integers(1, size))
    path = merkle.consistency_path(leaves, first)
    assert path == defined_proof(first, entries)
    assert merkle.verify_consistency(first, size, path, merkle.root(leaves[:first]), merkle.root(leaves))


@given(sizes, st.data())
def test_a_bent_inclusion_proof_is_refused(size: int, data: st.DataObject) -> None:
    _, leaves = made(size)
    index = data.draw(st.integers(0, size - 1))
    path, top = merkle.inclusion_path(leaves, index), merkle.root(leaves)
    wrong = merkle.leaf_hash(b"wrong")
    assert not merkle.verify_inclusion(wrong, index, size, path, top)
    assert not merkle.verify_inclusion(leaves[index], index, size, path, wrong)
    assert not merkle.verify_inclusion(leaves[index], index, size, [*path, wrong], top)
    assert not merkle.verify_inclusion(leaves[index], size, size, path, top)
    assert not merkle.verify_inclusion(leaves[index], -1, size, path, top)
    for other in range(size):
        if other != index:
            assert not merkle.verify_inclusion(leaves[index], other, size, path, top)
    for place in range(len(path)):
        assert not merkle.verify_inclusion(leaves[index], index, size, path[:place] + path[place + 1 :], top)
        bent = [*path[:place], wrong, *path[place + 1 :]]
        assert not merkle.verify_inclusion(leaves[index], index, size, bent, top)


@given(sizes, st.data())
def test_a_rewritten_past_is_not_consistent(size: int, data: st.DataObject) -> None:
    _, leaves = made(size)
    first = data.draw(st.integers(1, size))
    rewritten = list(leaves)
    rewritten[data.draw(st.integers(0, first - 1))] = merkle.leaf_hash(b"rewritten")
    old, new = merkle.root(leaves[:first]), merkle.root(rewritten)
    assert not merkle.verify_consistency(first, size, merkle.consistency_path(rewritten, first), old, new)
    assert not merkle.verify_consistency(first, size, merkle.consistency_path(leaves, first), old, new)
    assert not merkle.verify_consistency(0, size, [], merkle.EMPTY_ROOT, new)
    assert not merkle.verify_consistency(size + 1, size, [], old, new)


@given(st.lists(st.integers(0, 90), min_size=1, max_size=6))
def test_a_frontier_resumes_where_it_stopped(batches: list[int]) -> None:
    _, leaves = made(sum(batches))
    size, peaks, nodes = 0, list[bytes](), dict[tuple[int, int], bytes]()
    for batch in batches:
        frontier = merkle.Frontier(size, peaks)
        for leaf in leaves[size : size + batch]:
            nodes |= {(level, index): node for level, index, node in frontier.add(leaf)}
        size, peaks = frontier.size, frontier.peaks
        assert frontier.root() == merkle.root(leaves[:size])
    for (level, index), node in nodes.items():
        assert node == merkle.root(leaves[index << level : index + 1 << level])
    assert len(nodes) == sum(size >> level for level in range(1, size.bit_length() + 1))


@given(st.integers(1, 2000), st.sampled_from([1, 2, 3, 8]), st.data())
def test_any_range_of_a_proof_is_rebuilt_from_stored_levels(
    size: int, stride: int, data: st.DataObject
) -> None:
    _, leaves = made(size)
    index, first = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    for start, end in merkle.inclusion_ranges(index, size) + merkle.consistency_ranges(first, size):
        frontier = merkle.Frontier()
        subtrees = merkle.complete_subtrees(start, end, stride)
        assert all(level % stride == 0 for level, _ in subtrees)
        for level, place in subtrees:
            frontier.add(merkle.root(leaves[place << level : place + 1 << level]), level)
        assert frontier.root() == merkle.root(leaves[start:end])


@pytest.mark.parametrize(("size", "peaks"), [(0, [b"x" * 32]), (3, [b"x" * 32]), (1, [b"short"])])
def test_a_frontier_that_does_not_fit_its_size_is_refused(size: int, peaks: list[bytes]) -> None:
    with pytest.raises(ValueError, match="peaks of 32 bytes"):
        merkle.Frontier(size, peaks)


def test_a_leaf_never_passes_for_a_node() -> None:
    left, right = merkle.leaf_hash(b"a"), merkle.leaf_hash(b"b")
    assert merkle.leaf_hash(left + right) != merkle.node_hash(left, right)
