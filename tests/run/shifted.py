"""The hub's own command on a machine whose clock is wrong: ``python shifted.py SECONDS serve``.

What the hub's modules and the libraries read the time by is moved before anything runs. The database has its own clock.
"""

import importlib
import pkgutil
import sys
import time
from datetime import datetime, timedelta, tzinfo
from typing import Any

OURS = ("hub", "portal", "schema", "workers")
SHIFT_SECONDS = float(sys.argv.pop(1))
_now, _now_ns = time.time, time.time_ns


class _Kind(type):
    """What is an instant elsewhere is one here."""

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, datetime)


class Shifted(datetime, metaclass=_Kind):
    """An instant, by a clock that is wrong."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Any:
        """What the clock shows."""
        return datetime.now(tz) + timedelta(seconds=SHIFT_SECONDS)


def move_the_clock() -> int:
    """Put it wrong; returns how many of the hub's modules read it."""
    for package in OURS:
        for found in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            importlib.import_module(found.name)
    ours = [
        each for name, each in list(sys.modules.items()) if name.partition(".")[0] in OURS and hasattr(each, "datetime")
    ]  # fmt: skip
    for module in ours:
        if module.datetime is datetime:
            setattr(module, "datetime", Shifted)  # noqa: B010 - of whichever module
    time.time = lambda: _now() + SHIFT_SECONDS
    time.time_ns = lambda: _now_ns() + int(SHIFT_SECONDS * 1e9)
    return len(ours)


if __name__ == "__main__":
    assert move_the_clock() > 20
    from hub.cli import main

    sys.exit(main())
