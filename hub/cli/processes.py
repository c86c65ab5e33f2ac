"""The processes of a hub, from start to stop.

A first Ctrl-C or SIGTERM stops in order: unready, no new connections, running requests answered, jobs
finished or handed back. A second one ends at once; nothing acknowledged is lost then either: all of it is in
PostgreSQL.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from functools import partial
from typing import Any, Final, NoReturn

import structlog
from pydantic import SecretStr

from hub import asgi, logs
from hub.act import Hub
from hub.cli import greeting
from hub.cli.endings import STOPPED
from hub.cli.opening import database, keep_running, opened, prepare, settings_of
from hub.errors import Code, Refusal, Unready
from hub.readiness import Readiness
from hub.sealing import run_sealer
from hub.settings import Mode, Settings
from portal.pages.mailbox import Letters
from workers.main import run_worker

DEMO_TOKEN_SECONDS: Final = 3600
GREETING_PAUSE_SECONDS: Final = 0.5
Greet = Callable[[Hub], Awaitable[None]]
log = structlog.get_logger(__name__)


def run_all(mode: str, **given: Any) -> None:
    """Run a whole hub in this process, and bring its database up to date first."""
    settings = _settings(Mode(mode), given)
    listening = listen(settings.host, settings.port)
    settings = settings.model_copy(update={"port": listening.getsockname()[1]})
    greeting.say_starting(settings)
    with database(settings) as url:

        async def body(stop: asyncio.Event) -> None:
            if not await _unless_told(stop, prepare(settings, url)):
                return
            async with _mailbox(settings) as (letters, ours), opened(ours, url) as hub:
                greet = partial(greeting.greet, mailbox=letters is not None)
                if await _unless_told(stop, _fill(hub)):
                    async with _partner(hub), asyncio.TaskGroup() as group:
                        group.create_task(keep_running(settings, stop))
                        await live(hub, stop, listening, work=True, greet=greet, letters=letters)

        _until_told(settings, body)
    greeting.say_stopped()


def run_parts(*, web: bool, work: bool, **given: Any) -> None:
    """Run the web server, or the worker and the sealer, on a database that is prepared already."""
    settings = _settings(None, given)
    listening = listen(settings.host, settings.port) if web else None
    if listening is not None:
        settings = settings.model_copy(update={"port": listening.getsockname()[1]})
    with database(settings) as url:

        async def body(stop: asyncio.Event) -> None:
            async with opened(settings, url) as hub:
                await live(hub, stop, listening, work=work)

        _until_told(settings, body)


async def live(
    hub: Hub,
    stop: asyncio.Event,
    listening: socket.socket | None,
    *,
    work: bool,
    greet: Greet | None = None,
    letters: Letters | None = None,
) -> None:
    """Do everything this process is for, side by side, until told to stop."""
    readiness, started = await Readiness.of(hub), asyncio.Event()
    await _refuse_unfit(readiness)
    log.info("hub.starts", mode=hub.settings.mode.value)
    try:
        async with asyncio.TaskGroup() as group:
            if listening is not None:
                app = asgi.create_app(hub, readiness, letters)
                group.create_task(asgi.serve(hub, app, readiness, listening, stop, started))
            if work:
                group.create_task(run_worker(hub, stop))
                group.create_task(run_sealer(hub, stop))
            if listening is not None:
                await started.wait()
                _tell(hub.settings)
            if greet is not None:
                await greet_patiently(hub, greet, stop)
    finally:
        await readiness.close()
    log.info("hub.stopped")


async def greet_patiently(hub: Hub, greet: Greet, stop: asyncio.Event) -> None:
    """Greet once the database answers: one that is lost at this very moment is started again, and ends nothing."""
    while not stop.is_set():
        try:
            await greet(hub)
        except Refusal as refusal:
            if refusal.code is not Code.UNAVAILABLE:
                raise
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), GREETING_PAUSE_SECONDS)
        else:
            return


def _tell(settings: Settings) -> None:
    log.info("hub.listens", host=settings.host, port=settings.port, mode=settings.mode.value)


def listen(host: str, port: int) -> socket.socket:
    """Take the address to listen on, before anything else is begun; Unready says what is in the way."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError:
        raise Unready(f"HUB_HOST: {host} names no address of this machine") from None
    taken = socket.socket(family, kind, protocol)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(address)
        taken.listen(2048)
    except OSError as error:
        taken.close()
        why = error.strerror or type(error).__name__
        raise Unready(f"port {port} of {host} cannot be had ({why}): set HUB_PORT to a free one") from None
    taken.setblocking(False)
    return taken


def _settings(mode: Mode | None, given: dict[str, Any]) -> Settings:
    settings = settings_of(mode, **{name: value for name, value in given.items() if value is not None})
    if settings.mode is Mode.DEMO and "token_seconds" not in settings.model_fields_set:
        settings = settings.model_copy(update={"token_seconds": DEMO_TOKEN_SECONDS})
    logs.configure(settings.log_level, pretty=not settings.is_production and sys.stderr.isatty())
    return settings


@contextlib.asynccontextmanager
async def _mailbox(settings: Settings) -> AsyncGenerator[tuple[Letters | None, Settings]]:
    """In the demo, take in the hub's own mail, unless another mail server is set."""
    if settings.mode is not Mode.DEMO or settings.smtp_url is not None:
        yield None, settings
        return
    from hub.demo.mailbox import Mailbox

    async with Mailbox().receiving() as mailbox:
        yield mailbox.letters, settings.model_copy(update={"smtp_url": SecretStr(mailbox.url)})


@contextlib.asynccontextmanager
async def _partner(hub: Hub) -> AsyncGenerator[None]:
    """In the demo, let its partner run beside it."""
    if hub.settings.mode is not Mode.DEMO:
        yield
        return
    from hub.demo import partner

    async with partner.running(hub):
        yield


async def _refuse_unfit(readiness: Readiness) -> None:
    """End now rather than write what another keyring, or an older schema, cannot hold."""
    state = await readiness.look()
    if not state.ready:
        found = ", ".join(
            f"{name}: {word}" for name, word in state.words.items() if name not in {"process", "mail"}
        )
        raise Unready(f"database: not ready ({found}): run `hub migrate`, and `hub check` to see more")


async def _fill(hub: Hub) -> None:
    """In the demo, make up its people, once; what is broken off here begins again at the next start."""
    if hub.settings.mode is Mode.DEMO:
        await greeting.load_demo(hub)


async def _unless_told(stop: asyncio.Event, work: Coroutine[Any, Any, Any]) -> bool:
    """Do something, unless told to stop meanwhile; whether it was done."""
    doing, told = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    await asyncio.wait((doing, told), return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if doing.done():
        await doing
        return True
    doing.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await doing
    return False


def _until_told(settings: Settings, body: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    async def run() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, _hear, stop, settings, name)
        await body(stop)

    with asyncio.Runner(loop_factory=asgi.loop_factory()) as runner:
        runner.run(run())


def _hear(stop: asyncio.Event, settings: Settings, name: signal.Signals) -> None:
    if stop.is_set():
        _end_at_once()
    greeting.say_stopping(settings, name)
    stop.set()


def _end_at_once() -> NoReturn:
    os._exit(STOPPED)
