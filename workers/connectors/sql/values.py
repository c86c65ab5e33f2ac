"""Values between the hub and a column: brought to its type on the way in, to what JSON knows on the way out."""

import base64
import secrets
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from workers.connectors.datasets import Field, How, Strategy
from workers.connectors.plain import digest, plain

HASH_CHARACTERS, HASH_CHARACTERS_LEAST = 64, 16
BITS: Final = {"postgresql": 31}
"""How many bits a plain INTEGER has, where it has fewer than 63."""


class Family(StrEnum):
    """Types that compare with each other."""

    TEXT = "text"
    NUMBER = "number"
    TRUTH = "boolean"
    UUID = "uuid"
    DATE = "date"
    MOMENT = "timestamp"
    TIME = "time"
    BYTES = "bytes"
    OBJECT = "object"
    OTHER = "other"


FAMILIES: Final[tuple[tuple[Any, Family], ...]] = (
    (sa.Boolean, Family.TRUTH), (sa.Numeric, Family.NUMBER), (sa.Integer, Family.NUMBER), (sa.Uuid, Family.UUID),
    (sa.DateTime, Family.MOMENT), (sa.Date, Family.DATE), (sa.Time, Family.TIME), (sa.String, Family.TEXT),
    (sa.LargeBinary, Family.BYTES), (sa.JSON, Family.OBJECT),
)  # fmt: skip
DECLARED: Final = {
    "string": set(Family) - {Family.NUMBER, Family.TRUTH},
    "integer": {Family.NUMBER, Family.TRUTH},
    "float": {Family.NUMBER},
    "boolean": {Family.TRUTH, Family.NUMBER},
    "object": {Family.OBJECT},
}
"""The families that agree with a `data_type` of a dataset file."""


class Unfit(Exception):
    """A value that a column cannot hold; says why, and never the value."""


def family(column: sa.Column[Any]) -> Family:
    """The family of a column's type; OTHER for what is not known, which SQLite often leaves open."""
    return next((name for kind, name in FAMILIES if isinstance(column.type, kind)), Family.OTHER)


def fit(column: sa.Column[Any], value: Any) -> Any:
    """Bring a value to what the column's driver wants; Unfit where it cannot be one."""
    if value is None:
        return None
    try:
        return _FITTING.get(family(column), _text)(column, value)
    except (ValueError, TypeError, InvalidOperation, OverflowError, UnicodeError):
        raise Unfit(f"is no {family(column)}") from None


def _text(column: sa.Column[Any], value: Any) -> str:
    if isinstance(value, dict | list | bytes) or family(column) is Family.OBJECT:
        raise TypeError
    text = str(value)
    if "\x00" in text:
        raise Unfit("holds a character that no database takes")
    text.encode()
    longest = getattr(column.type, "length", None)
    if longest is not None and len(text) > longest:
        raise Unfit(f"is longer than {longest} characters")
    if isinstance(column.type, sa.Enum) and text not in column.type.enums:
        raise Unfit("is none of the values the column knows")
    return text


def _number(column: sa.Column[Any], value: Any) -> Any:
    if isinstance(value, bool):
        value = int(value)
    if not isinstance(column.type, sa.Integer):
        return float(value) if isinstance(column.type, sa.Float) else Decimal(str(value))
    number = int(str(value))
    if not -(2 ** _bits(column)) <= number < 2 ** _bits(column):
        raise Unfit("is too large a number")
    return number


def _bits(column: sa.Column[Any]) -> int:
    if isinstance(column.type, sa.BigInteger):
        return 63
    if isinstance(column.type, sa.SmallInteger):
        return 15
    return BITS.get(column.table.info.get("dialect", ""), 63)


def _truth(_: sa.Column[Any], value: Any) -> bool:
    text = str(value).lower()
    if text not in {"true", "1", "false", "0"}:
        raise ValueError
    return text in {"true", "1"}


def _moment(column: sa.Column[Any], value: Any) -> datetime:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    has_zone = bool(getattr(column.type, "timezone", False))
    if has_zone != (moment.tzinfo is not None):
        raise Unfit("needs a time zone" if has_zone else "may have no time zone")
    return moment


def _date(_: sa.Column[Any], value: Any) -> date:
    return value if type(value) is date else date.fromisoformat(str(value))


def _time(_: sa.Column[Any], value: Any) -> time:
    return time.fromisoformat(str(value))


def _uuid(_: sa.Column[Any], value: Any) -> UUID:
    return value if isinstance(value, UUID) else UUID(str(value))


def _bytes(_: sa.Column[Any], value: Any) -> bytes:
    return base64.b64decode(str(value), validate=True)


_FITTING: Final[Mapping[Family, Any]] = {
    Family.TEXT: _text,
    Family.NUMBER: _number,
    Family.TRUTH: _truth,
    Family.UUID: _uuid,
    Family.DATE: _date,
    Family.MOMENT: _moment,
    Family.TIME: _time,
    Family.BYTES: _bytes,
}


def erased(strategy: Strategy, of: Field, column: sa.Column[Any], value: Any, key: bytes) -> Any:
    """What stands in a field after its erasure."""
    if strategy.how is How.REPLACE:
        return fit(column, strategy.value)
    if strategy.how is How.NULL or value is None:
        return None
    longest = min(longest_text(of, column), HASH_CHARACTERS)
    if strategy.how is How.RANDOM:
        return secrets.token_hex(longest)[:longest]
    return digest(key, str(column.name), plain(value))[:longest]


def longest_text(of: Field, column: sa.Column[Any]) -> int:
    """How many characters the field may hold, by its dataset and its column."""
    return min(getattr(column.type, "length", None) or 10**6, of.length or 10**6)
