"""What a failure of a database means, in words of our own: its messages quote values, ours never do."""

from typing import Any, Final

import asyncpg
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from workers.connectors.connector import Broken, Refused

FAILURES: Final = (
    SQLAlchemyError, OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError
)  # fmt: skip
FORBIDDEN: Final = {"42501", "25006", "1142", "1143", "1044", "1227", "1290", "1792", "SQLITE_READONLY"}
STRANGERS: Final = {"28000", "28P01", "3D000", "1045", "1049", "SQLITE_CANTOPEN"}
SLOW: Final = {"57014", "55P03", "1205", "1969", "3024", "SQLITE_INTERRUPT", "SQLITE_BUSY"}


def told(error: BaseException) -> Refused | Broken:
    """Say whether trying again may help, and the code under which the database knows the reason."""
    code = _code(error)
    if isinstance(error, IntegrityError):
        return Refused(
            f"The database refuses the change ({code}): a rule of a table is against the new value, or rows that no "
            "dataset describes still refer to what would go. Nothing changed."
        )
    if isinstance(error, DataError):
        return Refused(
            f"The database cannot read a value as what its column holds ({code}). Nothing changed."
        )
    if code in FORBIDDEN:
        return Refused(f"The database does not let its role do this ({code}): grant it, as the guide says.")
    if code in STRANGERS:
        return Broken(f"The database does not let us in, or is not there ({code}): see the system's address.")
    if code in SLOW:
        return Broken(f"The database took too long ({code}). Nothing changed.")
    return Broken(f"The database cannot be reached, or failed ({code}).")


def _code(error: BaseException) -> str:
    """SQLSTATE, number or name of the failure; else the kind of exception."""
    origin: Any = getattr(error, "orig", None) or error
    if isinstance(origin, OSError):
        return type(origin).__name__
    if origin.args and isinstance(origin.args[0], int):  # MySQL: its numbers say more than its SQLSTATE
        return str(origin.args[0])
    known = (getattr(origin, name, None) for name in ("sqlstate", "sqlite_errorname"))
    return next((str(code) for code in known if code), type(origin).__name__)
