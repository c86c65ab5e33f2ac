"""What machines ask a running hub: whether it lives, is ready, its figures, where to report a weakness."""

import hmac
import time
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import asyncpg
import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import jobs, metrics, sealing
from hub.act import Hub
from hub.actors import WORKER, Operation
from hub.db import LOST
from hub.errors import Refusal
from hub.readiness import Readiness
from hub.settings import Settings

HEALTH: Final = "/healthz"
READY: Final = "/readyz"
METRICS: Final = "/metrics"
PATHS: Final = (HEALTH, READY, METRICS)
SECURITY: Final = "/.well-known/security.txt"
VALID_DAYS: Final = 180


def routes(hub: Hub, readiness: Readiness) -> list[Route]:
    """Every route of this module."""

    async def healthz(_: Request) -> Response:
        return _json({"alive": True})

    async def readyz(_: Request) -> Response:
        state = await readiness.look()
        return _json({"ready": state.ready, **state.words}, 200 if state.ready else 503)

    async def figures(request: Request) -> Response:
        _let_in(request, hub.settings)
        await _observe(hub)
        return Response(metrics.text(), headers={"content-type": metrics.CONTENT_TYPE})

    async def security(_: Request) -> Response:
        return Response(security_text(hub.settings, datetime.now(UTC)), media_type="text/plain")

    name = Operation.HEALTH_READ.value
    return [
        Route(HEALTH, healthz, methods=["GET"], name=name),
        Route(READY, readyz, methods=["GET"], name=name),
        Route(METRICS, figures, methods=["GET"], name=Operation.METRICS_READ.value),
        Route(SECURITY, security, methods=["GET"], name=name),
    ]


def security_text(settings: Settings, now: datetime) -> str:
    """Where to report a weakness (RFC 9116), by default to the mailbox that RFC 2142 reserves for it."""
    contact = settings.security_contact or f"mailto:security@{urlsplit(settings.url).hostname}"
    ends = (now + timedelta(days=VALID_DAYS)).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = {
        "Contact": contact,
        "Expires": ends.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Preferred-Languages": "en, fr, ar",
        "Canonical": settings.url + SECURITY,
    }
    return "".join(f"{name}: {value}\n" for name, value in lines.items())


def _let_in(request: Request, settings: Settings) -> None:
    """Refuse whoever does not bring the token; without one there is nothing here."""
    if settings.metrics_token is None:
        raise HTTPException(404)
    wanted = f"Bearer {settings.metrics_token.get_secret_value()}".encode()
    if not hmac.compare_digest(request.headers.get("authorization", "").encode(), wanted):
        raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})


async def _observe(hub: Hub) -> None:
    """Ask the database for what only it knows; without it the other figures are still worth having."""
    ask = hub.ask_once(WORKER, Operation.HEALTH_READ)
    try:
        before = time.time()
        now: float = await ask.value("SELECT extract(epoch FROM clock_timestamp())::float8")
        metrics.SKEW.set((before + time.time()) / 2 - now)
        unsealed = await sealing.backlog(ask)
        counted = await jobs.count(ask)
    except (*LOST, Refusal, asyncpg.PostgresError):
        return
    metrics.UNSEALED.set(unsealed.unsealed)
    metrics.SEAL_AGE.set(unsealed.oldest_seconds)
    oldest = max((each.oldest_seconds for each in counted), default=0.0)
    metrics.show_jobs([(each.queue, each.state, each.many) for each in counted], oldest)


def _json(value: dict[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(value), status, media_type="application/json")
