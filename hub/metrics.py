"""Figures about this process, for Prometheus. No label holds a person, a path or a value somebody sent."""

from collections.abc import Iterable
from functools import cache
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
REGISTRY: Final = CollectorRegistry()

_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_POINTS = (10, 30, 100, 300, 1_000, 3_000, 10_000, 20_000)

REQUESTS: Final = Counter("hub_http_requests", "Requests answered.", ["route", "status"], registry=REGISTRY)
SECONDS: Final = Histogram(
    "hub_http_seconds", "Time until the answer was sent.", ["route"], registry=REGISTRY, buckets=_SECONDS
)
COST: Final = Histogram(
    "hub_graphql_cost", "Points of operations that ran.", registry=REGISTRY, buckets=_POINTS
)
REFUSED: Final = Counter(
    "hub_graphql_refused", "Requests that ended before their operation ran.", ["reason"], registry=REGISTRY
)
SOCKETS: Final = Gauge("hub_sockets", "WebSockets that are open.", registry=REGISTRY)
WEBHOOKS: Final = Counter("hub_webhooks", "Webhooks that were sent.", ["result"], registry=REGISTRY)
DECISIONS: Final = Counter("hub_decisions", "Decisions kept.", ["outcome", "rule"], registry=REGISTRY)
RETRIES: Final = Counter("hub_act_retries", "Acts begun again.", ["sqlstate"], registry=REGISTRY)
UNKNOWN: Final = Counter("hub_act_unknown", "Acts whose outcome is not known.", registry=REGISTRY)
TOO_SHARED: Final = Counter(
    "hub_merge_too_shared",
    "Emails and phones that too many share to propose a merge.",
    ["kind"],
    registry=REGISTRY,
)
JOBS_DONE: Final = Counter("hub_jobs_done", "Jobs run.", ["task", "outcome"], registry=REGISTRY)
UNMASKED: Final = Counter("hub_unmask", "Views of details at the desk.", ["role"], registry=REGISTRY)
MAIL: Final = Counter("hub_mail", "What became of letters.", ["result"], registry=REGISTRY)
UNSEALED: Final = Gauge("hub_ledger_unsealed", "Ledger entries that wait for a seal.", registry=REGISTRY)
SEAL_AGE: Final = Gauge("hub_seal_age_seconds", "Age of the oldest entry without a seal.", registry=REGISTRY)
JOBS: Final = Gauge("hub_jobs", "Jobs in the queue.", ["queue", "state"], registry=REGISTRY)
OLDEST_JOB: Final = Gauge(
    "hub_job_oldest_seconds", "How long the oldest due job has waited.", registry=REGISTRY
)
SKEW: Final = Gauge("hub_clock_skew_seconds", "This clock minus the database's.", registry=REGISTRY)


class GraphqlMeter:
    """What the GraphQL endpoint tells about its requests."""

    def spent(self, points: int) -> None:
        """An operation of this cost is about to run."""
        COST.observe(points)

    def refused(self, reason: str) -> None:
        """A request ended before its operation ran; `reason` is a code."""
        REFUSED.labels(str(reason)).inc()


def answered(route: str, status: int, seconds: float) -> None:
    """Count and time one request, by the route's template."""
    count, times = _of(route, status)
    count.inc()
    times.observe(seconds)


@cache
def _of(route: str, status: int) -> tuple[Counter, Histogram]:
    """The figures of a route, found once: there are few routes and few statuses."""
    return REQUESTS.labels(route, str(status)), SECONDS.labels(route)


def show_jobs(counted: Iterable[tuple[str, str, int]], oldest_seconds: float) -> None:
    """Set the queue's gauges: (queue, state, how many), and for how long the oldest due job has waited."""
    JOBS.clear()
    for queue, state, many in counted:
        JOBS.labels(queue, state).set(many)
    OLDEST_JOB.set(oldest_seconds)


def text() -> bytes:
    """All figures in Prometheus' text format."""
    return generate_latest(REGISTRY)
