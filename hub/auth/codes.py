"""Codes that prove an address: six digits, ten minutes, five tries, once; one kind for requests, one for signing in.

They come from a cryptographic source and are kept as keyed hashes. A new one ends the one before. A try is counted by
one statement and kept, whatever comes of it: fifty at once are five.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from hub.act import Act, Ask
from hub.db import new_id

CODE_DIGITS: Final = 6
CODE_LIFE: Final = timedelta(minutes=10)
TRIES_MOST: Final = 5
CODES_MOST: Final = 5
"""Codes that are sent for one thing; then another way is needed."""


class Tried(StrEnum):
    """What came of trying a code."""

    RIGHT = "RIGHT"
    WRONG = "WRONG"
    OVER = "OVER"


@dataclass(frozen=True, slots=True)
class Pending:
    """The code that counts, for the page that asks for it: it says what the check reads."""

    expires_at: datetime
    tries_left: int


@dataclass(frozen=True, slots=True)
class Codes:
    """Codes of one kind. table: where they lie. about: the column that names what they prove.

    reached: what else must hold for an actor of the organisation $2 to see one.
    """

    table: str
    about: str
    reached: str

    async def make(self, act: Act, about: UUID) -> str:
        """Make the code that counts from now on; returns its digits, which are shown to nobody but who mails them."""
        digits = "".join(secrets.choice("0123456789") for _ in range(CODE_DIGITS))
        await self.end(act, about)
        sql = f"INSERT INTO {self.table} (id, {self.about}, digest, sent_at, expires_at) VALUES ($1, $2, $3, $4, $5)"  # noqa: S608 - names of ours, here and below
        await act.execute(sql, new_id(), about, self._digest(act, about, digits), act.at, act.at + CODE_LIFE)
        return digits

    async def end(self, act: Act, about: UUID) -> None:
        """Let the code that counts be worth nothing from now on."""
        sql = f"UPDATE {self.table} SET ended_at = $2 WHERE {self.about} = $1 AND ended_at IS NULL"  # noqa: S608
        await act.execute(sql, about, act.at)

    async def pending(self, ask: Ask, about: UUID) -> Pending | None:
        """Read when the code ends and how many tries are left; None where there is none to try."""
        sql = f"""
            SELECT c.expires_at, c.tries FROM {self.table} c WHERE c.{self.about} = $1 AND c.ended_at IS NULL
                AND ($2::uuid IS NULL OR {self.reached})
        """  # noqa: S608
        row = await ask.row(sql, about, ask.actor.organisation_id)
        if row is None or row["expires_at"] <= ask.at or row["tries"] >= TRIES_MOST:
            return None
        return Pending(row["expires_at"], TRIES_MOST - row["tries"])

    async def left(self, ask: Ask, about: UUID) -> int:
        """Count how many more codes can be sent."""
        sent = await ask.value(f"SELECT count(*) FROM {self.table} WHERE {self.about} = $1", about)  # noqa: S608
        return max(0, CODES_MOST - sent)

    async def try_code(self, act: Act, about: UUID, digits: str) -> Tried:
        """Try a code: a right one is spent, a wrong one has cost a try."""
        sql = f"""
            UPDATE {self.table} SET tries = tries + 1
            WHERE {self.about} = $1 AND ended_at IS NULL AND expires_at > $2 AND tries < $3 RETURNING digest
        """  # noqa: S608
        row = await act.row(sql, about, act.at, TRIES_MOST)
        if row is None:
            return Tried.OVER
        if not hmac.compare_digest(row["digest"], self._digest(act, about, "".join(digits.split()))):
            return Tried.WRONG
        await self.end(act, about)
        return Tried.RIGHT

    def _digest(self, act: Act, about: UUID, digits: str) -> bytes:
        return act.hub.vault.steady(self.table, str(about), digits)


RIGHTS: Final = Codes(
    "rights_code", "request_id",
    "EXISTS (SELECT FROM rights_request r WHERE r.id = c.request_id AND r.organisation_id = $2)",
)  # fmt: skip
"""What proves the address of a guest's request."""
PORTAL: Final = Codes(
    "portal_code", "attempt_id",
    "EXISTS (SELECT FROM portal_attempt a WHERE a.id = c.attempt_id AND a.organisation_id = $2)",
)  # fmt: skip
"""What lets a customer into the portal, and what they prove again there before something that cannot be undone."""
