"""Asks a system over HTTP: one signed POST a call, whose answer comes at once or by callback."""

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

import msgspec

from hub import signatures
from hub.keyring import Secret
from hub.outbound import Answer, Outbound, Rules, Unreached, Unwanted, check
from workers.connectors.connector import (
    Broken,
    Call,
    Change,
    Export,
    Later,
    Operation,
    Outcome,
    Refused,
    Stopped,
)
from workers.connectors.datasets import Dataset, Unusable
from workers.connectors.http.answers import read_answer, read_rows
from workers.connectors.http.callbacks import callback_token

ANSWER_BYTES_MOST: Final = 1_000_000
LINE_BYTES_MOST: Final = 4_000_000
WAIT_MOST: Final = timedelta(days=45)
RETRY: Final = timedelta(minutes=1)
EXPECTED: Final = timedelta(days=7)
"""When an answer is expected of a system that says only that it will come."""
REFUSALS: Final[Mapping[int, str]] = {
    401: "The system does not accept our signature (401): compare the secrets.",
    403: "The system does not let us do this (403).",
    404: "The system has no such address (404).",
    405: "The system does not take POST at this address (405).",
    410: "The system has closed this address (410).",
    413: "The system finds the call too large (413).",
    422: "This step was done before with other values: give the new ones a step of their own.",
    501: "The system cannot do this by itself (501).",
}


@dataclass(frozen=True, slots=True)
class HttpSystem:
    """A system behind HTTP. url: where calls are posted. secrets: all that sign, the newest first.

    callback_url: where later answers go, with the step's id added; empty: the system cannot answer later.
    """

    url: str
    datasets: tuple[str, ...]
    secrets: tuple[Secret, ...] = field(repr=False)
    callback_url: str = ""
    rules: Rules = field(default_factory=Rules)


class HttpConnector:
    """A system behind HTTP. datasets: those of all systems. key: 32 bytes of the hub's, for digests and callbacks."""

    def __init__(self, system: HttpSystem, datasets: Iterable[Dataset], key: bytes) -> None:
        self._system, self._key = system, key
        self._own = tuple(each for each in datasets if each.key in system.datasets)
        if len(self._own) < len(system.datasets) or not self._own:
            raise Unusable(["The system names a dataset that is not given."])
        if not system.secrets:
            raise Unusable(["The system has no secret to sign with."])
        try:
            check(system.url, system.rules)
        except Unwanted as error:
            raise Unusable([str(error)]) from None
        self._outbound = Outbound(system.rules)

    async def find(self, call: Call) -> Outcome:
        """Ask what is there, and by which keys other systems know the person."""
        return await self._ask(call, Operation.FIND)

    async def export(self, call: Call) -> Export:
        """Read rows as the system sends them, one line of JSON each."""
        try:
            async with self._asked(call, Operation.EXPORT) as answer:
                _check_status(answer, call)
                lines = answer.lines(LINE_BYTES_MOST)
                async with aclosing(_generator(read_rows(lines, self._own, self._key))) as items:
                    async for item in items:
                        yield item
        except Stopped as stopped:
            yield stopped.outcome

    async def correct(self, call: Call, changes: Sequence[Change]) -> Outcome:
        """Ask for values to be put in place."""
        said = [
            {"target": each.target, "value": each.value, "was": each.was, "among": each.among}
            for each in changes
        ]
        return await self._ask(call, Operation.CORRECT, changes=said)

    async def erase(self, call: Call) -> Outcome:
        """Ask for an erasure."""
        return await self._ask(call, Operation.ERASE)

    async def restrict(self, call: Call, *, is_restricted: bool = True) -> Outcome:
        """Ask for the data to be marked, or released."""
        return await self._ask(call, Operation.RESTRICT, is_restricted=is_restricted)

    async def close(self) -> None:
        """Let connections go."""
        await self._outbound.close()

    async def _ask(self, call: Call, operation: Operation, **details: Any) -> Outcome:
        try:
            async with self._asked(call, operation, **details) as answer:
                _check_status(answer, call)
                return read_answer(await answer.read(ANSWER_BYTES_MOST), self._own, self._key)
        except Stopped as stopped:
            return stopped.outcome

    @asynccontextmanager
    async def _asked(self, call: Call, operation: Operation, **details: Any) -> AsyncGenerator[Answer]:
        body = msgspec.json.encode(self._message(call, operation, details))
        name = f"{call.step_id}:{operation.value}{':dry-run' if call.is_dry_run else ''}"
        headers = signatures.sign(name, datetime.now(UTC), body, self._system.secrets)
        headers |= {"content-type": "application/json", "accept": "application/json, application/x-ndjson"}
        try:
            async with self._outbound.open(
                "POST", self._system.url, headers=headers, body=body, seconds=call.seconds
            ) as answer:
                yield answer
        except Unwanted as error:
            raise Stopped(Refused(str(error))) from None
        except Unreached as error:
            raise Stopped(Broken(str(error))) from None

    def _message(self, call: Call, operation: Operation, details: Mapping[str, Any]) -> dict[str, Any]:
        data: dict[str, Any] = {
            "step_id": str(call.step_id),
            "attempt": call.attempt,
            "is_dry_run": call.is_dry_run,
            "identities": dict(call.subject.identities),
            "keys": dict(call.subject.keys),
            **details,
        }
        if self._system.callback_url and not call.is_dry_run:
            token = callback_token(self._key, call.step_id, operation, call.attempt)
            data["callback"] = {"url": f"{self._system.callback_url}/{call.step_id}", "token": token}
        return {"type": f"privacy.{operation.value}", "timestamp": call.at.isoformat(), "data": data}


def _check_status(answer: Answer, call: Call) -> None:
    """End a call whose answer is its status; go on where there is a body to read."""
    status = answer.status
    if status == 200:  # noqa: PLR2004 - OK
        return
    if status == 202:  # noqa: PLR2004 - Accepted
        raise Stopped(Later(call.at + _wait(answer, call, EXPECTED)))
    if status in REFUSALS:
        raise Stopped(Refused(REFUSALS[status]))
    if 300 <= status < 400:  # noqa: PLR2004 - redirects
        raise Stopped(
            Refused(f"The system sends us elsewhere ({status}), where we do not follow: correct its address.")
        )
    if status in {409, 429, 503} and (status == 409 or "retry-after" in answer.headers):  # noqa: PLR2004 - Conflict
        raise Stopped(Later(call.at + _wait(answer, call, RETRY)))
    raise Stopped(Broken(f"The system failed ({status})."))


def _wait(answer: Answer, call: Call, otherwise: timedelta) -> timedelta:
    """How long to wait, as `Retry-After` says it, within reason (RFC 9110, 10.2.3)."""
    said = answer.headers.get("retry-after", "")
    if said.isascii() and said.isdecimal() and len(said) < len("100000000"):
        return min(timedelta(seconds=int(said)), WAIT_MOST)
    try:
        until = parsedate_to_datetime(said)
    except ValueError:
        return otherwise
    moment = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max(moment - call.at, timedelta()), WAIT_MOST)


def _generator(export: Export) -> Any:
    """An export as what it is: something that can be closed before its end."""
    return export
