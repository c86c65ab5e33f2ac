"""Values of whatever kind as JSON knows them, and keyed digests over them."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import date, time
from math import isfinite
from typing import Any, cast


def plain(value: Any) -> Any:
    """A value as JSON knows it: decimals, dates and ids as text, bytes in base64."""
    if value is None or isinstance(value, str | bool | int) or (isinstance(value, float) and isfinite(value)):
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


def digest(key: bytes, *parts: Any) -> str:
    """HMAC-SHA-256 over values, in hex."""
    return hmac.new(key, json.dumps(parts, sort_keys=True).encode(), hashlib.sha256).hexdigest()
