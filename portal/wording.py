"""What the portal says, in each language: Babel catalogues compiled at start, dates and times as they are read there.

Sentences stand in the code and the templates in English, marked by ``N_`` or ``_``; `locale` holds the other languages.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import lru_cache, partial
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Any, Final, cast

from babel.dates import format_date, format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jinja2 import Environment

from hub.rights.steps import DISABLED, ELSEWHERE, OWN
from hub.texts import templates
from portal.languages import LANGUAGES

PORTAL: Final = Path(__file__).parent
DAYS: Final = "EEEE d MMMM y"
SHORT_DAYS: Final = "d MMMM"
DATES: Final = "d MMMM y"
NEAR_DAYS: Final = "EEE d MMM"
MOMENTS: Final = "d MMM HH:mm"
SENTENCES_KEPT: Final = 4_096


def N_(message: str) -> str:  # noqa: N802 - the name that gettext's tools look for
    """Mark a sentence for the catalogues; it is translated where it is shown."""
    return message


OURS: Final = {
    OWN: N_("Privacy Hub"),
    ELSEWHERE: N_("Everywhere else"),
    DISABLED: N_("This system was switched off when the request began."),
}


def day(language: str, when: date) -> str:
    """A day in full: Tuesday 14 July 2026."""
    return format_date(when, DAYS, locale=language)


def short_day(language: str, when: date) -> str:
    """A day of about now: 14 July."""
    return format_date(when, SHORT_DAYS, locale=language)


def date_of(language: str, when: date) -> str:
    """A day of any year, where the weekday does not matter: 14 July 2026."""
    return format_date(when, DATES, locale=language)


def hour(language: str, when: datetime) -> str:
    """A time of the day on which it is read: 9:24."""
    return format_datetime(when, "HH:mm", locale=language)


def moment(language: str, when: datetime) -> str:
    """A day with its time: Tuesday 14 July 2026, 9:24."""
    return f"{day(language, when)}{'،' if language == 'ar' else ','} {hour(language, when)}"


def ours(language: str, said: str) -> str:
    """What stands where others write too: the names of systems are as they are, what the hub says is translated."""
    return CATALOGUES[language].gettext(OURS[said]) if said in OURS else said


def near_day(language: str, when: date) -> str:
    """A day of about now, in a table: Tue 14 Jul."""
    return format_date(when, NEAR_DAYS, locale=language)


def instant(language: str, when: datetime) -> str:
    """An instant of about now, in UTC: 14 Jul 09:24."""
    return format_datetime(when, MOMENTS, locale=language)


def catalogue(language: str) -> NullTranslations:
    """The sentences of a language, the portal's and the desk's; English is what stands in the code."""
    found = NullTranslations()
    for file in sorted((PORTAL / "locale" / language / "LC_MESSAGES").glob("*.po")):
        compiled = BytesIO()
        with file.open("rb") as source:
            write_mo(compiled, read_po(source, locale=language))
        compiled.seek(0)
        read = GNUTranslations(compiled)
        read.add_fallback(found)
        found = read
    return found


def _speaker(engine: Environment, spoken: NullTranslations) -> Callable[..., str]:
    """What templates call as `_`: as Jinja2's own does, but a sentence without values is looked up only once."""
    marked: Callable[[str], Any] = cast("Any", engine.filters)["safe"]

    @lru_cache(SENTENCES_KEPT)
    def plain(message: str) -> str:
        return marked(spoken.gettext(message)) % {}

    def say(message: str, /, **given: object) -> str:
        return marked(spoken.gettext(message)) % given if given else plain(message)

    return say


def _engine(language: str) -> Environment:
    engine = templates(PORTAL / "templates")
    engine.add_extension("jinja2.ext.i18n")
    added: Any = engine
    added.install_gettext_translations(CATALOGUES[language], newstyle=True)
    engine.globals["_"] = _speaker(engine, CATALOGUES[language])
    engine.filters |= {
        "day": partial(day, language), "short_day": partial(short_day, language), "hour": partial(hour, language),
        "moment": partial(moment, language), "date": partial(date_of, language),
        "near_day": partial(near_day, language), "instant": partial(instant, language),
        "ours": partial(ours, language),
    }  # fmt: skip
    return engine


CATALOGUES: Final[Mapping[str, NullTranslations]] = {language: catalogue(language) for language in LANGUAGES}
ENGINES: Final[Mapping[str, Environment]] = {language: _engine(language) for language in LANGUAGES}
