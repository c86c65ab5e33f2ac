"""What a test itself has left in a database that thousands of others have written to: ids are ordered by time."""

import os
import time
from functools import lru_cache
from uuid import UUID

LEEWAY_MS = 60_000
"""As far as the clocks of this machine's processes may differ, and much more."""


def before_this_test() -> UUID:
    """An id below all that this test makes: counting from there costs the same whatever ran before."""
    return _before(os.environ.get("PYTEST_CURRENT_TEST", ""))


@lru_cache(maxsize=1)
def _before(_test: str) -> UUID:
    """The same for all of a test; the time is in the upper 48 bits (RFC 9562, version 7)."""
    return UUID(int=(time.time_ns() // 10**6 - LEEWAY_MS) << 80)
