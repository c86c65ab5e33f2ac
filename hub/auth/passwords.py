"""Passwords of staff: 15 characters or more, freely composed, not one that everybody knows; kept as argon2id hashes.

What everybody knows is a list beside this file, of passwords that are found in many leaks; a password that is one of
them repeated, or with digits and signs around it, is no better. Nothing is asked of anybody outside.

Hashing takes 64 MB and a good part of a second's core on purpose (RFC 9106 section 4, second choice): two threads do it
for the whole process, so that a crowd of strangers waits and nobody else does.
"""

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from functools import cache, partial
from importlib.resources import files
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from argon2.profiles import RFC_9106_LOW_MEMORY

from hub.errors import invalid

LEAST: Final = 15
MOST: Final = 200
AT_ONCE: Final = 2
DISTINCT_LEAST: Final = 5
NOBODYS: Final = "$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$" + "A" * 43
"""The hash of no password: checking one against it takes as long as against any other."""

_HASHER: Final = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
_POOL: Final = ThreadPoolExecutor(AT_ONCE, "passwords")
_ROWS: Final = ("abcdefghijklmnopqrstuvwxyz", "1234567890", "qwertyuiopasdfghjklzxcvbnm", "qwertzuiopasdfghjklyxcvbnm",
                "azertyuiopqsdfghjklmwxcvbn", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p")  # fmt: skip
Result = TypeVar("Result")


class Fault(StrEnum):
    """Why a password will not do."""

    SHORT = "short"
    LONG = "long"
    ODD = "odd"
    KNOWN = "known"


SAID: Final = {
    Fault.SHORT: f"Use {LEAST} characters or more: a few words in a row will do.",
    Fault.LONG: f"Use {MOST} characters at most.",
    Fault.ODD: "Use letters, digits, signs and spaces only.",
    Fault.KNOWN: "Use another one: many people use this one, or it holds little else than a name.",
}


def fault(password: str, *about: str) -> Fault | None:
    """Say why a password will not do; None where it will. about: names that it must be more than."""
    said = _normal(password)
    if len(said) < LEAST:
        return Fault.SHORT
    if len(said) > MOST:
        return Fault.LONG
    if not said.isprintable():
        return Fault.ODD
    return Fault.KNOWN if _is_known(said.casefold(), about) else None


def check(password: str, *about: str) -> str:
    """Return a password to keep; Refusal INVALID for one that will not do."""
    wrong = fault(password, *about)
    if wrong is not None:
        raise invalid(SAID[wrong], "password")
    return password


async def hash_(password: str) -> str:
    """The stored form of a password."""
    return await _apart(partial(_HASHER.hash, _normal(password)))


async def matches(password: str, stored: str | None) -> bool:
    """Whether this is the password of that hash; None takes as long and is never it."""
    is_it = await _apart(partial(_verify, stored or NOBODYS, _normal(password[: MOST + 1])))
    return is_it and stored is not None


def _verify(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except (Argon2Error, InvalidHashError):
        return False


async def _apart(work: Callable[[], Result]) -> Result:
    return await asyncio.get_running_loop().run_in_executor(_POOL, work)


def _normal(password: str) -> str:
    """One spelling for what is typed on different keyboards (NIST SP 800-63B section 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


def _is_known(said: str, about: tuple[str, ...]) -> bool:
    joined = "".join(said.split())
    stem = _unrepeated(_bare(joined) or joined)
    names = {part for name in about for part in ("".join(_parts(name)), *_parts(name))}
    return (
        len(set(said)) < DISTINCT_LEAST
        or not _known().isdisjoint({said, joined, stem})
        or stem in names
        or any(stem in row * 3 or stem in (row * 3)[::-1] for row in _ROWS)
    )


def _bare(said: str) -> str:
    """The letters between what stands around them."""
    return said.strip("".join(letter for letter in set(said) if not letter.isalpha()))


def _parts(name: str) -> list[str]:
    split = "".join(letter if letter.isalnum() else " " for letter in name.casefold())
    return split.split()


def _unrepeated(said: str) -> str:
    """What a text repeats; the text itself where it repeats nothing."""
    place = (said + said).find(said, 1) if said else 0
    return said[:place] if 0 < place < len(said) else said


@cache
def _known() -> frozenset[str]:
    text = (files("hub.auth") / "known_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))
