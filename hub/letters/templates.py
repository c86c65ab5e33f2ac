"""Templates of letters: data with named placeholders, and the one pass that puts values into them.

There is no engine: ``{reference}`` is replaced where the template has it, and what a value holds is never looked at
again, so ``{{7*7}}`` or ``%s`` in a value stay what they are. A template names all its placeholders with their kinds;
one that is unknown, or that the text leaves out, is an error when the template is loaded or edited.
"""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_decimal

from hub import inputs
from hub.errors import Refusal, invalid
from hub.settings import Settings
from hub.texts import LANGUAGES, texts

FOLDER: Final = Path(__file__).parent
SUBJECT_CHARACTERS: Final = 150
BODY_CHARACTERS: Final = 5_000
LINE_CHARACTERS: Final = 500
VALUE_CHARACTERS: Final = 4_000
COUNT_MOST: Final = 1_000_000
DEFAULT: Final = "en"

Value = str | int | date
_PLACEHOLDER = re.compile(r"\{([a-z][a-z_]*)\}")
_CODE = re.compile(r"[A-Za-z0-9-]{1,64}")
_PATH = re.compile(r"/(?!/)[A-Za-z0-9._~/-]*(\?[A-Za-z0-9._~=&%-]*)?")
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Key(StrEnum):
    """What a letter is about; each has a file of its own in ``shipped``."""

    RIGHTS_RECEIVED = "rights_received"
    RIGHTS_VERIFY = "rights_verify"
    RIGHTS_STOPPED = "rights_stopped"
    RIGHTS_PAUSED = "rights_paused"
    RIGHTS_EXTENDED = "rights_extended"
    RIGHTS_READY = "rights_ready"
    RIGHTS_REFUSED = "rights_refused"
    RIGHTS_ANSWERED = "rights_answered"
    RIGHTS_WITHDRAWN = "rights_withdrawn"
    RIGHTS_REPRESENTED = "rights_represented"
    RIGHTS_MESSAGE = "rights_message"
    TASK_ASKED = "task_asked"
    TASK_REMINDER = "task_reminder"
    TASKS_REMINDER = "tasks_reminder"
    RECIPIENT_ASKED = "recipient_asked"
    RECIPIENT_REMINDER = "recipient_reminder"
    DESK_REMINDER = "desk_reminder"
    WITHDRAWALS_REMINDER = "withdrawals_reminder"
    SIGN_IN = "sign_in"
    REFERRAL_ASKED = "referral_asked"
    ACCOUNT_CLOSED = "account_closed"


class Kind(StrEnum):
    """What a placeholder takes.

    LINE: one line of text. TEXT: paragraphs. CODE: letters, digits and hyphens, to be typed or read out. COUNT: a whole
    number. DATE: a day, spelled out. LINK: a path of ours; the letter shows it after the configured address.
    """

    LINE = "line"
    TEXT = "text"
    CODE = "code"
    COUNT = "count"
    DATE = "date"
    LINK = "link"


class Reader(StrEnum):
    """For whom a letter is; its foot says why they got it."""

    PERSON = "person"
    CUSTOMER = "customer"
    HELPER = "helper"
    RECIPIENT = "recipient"
    STAFF = "staff"


COMMON: Final[Mapping[str, Kind]] = {"organisation": Kind.LINE, "contact": Kind.LINE}
"""What every letter may say without being given it."""


@dataclass(frozen=True, slots=True)
class Wording:
    """What a template says in one language."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Template:
    """A letter as it is shipped. is_forgotten: its text is kept nowhere once it is out."""

    key: Key
    version: int
    reader: Reader
    is_forgotten: bool
    placeholders: Mapping[str, Kind]
    wordings: Mapping[str, Wording]


@dataclass(frozen=True, slots=True)
class Content:
    """A letter as it reads, in one language."""

    language: str
    subject: str = field(repr=False)
    body: str = field(repr=False)
    foot: str = field(repr=False)

    @property
    def text(self) -> str:
        """The letter as plain text."""
        return f"{self.body}\n\n{self.foot}\n"


def load(file: Path) -> Template:
    """Read a template; ValueError names the file, the language and what is wrong with it."""
    said: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    try:
        placeholders = {name: Kind(kind) for name, kind in said["placeholders"].items()}
        return Template(
            Key(file.stem),
            int(said["version"]),
            Reader(said["reader"]),
            bool(said.get("forgotten", False)),
            placeholders,
            {name: check(Wording(**said[name]), placeholders, name) for name in LANGUAGES},
        )
    except Refusal as refusal:
        raise ValueError(f"{file.name}: {'.'.join(map(str, refusal.path))}: {refusal.message}") from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"{file.name}: {error}") from None


def check(wording: Wording, placeholders: Mapping[str, Kind], *path: str | int) -> Wording:
    """Check what a template says; Refusal INVALID names the part, the placeholder and the remedy."""
    subject = inputs.line(wording.subject, *path, "subject", most=SUBJECT_CHARACTERS)
    body = paragraphs(wording.body, *path, "body", most=BODY_CHARACTERS)
    known = {**COMMON, **placeholders}
    short = {name: kind for name, kind in known.items() if kind not in {Kind.TEXT, Kind.LINK}}
    _refuse_unknown(subject, short, *path, "subject")
    _refuse_unknown(body, known, *path, "body")
    if missing := sorted(placeholders.keys() - set(_PLACEHOLDER.findall(body))):
        raise invalid(f"The text must say {_names(missing)}.", *path, "body")
    return Wording(subject, body)


def _refuse_unknown(text: str, known: Mapping[str, Kind], *path: str | int) -> None:
    unknown = sorted(set(_PLACEHOLDER.findall(text)) - known.keys())
    if unknown:
        raise invalid(f"Here one cannot say {_names(unknown)}, only {_names(sorted(known))}.", *path)
    if any(brace in _PLACEHOLDER.sub("", text) for brace in "{}"):
        raise invalid("A brace stands only around the name of a value, as in {reference}.", *path)


def _names(names: list[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)


def paragraphs(value: str, *path: str | int, most: int = VALUE_CHARACTERS) -> str:
    """Check a text of several lines: no control characters but line ends, nothing that turns its direction."""
    said = inputs.text(value.replace("\r\n", "\n").replace("\r", "\n"), *path, most=most)
    if any(unicodedata.category(letter) in {"Cc", "Zl", "Zp"} and letter != "\n" for letter in said):
        raise invalid("Write this without control characters.", *path)
    return _straight(said, *path)


def _straight(said: str, *path: str | int) -> str:
    if not _TURNING.isdisjoint(said):
        raise invalid("Write this without characters that turn its direction.", *path)
    return said


_FRAME: Final = texts(FOLDER / "frame.toml")
SHIPPED: Final[Mapping[Key, Template]] = {key: load(FOLDER / "shipped" / f"{key}.toml") for key in Key}


def speaks(locale: str) -> str:
    """Choose the language of a letter for a locale: English where we do not speak it."""
    language = locale.replace("_", "-").partition("-")[0].lower()
    return language if language in LANGUAGES else DEFAULT


def host_of(template: Template, settings: Settings) -> str:
    """Where the links of a letter lead: those for staff to the desk's host."""
    return settings.desk if template.reader is Reader.STAFF else settings.url


def direction(language: str) -> str:
    """Say which way a language runs: ltr or rtl."""
    return _FRAME[language]["dir"]


def write(
    template: Template, wording: Wording, values: Mapping[str, Value], locale: str, address: str
) -> Content:
    """Put values into a template. address: the configured one, before every link.

    A locale says how days and numbers are written, such as months in Morocco. Refusals: INVALID names the value that is
    missing, unknown or of another kind, and never repeats it.
    """
    language = speaks(locale)
    kinds = {**COMMON, **template.placeholders}
    if odd := sorted(values.keys() ^ kinds.keys()):
        what = "is not given" if odd[0] in kinds else "has no place in this letter"
        raise invalid(f"The value `{odd[0][:40]}` {what}.", "values", odd[0][:40])
    pen = _Pen(language, locale, address)
    said = {name: pen.say(kind, values[name], "values", name) for name, kind in kinds.items()}
    subject, body = _fill(wording.subject, said), _fill(wording.body, said)
    subject = inputs.line(subject, "subject", most=SUBJECT_CHARACTERS + 4 * LINE_CHARACTERS)
    return Content(language, subject, body, _fill(_FRAME[language][template.reader].strip(), said))


def _fill(text: str, said: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: said[found[1]], text)


def day_in_words(day: date, language: str, locale: Locale | None = None) -> str:
    """A day as letters spell it."""
    pattern = _FRAME[language]["first_day" if day.day == 1 else "day"]
    return format_date(day, pattern, locale=locale or language)


@dataclass(frozen=True, slots=True)
class _Pen:
    """Writes values in one language."""

    language: str
    locale: str
    address: str

    def say(self, kind: Kind, value: Value, *path: str | int) -> str:
        if kind is Kind.DATE and isinstance(value, date) and not isinstance(value, datetime):
            return day_in_words(value, self.language, self._locale)
        if kind is Kind.COUNT and type(value) is int and 0 <= value <= COUNT_MOST:
            return format_decimal(value, locale=self._locale)
        if isinstance(value, str) and kind not in {Kind.DATE, Kind.COUNT}:
            return self._say_text(kind, value, *path)
        raise invalid(f"This must be a {kind}.", *path)

    def _say_text(self, kind: Kind, value: str, *path: str | int) -> str:
        if kind is Kind.TEXT:
            return paragraphs(value, *path)
        if kind is Kind.LINE:
            return self._apart(_straight(inputs.line(value, *path, most=LINE_CHARACTERS), *path))
        if kind is Kind.CODE and _CODE.fullmatch(value):
            return value
        if kind is Kind.LINK and _PATH.fullmatch(value):
            return f"{self.address}{value}"
        raise invalid(f"This must be a {kind}.", *path)

    def _apart(self, said: str) -> str:
        """Keep a name or a number in its own order where the letter runs from right to left."""
        return f"\u2068{said}\u2069" if direction(self.language) == "rtl" else said

    @property
    def _locale(self) -> Locale:
        try:
            spoken = Locale.parse(self.locale.replace("-", "_"))
        except (ValueError, UnknownLocaleError, TypeError):
            return Locale(self.language)
        return spoken if spoken.language == self.language else Locale(self.language)
