"""A worker in a hurry: its claims and pauses are short, so that another soon takes over what it leaves behind."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from hub import logs
from hub.act import Hub
from hub.settings import load
from workers.main import Pace, run_worker

Beside = Callable[[Hub, asyncio.Event], Coroutine[Any, Any, None]]
FAST = Pace(
    at_once=2,
    poll_seconds=0.2,
    heartbeat_seconds=0.3,
    silent_seconds=4.0,
    rescue_seconds=0.3,
    pause_seconds=0.2,
)


async def work(pace: Pace = FAST, beside: Beside | None = None) -> None:
    """Work until SIGTERM, with something else beside it; the line test.listening says that it is heard."""
    settings = load()
    logs.configure("DEBUG")
    assert settings.database_url is not None
    hub = await Hub.open(settings, settings.database_url.get_secret_value())
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    structlog.get_logger(__name__).info("test.listening")
    other = asyncio.create_task(beside(hub, stop)) if beside else None
    await run_worker(hub, stop, pace)
    if other:
        await other
    await hub.close()
