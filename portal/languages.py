"""Which language a page is shown in: the one that was chosen, or the first of the reader's that we speak."""

from typing import Final

LANGUAGES: Final = {"en": "English", "fr": "Français", "ar": "العربية"}
MOST_RANGES: Final = 20


def choose(asked: str | None, accepted: str) -> str:
    """A language of ours, by what was asked for or by Accept-Language (RFC 9110 section 12.5.4)."""
    if asked in LANGUAGES:
        return asked
    wanted = [_range(part) for part in accepted.split(",")[:MOST_RANGES]]
    spoken = [
        (quality, -place, name)
        for place, (name, quality) in enumerate(wanted)
        if name in LANGUAGES and quality > 0
    ]
    return max(spoken)[2] if spoken else "en"


def _range(part: str) -> tuple[str, float]:
    name, _, parameter = part.partition(";")
    said = parameter.strip().removeprefix("q=") if parameter else "1"
    try:
        quality = float(said)
    except ValueError:
        quality = 0.0
    return name.strip().lower().partition("-")[0], quality
