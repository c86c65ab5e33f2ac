"""When each rule applies, as a person reads it: the notation of counsel's tables, and plain words.

The notation stands in ``readings.toml`` beside the phrases it is put into words with. The code does not decide by
it; a test holds it against the code, so that what is printed for counsel is what is decided.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

_TOKEN: Final = re.compile(r"[a-z_]+ [=≠] [A-Z_]+(?: \| [A-Z_]+)*|[a-z_]+|[()]")


@dataclass(frozen=True, slots=True)
class Atom:
    """One fact with its values, one fact that is so, or one shorthand; ``denied``: the opposite."""

    text: str
    denied: bool = False


@dataclass(frozen=True, slots=True)
class Joined:
    """Conditions joined by ``and`` or by ``or``."""

    word: str
    parts: tuple["Reading", ...]


Reading = Atom | Joined


def _load() -> Mapping[str, Mapping[str, str]]:
    text = files(__package__ or "hub.policy").joinpath("readings.toml").read_text("utf-8")
    raw: dict[str, Any] = tomllib.loads(text)
    return raw


_FILE: Final = _load()
SHORTHANDS: Final = _FILE["shorthands"]
"""Every shorthand in the notation, by its name."""
READINGS: Final = _FILE["rules"]
"""Every rule's condition in the notation, by its id."""
PHRASES: Final = _FILE["phrases"]
"""Every atom of the notation in plain words."""


def read(notation: str) -> Reading:
    """Read one line of the notation; raises ValueError for what is none."""
    tokens = _TOKEN.findall(notation)
    if "".join(tokens).replace(" ", "") != notation.replace(" ", ""):
        raise ValueError(f"`{notation}` is not in the notation")
    tokens.reverse()
    reading = _joined(tokens)
    if tokens:
        raise ValueError(f"`{notation}` ends before `{tokens[-1]}`")
    return reading


def _joined(tokens: list[str]) -> Reading:
    """Read parts joined by one word; the notation puts a mixture in parentheses."""
    parts, word = [_part(tokens)], ""
    while tokens and tokens[-1] in {"and", "or"}:
        following = tokens.pop()
        if word and following != word:
            raise ValueError(f"`{word}` and `{following}` need parentheses")
        word = following
        parts.append(_part(tokens))
    return Joined(word, tuple(parts)) if word else parts[0]


def _part(tokens: list[str]) -> Reading:
    following = tokens.pop() if tokens else ""
    if following == "(":
        inner = _joined(tokens)
        if not tokens or tokens.pop() != ")":
            raise ValueError("a parenthesis is not closed")
        return inner
    if following == "not":
        return Atom(_word(tokens.pop() if tokens else ""), denied=True)
    return Atom(_word(following))


def _word(text: str) -> str:
    if text in {"", "(", ")", "and", "or", "not"}:
        raise ValueError(f"a condition is missing before `{text}`")
    return text


def atoms(reading: Reading) -> Iterator[Atom]:
    """Yield every atom, in order."""
    if isinstance(reading, Atom):
        yield reading
        return
    for part in reading.parts:
        yield from atoms(part)


def phrase(atom: Atom) -> str:
    """Put one atom into words."""
    return PHRASES[f"not {atom.text}" if atom.denied else atom.text]


def in_words(reading: Reading) -> str:
    """Put a condition into words: `A; B; and either C or (D and E)`."""
    if isinstance(reading, Atom):
        return phrase(reading)
    parts = [_inside(part) for part in reading.parts]
    if reading.word == "or":
        return f"either {' or '.join(parts)}"
    return "; ".join([*parts[:-1], f"and {parts[-1]}"])


def _inside(reading: Reading) -> str:
    """Put a part into words; parts of a part stand in parentheses."""
    if isinstance(reading, Joined) and reading.word == "and":
        return f"({' and '.join(_inside(part) for part in reading.parts)})"
    return in_words(reading)
