"""One WebSocket: what is said on it, by the protocol graphql-transport-ws and no other.

Source: the protocol's own text (PROTOCOL.md of graphql-ws). A client shows its token first, then begins and ends
subscriptions; each is a task of its own, which waits while the client is slow to read and is cut off when it does not.
"""

import asyncio
from collections.abc import Callable
from contextlib import aclosing, suppress
from enum import IntEnum
from typing import Any, Final, cast

import orjson
from graphql import OperationType
from starlette.websockets import WebSocket, WebSocketDisconnect

from hub.auth.passes import Pass
from hub.errors import Code, Refusal
from schema import faults, wire
from schema.call import Call
from schema.documents import Invalid, unknown
from schema.limits import SocketLimits
from schema.operations import Admitted, Operations
from schema.wire import Halt

PROTOCOL: Final = "graphql-transport-ws"


class Ending(IntEnum):
    """Why a socket ends: codes of the protocol, and two of WebSocket's own."""

    TRY_AGAIN = 1013
    INVALID = 4400
    UNAUTHENTICATED = 4401
    FORBIDDEN = 4403
    LATE = 4408
    EXISTS = 4409
    AGAIN = 4429


REASONS: Final = {
    Ending.TRY_AGAIN: "Try again later.",
    Ending.INVALID: "This is no message of graphql-transport-ws.",
    Ending.UNAUTHENTICATED: "The access token has ended: come back with a new one.",
    Ending.FORBIDDEN: "This access token does not serve here: get one from POST /oauth/token.",
    Ending.LATE: "Send connection_init sooner.",
    Ending.EXISTS: "A subscription with this id is open already.",
    Ending.AGAIN: "Send connection_init once.",
}


class Ended(Exception):
    """The socket ends here. why: None for a client that does not read, who cannot be told."""

    def __init__(self, why: Ending | None) -> None:
        super().__init__(why)
        self.why = why


class Conversation:
    """What one client and we say to each other. held: its token, once that was shown."""

    def __init__(self, websocket: WebSocket, operations: Operations, limits: SocketLimits) -> None:
        self.held: Pass | None = None
        self._websocket = websocket
        self._operations = operations
        self._limits = limits
        self._subscriptions: dict[str, asyncio.Task[None]] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._ended: asyncio.Future[Ending | None] = asyncio.get_running_loop().create_future()

    def end(self, why: Ending | None) -> None:
        """End it, from wherever; the first reason counts."""
        if not self._ended.done():
            self._ended.set_result(why)

    async def first(self) -> Any:
        """The payload of the message that begins it. Raises Ended."""
        try:
            async with asyncio.timeout(self._limits.init_seconds):
                while (message := await self._hear())["type"] == "ping":
                    await self._say({"type": "pong"})
        except TimeoutError:
            raise Ended(Ending.LATE) from None
        if message["type"] != "connection_init":
            raise Ended(Ending.UNAUTHENTICATED)
        return message.get("payload")

    async def go_on(self, call: Callable[[], Call]) -> None:
        """Acknowledge the token and do what is asked, until one side ends it.

        call: makes what the resolvers of one subscription see.
        """
        await self._say({"type": "connection_ack"})
        while True:
            message = await self._hear()
            match message["type"]:
                case "ping":
                    await self._say({"type": "pong"})
                case "pong":
                    pass
                case "subscribe":
                    await self._begin(self._id(message), message.get("payload"), call)
                case "complete":
                    self._stop(self._id(message))
                case "connection_init":
                    raise Ended(Ending.AGAIN)
                case _:
                    raise Ended(Ending.INVALID)

    async def close(self, why: Ending | None) -> None:
        """Stop what runs, and say why."""
        self._subscriptions.clear()
        for each in self._running:
            each.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        if why is not None:
            with suppress(TimeoutError, RuntimeError, WebSocketDisconnect):
                async with asyncio.timeout(self._limits.send_seconds):
                    await self._websocket.close(why, REASONS[why])

    async def _hear(self) -> dict[str, Any]:
        """The next message. Raises WebSocketDisconnect, and Ended, also where something else ends the socket."""
        heard = asyncio.ensure_future(self._websocket.receive_text())
        try:
            await asyncio.wait((heard, self._ended), return_when=asyncio.FIRST_COMPLETED)
            if not self._ended.done():
                return _message(await heard)
        except KeyError:
            raise Ended(Ending.INVALID) from None  # bytes, where the protocol has texts
        finally:
            heard.cancel()
            await asyncio.gather(heard, return_exceptions=True)
        raise Ended(self._ended.result())

    async def _say(self, message: dict[str, Any]) -> None:
        """Send, once the client has read enough of what came before. Raises Ended where it does not."""
        text = orjson.dumps(message).decode()
        try:
            async with asyncio.timeout(self._limits.send_seconds):
                await self._websocket.send_text(text)
        except TimeoutError:
            raise Ended(None) from None

    def _id(self, message: dict[str, Any]) -> str:
        said = message.get("id")
        if not isinstance(said, str) or not 1 <= len(said) <= self._limits.id_characters:
            raise Ended(Ending.INVALID)
        return said

    async def _begin(self, name: str, payload: Any, call: Callable[[], Call]) -> None:
        if name in self._subscriptions:
            raise Ended(Ending.EXISTS)
        try:
            await self._wait_for_room()
            admitted = self._admitted(payload)
        except (Refusal, Invalid, Halt) as refused:
            await self._say({"type": "error", "id": name, "payload": self._errors(refused)})
        else:
            running = asyncio.get_running_loop().create_task(self._follow(name, admitted, call()))
            self._subscriptions[name] = running
            self._running.add(running)
            running.add_done_callback(self._running.discard)

    async def _wait_for_room(self) -> None:
        """Wait a little for one that was stopped: until it has ended it counts, as it may still hold something."""
        stopped = self._running.difference(self._subscriptions.values())
        if stopped and len(self._running) >= self._limits.subscriptions:
            await asyncio.wait(
                stopped, timeout=self._limits.send_seconds, return_when=asyncio.FIRST_COMPLETED
            )
            await asyncio.sleep(0)  # for what is done when one has ended

    def _admitted(self, payload: Any) -> Admitted:
        if len(self._running) >= self._limits.subscriptions:
            message = f"At most {self._limits.subscriptions} subscriptions on a socket: end one first."
            raise Refusal(Code.LIMIT, message)
        admitted = self._operations.admit(wire.parameters(payload))
        if admitted.kind is not OperationType.SUBSCRIPTION:
            raise unknown("Queries and mutations go by POST to this address, subscriptions over this socket.")
        return admitted

    async def _follow(self, name: str, admitted: Admitted, call: Call) -> None:
        try:
            async with aclosing(self._operations.follow(admitted, call)) as answers:
                async for each in answers:
                    await self._say({"type": "next", "id": name, "payload": each})
            await self._say({"type": "complete", "id": name})
        except Ended as ended:
            self.end(ended.why)
        except (WebSocketDisconnect, RuntimeError):
            self.end(None)
        except Exception as error:  # noqa: BLE001 -- whatever it is, the client is told without details
            await self._broken(name, error, admitted)
        finally:
            await call.close()
            if self._subscriptions.get(name) is asyncio.current_task():
                del self._subscriptions[name]

    async def _broken(self, name: str, error: Exception, admitted: Admitted) -> None:
        if isinstance(error, Refusal) and error.code is Code.UNAUTHENTICATED:
            self.end(Ending.UNAUTHENTICATED)
            return
        if isinstance(error, Refusal) and error.code is Code.UNAVAILABLE:
            self.end(Ending.TRY_AGAIN)
            return
        told = isinstance(error, Refusal | Invalid | Halt)
        errors = self._errors(error) if told else [faults.fault(error, admitted.text)]
        with suppress(Ended, WebSocketDisconnect, RuntimeError):
            await self._say({"type": "error", "id": name, "payload": errors})

    def _errors(self, refused: Refusal | Invalid | Halt) -> list[dict[str, Any]]:
        if isinstance(refused, Halt):
            refused = Refusal(cast("Code", refused.code), refused.message)
        return self._operations.refused(refused)

    def _stop(self, name: str) -> None:
        running = self._subscriptions.pop(name, None)
        if running is not None:
            running.cancel()


def _message(text: str) -> dict[str, Any]:
    try:
        value = wire.decoded(text.encode())
    except (Halt, RecursionError):
        raise Ended(Ending.INVALID) from None
    if not isinstance(value, dict) or not isinstance(value.get("type"), str):  # pyright: ignore[reportUnknownMemberType]
        raise Ended(Ending.INVALID)
    return cast("dict[str, Any]", value)
