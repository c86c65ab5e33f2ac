"""What the portal says, in each language: Babel catalogues compiled at start, dates and times as they are read there.

Sentences stand in the code and the templates in English, marked by ``N_`` or ``_``; `locale` holds the other languages.
"""

from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from babel.dates import format_date, format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jinja2 import Environment

from hub.texts import templates
from portal.languages import LANGUAGES

PORTAL: Final = Path(__file__).parent
DAYS: Final = "EEEE d MMMM y"
SHORT_DAYS: Final = "d MMMM"


def N_(message: str) -> str:  # noqa: N802 - the name that gettext's tools look for
    """Mark a sentence for the catalogues; it is translated where it is shown."""
    return message


def day(language: str, when: date) -> str:
    """A day in full: Tuesday 14 July 2026."""
    return format_date(when, DAYS, locale=language)


def short_day(language: str, when: date) -> str:
    """A day of about now: 14 July."""
    return format_date(when, SHORT_DAYS, locale=language)


def hour(language: str, when: datetime) -> str:
    """A time of the day on which it is read: 9:24."""
    return format_datetime(when, "HH:mm", locale=language)


def catalogue(language: str) -> NullTranslations:
    """The sentences of a language; English is what stands in the code."""
    file = PORTAL / "locale" / language / "LC_MESSAGES" / "portal.po"
    if not file.exists():
        return NullTranslations()
    compiled = BytesIO()
    with file.open("rb") as source:
        write_mo(compiled, read_po(source, locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)


def _engine(language: str) -> Environment:
    engine = templates(PORTAL / "templates")
    engine.add_extension("jinja2.ext.i18n")
    added: Any = engine
    added.install_gettext_translations(CATALOGUES[language], newstyle=True)
    engine.filters |= {
        "day": partial(day, language), "short_day": partial(short_day, language), "hour": partial(hour, language),
    }  # fmt: skip
    return engine


CATALOGUES: Final[Mapping[str, NullTranslations]] = {language: catalogue(language) for language in LANGUAGES}
ENGINES: Final[Mapping[str, Environment]] = {language: _engine(language) for language in LANGUAGES}
