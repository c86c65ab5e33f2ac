"""Merkle trees as RFC 9162 section 2.1 defines them: pure functions over SHA-256 hashes.

A tree of n leaves splits at the largest power of two below n. Everything here follows from that: a proof is a
list of subtree roots, named by the ranges ``(start, end)`` they cover, so that whoever stores a tree may read
just those ranges.

Verifiers answer yes or no and never raise: what they are given comes from outside.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(content: bytes) -> bytes:
    """Hash one entry; the prefix keeps a leaf from ever passing for a node."""
    return hashlib.sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees into their parent."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaves: Iterable[bytes]) -> bytes:
    """Compute the tree's root from its leaf hashes; an empty tree has the hash of nothing."""
    level = list(leaves)
    while len(level) > 1:
        odd = level[-1:] if len(level) % 2 else []
        level = [node_hash(*pair) for pair in zip(level[::2], level[1::2], strict=False)] + odd
    return level[0] if level else EMPTY_ROOT


class Frontier:
    """The roots of a growing tree's complete subtrees, largest first: all that appending must remember."""

    __slots__ = ("_peaks", "size")

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        """Resume a tree of `size` leaves; ValueError unless there is one peak per set bit of the size."""
        levels = [level for level in reversed(range(size.bit_length())) if size >> level & 1]
        if len(levels) != len(peaks) or any(len(peak) != HASH_BYTES for peak in peaks):
            message = (
                f"a tree of {size} leaves has {len(levels)} peaks of {HASH_BYTES} bytes, not {len(peaks)}"
            )
            raise ValueError(message)
        self._peaks = list(zip(levels, peaks, strict=True))
        self.size = size

    @property
    def peaks(self) -> list[bytes]:
        """The hashes, largest subtree first."""
        return [peak for _, peak in self._peaks]

    def add(self, subtree: bytes, level: int = 0) -> list[tuple[int, int, bytes]]:
        """Append a complete subtree of 2**level leaves; returns the nodes that became complete above it.

        Each node is (level, index, hash). The size so far must be a multiple of the subtree's.
        """
        self.size += 1 << level
        completed: list[tuple[int, int, bytes]] = []
        while self._peaks and self._peaks[-1][0] == level:
            level += 1
            subtree = node_hash(self._peaks.pop()[1], subtree)
            completed.append((level, (self.size >> level) - 1, subtree))
        self._peaks.append((level, subtree))
        return completed

    def root(self) -> bytes:
        """Return the root of the whole tree."""
        if not self._peaks:
            return EMPTY_ROOT
        hashes = reversed(self.peaks)
        result = next(hashes)
        for peak in hashes:
            result = node_hash(peak, result)
        return result


def inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """Name the subtrees that prove that leaf `index` is in a tree of `size`, nearest first (2.1.3.1)."""
    if not 0 <= index < size:
        message = f"leaf {index} is not in a tree of {size} leaves"
        raise ValueError(message)
    start, end, ranges = 0, size, list[tuple[int, int]]()
    while end - start > 1:
        middle = start + _split(end - start)
        ranges.append((middle, end) if index < middle else (start, middle))
        start, end = (start, middle) if index < middle else (middle, end)
    return ranges[::-1]


def consistency_ranges(first: int, size: int) -> list[tuple[int, int]]:
    """Name the subtrees that prove that `first` leaves are the beginning of a tree of `size` (2.1.4.1)."""
    if not 0 < first <= size:
        message = f"a tree of {first} leaves is not the beginning of one of {size}"
        raise ValueError(message)
    start, end, ranges = 0, size, list[tuple[int, int]]()
    while end != first:
        middle = start + _split(end - start)
        ranges.append((middle, end) if first <= middle else (start, middle))
        start, end = (start, middle) if first <= middle else (middle, end)
    return [*([(start, end)] if start else []), *ranges[::-1]]


def inclusion_path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Prove that leaf `index` is in the tree of these leaf hashes."""
    return [root(leaves[start:end]) for start, end in inclusion_ranges(index, len(leaves))]


def consistency_path(leaves: Sequence[bytes], first: int) -> list[bytes]:
    """Prove that the tree of the `first` of these leaf hashes is the beginning of the tree of all."""
    return [root(leaves[start:end]) for start, end in consistency_ranges(first, len(leaves))]


def complete_subtrees(start: int, end: int, stride: int) -> list[tuple[int, int]]:
    """Cover a range named above by complete subtrees on levels that are multiples of `stride`, in order.

    Each is (level, index). A store of those levels alone reads fewer than 2**stride hashes for each.
    """
    found: list[tuple[int, int]] = []
    while start < end:
        level = (end - start).bit_length() - 1
        if start:
            level = min(level, (start & -start).bit_length() - 1)
        level -= level % stride
        found.append((level, start >> level))
        start += 1 << level
    return found


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], expected: bytes) -> bool:
    """Check an inclusion proof against the root it must give (2.1.3.2)."""
    if not 0 <= index < size or len(path) != len(inclusion_ranges(index, size)):
        return False
    result, last = leaf, size - 1
    for sibling in path:
        if index & 1 or index == last:
            result = node_hash(sibling, result)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        index, last = index >> 1, last >> 1
    return result == expected


def verify_consistency(
    first: int, size: int, path: Sequence[bytes], first_root: bytes, root_now: bytes
) -> bool:
    """Check that the tree with `first_root` is the beginning of the tree with `root_now` (2.1.4.2)."""
    if not 0 < first <= size or len(path) != len(consistency_ranges(first, size)):
        return False
    if first == size:
        return first_root == root_now
    proof = list(path) if first & (first - 1) else [first_root, *path]
    index, last = first - 1, size - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    old = new = proof[0]
    for sibling in proof[1:]:
        if index & 1 or index == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        index, last = index >> 1, last >> 1
    return old == first_root and new == root_now


def _split(size: int) -> int:
    """Return the largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1
