"""The name of a file, made safe to show and to save: one line, no folders, no letters that turn the order of others."""

import re
import unicodedata
from typing import Final
from urllib.parse import quote

from hub.uploads.values import NAME_CHARACTERS, SUFFIXES, FileKind

UNNAMED: Final = "file"
_PARTS = re.compile(r"[/\\]")
_UNSAFE = re.compile(r'[<>:"|?*\x00-\x1f\x7f]')
_PLAIN = re.compile(r"[^A-Za-z0-9._ -]")


def clean(said: str, kind: FileKind) -> str:
    """Return the name to keep; it ends as its kind does, whatever was said."""
    last = _PARTS.split(unicodedata.normalize("NFC", said))[-1]
    shown = "".join(letter for letter in last if unicodedata.category(letter)[0] not in "CZ" or letter == " ")
    name = " ".join(_UNSAFE.sub("", shown).split()).rstrip(". ")
    suffix = next((each for each in SUFFIXES[kind] if name.lower().endswith(each)), "")
    stem = name[: len(name) - len(suffix)].strip(". ") or UNNAMED
    ending = name[len(name) - len(suffix) :] if suffix else SUFFIXES[kind][0]
    return stem[: NAME_CHARACTERS - len(ending)].rstrip(". ") + ending


def disposition(name: str) -> str:
    """Return the header under which a file is saved and never shown (RFC 6266)."""
    plain = _PLAIN.sub("_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
