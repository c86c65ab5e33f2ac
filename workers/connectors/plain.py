"""Values of whatever kind as JSON knows them, and keyed digests over them."""

import base64
import hmac
import json
from collections.abc import Mapping
from datetime import date, time
from math import isfinite
from typing import Any, Final, cast

_PLAIN: Final = frozenset({str, bool, type(None)})
_encode: Final = json.JSONEncoder(sort_keys=True).encode


def plain(value: Any) -> Any:
    """A value as JSON knows it: decimals, dates, ids and whole numbers beyond 64 bits as text, bytes in base64."""
    if type(value) in _PLAIN or isinstance(value, str) or _is_number(value):
        return value
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(bytes(cast("Any", value))).decode()
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(each) for each in cast("list[Any]", value)]
    return str(value)


def _is_number(value: Any) -> bool:
    """Whether JSON has this number, and its readers take it as it is."""
    if isinstance(value, int):
        return -(2**63) <= value < 2**64
    return isinstance(value, float) and isfinite(value)


def digest(key: bytes, *parts: Any) -> str:
    """HMAC-SHA-256 over values, in hex."""
    return hmac.digest(key, _encode(parts).encode(), "sha256").hex()
