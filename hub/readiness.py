"""Whether this process can do its work, for a load balancer; and what is missing, for the person who runs it.

Ready means: the database answers, its schema fits, the keyring is the one it was written with, and nobody has
asked us to stop. Mail and the storage for files are reported and never make us unready: work waits. Nor does a
read-only database: questions are answered.
"""

import asyncio
import time
from dataclasses import dataclass
from typing import Any, Final

import aiosmtplib
import asyncpg
import structlog

from hub import jobs, migrate, origins, restoring, storage, suppression
from hub.act import Hub
from hub.db import LOST, Session, connect
from hub.errors import Refusal, Unready
from hub.letters.post import connection
from hub.settings import Settings
from hub.uploads import scanning

FRESH_SECONDS: Final = 1.0
PATIENCE_SECONDS: Final = 3.0
MAIL_FRESH_SECONDS: Final = 30.0
MAIL_PATIENCE_SECONDS: Final = 2.0
FILES_PATIENCE_SECONDS: Final = 5.0
SILENT_SECONDS: Final = 60.0
OLDEST_JOB_SECONDS: Final = 300.0

_FITS = """
    SELECT (SELECT array_agg(name) FROM tortoise_migrations) AS applied,
           (SELECT sealed FROM keys.sentinel WHERE id = 1) AS sentinel
"""
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. said: what is so, or what to do. needed: whether it must be right."""

    name: str
    ok: bool
    said: str
    needed: bool = True


@dataclass(frozen=True, slots=True)
class State:
    """What a load balancer is told: a word for each thing that was looked at."""

    ready: bool
    words: dict[str, str]


class Readiness:
    """Looks, over a connection of its own: a busy pool must not make a working process look broken."""

    def __init__(self, hub: Hub, known: list[str]) -> None:
        self._hub = hub
        self._known = frozenset(known)
        self._connection: asyncpg.Connection | None = None
        self._looking = asyncio.Lock()
        self._seen: State | None = None
        self._seen_at = self._mail_at = 0.0
        self._mail = ""
        self._is_whole = False
        self.draining = False

    @classmethod
    async def of(cls, hub: Hub) -> "Readiness":
        """Make one that knows which migrations this version carries."""
        return cls(hub, await migrate.known())

    async def look(self) -> State:
        """Tell whether this process is ready; looks at most once a second, however often it is asked."""
        async with self._looking:
            if self._seen is None or time.monotonic() - self._seen_at > FRESH_SECONDS:
                self._seen, self._seen_at = await self._look(), time.monotonic()
        if self.draining:
            return State(ready=False, words={**self._seen.words, "process": "draining"})
        return self._seen

    async def close(self) -> None:
        """Let the connection go."""
        connection, self._connection = self._connection, None
        if connection is not None and not connection.is_closed():
            connection.terminate()

    async def _look(self) -> State:
        words = {"process": "running", "mail": await self._look_at_mail()}
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                row = await (await self._connected()).fetchrow(_FITS)
        except asyncpg.PostgresError:
            return State(ready=False, words={**words, "database": "answers", "migrations": "missing"})
        except (*LOST, Unready, TimeoutError) as error:
            log.warning("readiness.database_lost", error=type(error).__name__)
            await self.close()
            return State(ready=False, words={**words, "database": "does not answer"})
        return await self._look_back(self._judge(words, dict(row or {})))

    async def _look_back(self, state: State) -> State:
        """Stay shut over a backup until it has been finished; one that was whole stays so while we run."""
        if not state.ready or self._is_whole:
            return state
        hub, said = self._hub, "older than what left it: run `hub restore finish`"
        try:
            self._is_whole = (await restoring.lost(hub.database.single(), hub.settings, hub.vault)).is_nothing
        except (asyncpg.PostgresError, *LOST, TimeoutError) as error:
            log.warning("readiness.history_unknown", error=type(error).__name__)
            said = "cannot be compared with the journal and the anchors: let this process read both files"
        return state if self._is_whole else State(ready=False, words={**state.words, "history": said})

    def _judge(self, words: dict[str, str], row: dict[str, Any]) -> State:
        fits = self._known <= set(row["applied"] or ())
        opens = row["sentinel"] is not None and self._hub.vault.opens(row["sentinel"])
        found = {"migrations": "fit" if fits else "missing", "keyring": "opens" if opens else "does not open"}
        return State(ready=fits and opens, words={**words, "database": "answers", **found})

    async def _connected(self) -> asyncpg.Connection:
        if self._connection is None or self._connection.is_closed():
            named = {"role": "hub_read", "application_name": "hub readiness"}
            self._connection = await connect(self._hub.database.url, named)
        return self._connection

    async def _look_at_mail(self) -> str:
        if time.monotonic() - self._mail_at > MAIL_FRESH_SECONDS:
            self._mail, self._mail_at = (await mail(self._hub.settings)).said, time.monotonic()
        return self._mail


async def mail(settings: Settings) -> Check:
    """Look whether the mail server answers: connect, greet, and ask nothing of it (RFC 5321 section 4.1.1.9)."""
    if settings.smtp_url is None:
        return Check("mail", ok=True, said="not set: no mail is sent (HUB_SMTP_URL)", needed=False)
    try:
        async with asyncio.timeout(MAIL_PATIENCE_SECONDS):
            async with connection(settings, signs_in=False) as server:
                await server.noop()
    except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as error:
        said = f"does not take connections ({type(error).__name__}): check HUB_SMTP_URL; mail waits"
        return Check("mail", ok=False, said=said, needed=False)
    return Check("mail", ok=True, said="takes connections", needed=False)


async def check(hub: Hub) -> list[Check]:
    """Look at everything an operator can put right, once the settings are read and the database let us in."""
    found = [Check("database", ok=True, said=await _server(hub)), await _migrations(hub)]
    if not found[-1].ok:
        return [*found, await mail(hub.settings), await files(hub), await scanner(hub.settings), names()]
    found += [await _keys(hub), await _history(hub), *await _queue(hub)]
    return [*found, await mail(hub.settings), await files(hub), await scanner(hub.settings), names()]


async def scanner(settings: Settings) -> Check:
    """Look whether the scanner for harmful files answers: show it a harmless one."""
    if not settings.clamd_url:
        said = "not set: files that people send are marked as not scanned (HUB_CLAMD_URL)"
        return Check("scanner", ok=True, said=said, needed=False)
    try:
        await scanning.scan(settings, b"ok")
    except Refusal:
        said = "does not answer: check HUB_CLAMD_URL; no file is taken until it does"
        return Check("scanner", ok=False, said=said, needed=False)
    return Check("scanner", ok=True, said="answers", needed=False)


async def files(hub: Hub) -> Check:
    """Look whether files can be kept: write a small one, read it, remove it."""
    try:
        async with asyncio.timeout(FILES_PATIENCE_SECONDS):
            await storage.probe(hub)
    except (Refusal, TimeoutError) as error:
        why = error.message if isinstance(error, Refusal) else "It does not answer in time."
        return Check("files", ok=False, said=f"{why} Check HUB_STORAGE_URL; packages wait", needed=False)
    place = "in a bucket" if storage.folder(hub.settings) is None else "in a folder"
    return Check("files", ok=True, said=f"can be kept, {place}", needed=False)


def names() -> Check:
    """Look whether our packages are ours alone."""
    intruders = origins.intruders()
    return Check("names", ok=not intruders, said="; ".join(intruders) or "our packages are ours alone")


async def _server(hub: Hub) -> str:
    version = await hub.database.single().value("SHOW server_version")
    return f"answers (PostgreSQL {str(version).split()[0]})"


async def _migrations(hub: Hub) -> Check:
    try:
        applied = await hub.database.single().value("SELECT array_agg(name::text) FROM tortoise_migrations")
    except asyncpg.UndefinedTableError:
        applied = None
    missing = sorted(set(await migrate.known()) - set(applied or ()))
    said = f"missing {', '.join(missing)}: run `hub migrate`" if missing else "all applied"
    return Check("migrations", ok=not missing, said=said)


async def _keys(hub: Hub) -> Check:
    sentinel = await hub.database.single().value("SELECT sealed FROM keys.sentinel WHERE id = 1")
    if sentinel is None:
        return Check("keys", ok=False, said="the database was never prepared: run `hub migrate`")
    opens = hub.vault.opens(sentinel)
    if opens and (keys := await suppression.lost_keys(hub.database.single(), hub.vault)):
        listed = f"addresses that get no marketing were listed under {', '.join(keys)}"
        return Check("keys", ok=False, said=f"{listed}: put that key back into the keyring")
    wrong = "this is not the keyring the database was written with: set the right one in HUB_KEYRING"
    return Check("keys", ok=opens, said="the keyring opens the database" if opens else wrong)


async def _history(hub: Hub) -> Check:
    try:
        lost = await restoring.lost(hub.database.single(), hub.settings, hub.vault)
    except OSError as error:
        why = f"the journal of erasures or the anchors cannot be read ({type(error).__name__})"
        return Check("history", ok=False, said=f"{why}: let this user read both files")
    if not lost.is_nothing:
        return Check("history", ok=False, said=str(lost))
    return Check("history", ok=True, said="the database knows all that left it")


async def _queue(hub: Hub) -> list[Check]:
    session: Session = hub.database.single()
    workers = await jobs.count_workers(session, SILENT_SECONDS)
    counted = await jobs.count(session)
    oldest = max((each.oldest_seconds for each in counted), default=0.0)
    failed = sum(each.many for each in counted if each.state == "failed")
    waiting = sum(each.many for each in counted if each.state == "todo")
    if oldest > OLDEST_JOB_SECONDS:
        said = f"{waiting} jobs wait, the oldest for {oldest / 60:.0f} minutes: start `hub work`"
        return [Check("queue", ok=False, said=said)]
    said = f"{workers} workers, {waiting} jobs wait, {failed} failed"
    return [Check("queue", ok=True, said=said if workers else f"{said}; nobody works: start `hub work`")]
