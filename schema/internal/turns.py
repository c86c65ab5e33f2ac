"""Questions about everybody take turns: few crowds are counted at once, so that single questions need not wait.

A count holds a connection of the reading pool while it runs. Half of the pool's connections at most are given to
counts: whoever asks beyond that is told to come again, and holds nothing meanwhile.
"""

from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

from hub.act import Ask, Hub
from hub.errors import Code, Refusal

_COUNTING: WeakKeyDictionary[Hub, Counter[Ask]] = WeakKeyDictionary()


def at_once(hub: Hub) -> int:
    """How many calls of a process may count crowds at the same time."""
    return max(1, hub.settings.pool_size // 2)


@contextmanager
def turn(ask: Ask) -> Generator[None]:
    """Hold a turn; the fields of a call share theirs, as they share its snapshot. Refusal LIMIT when none is free."""
    counting = _COUNTING.setdefault(ask.hub, Counter())
    if ask not in counting and len(counting) >= at_once(ask.hub):
        raise Refusal(
            Code.LIMIT,
            "As many questions about all customers as fit are being counted: ask again in a moment.",
        )
    counting[ask] += 1
    try:
        yield
    finally:
        counting[ask] -= 1
        if not counting[ask]:
            del counting[ask]
