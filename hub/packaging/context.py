"""What a copy says besides the data: where from, why, who can use it, who received it, until when, which decisions.

Read for one person by a few statements, from the notices they were shown and what has been decided about them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from hub.act import Ask
from hub.rights.copying import people_of
from hub.rights.requests import Request

LISTED_MOST: Final = 1_000


@dataclass(frozen=True, slots=True)
class Topic:
    """A kind of data, in the reader's language, and its terms in two vocabularies."""

    key: str
    name: str
    fideslang: str
    dpv: str


@dataclass(frozen=True, slots=True)
class Purpose:
    """Why data is used. bases: by jurisdiction. departments: who can see and use it for this."""

    name: str
    benefit: str
    categories: tuple[str, ...]
    departments: tuple[str, ...]
    bases: tuple[tuple[str, str], ...]
    months: int | None


@dataclass(frozen=True, slots=True)
class Source:
    """From whom data came in, under which notice, since when."""

    source: str
    notice: str | None
    categories: tuple[str, ...]
    times: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who outside received data, or may, and which kinds of it. classes: what sort of recipient it is.

    how: PASSED on or SOLD (and how often), or allowed to be by what was DECIDED, AGREED in an arrangement (TRADED:
    sold, rented or pooled by it), TOLD in a notice.
    """

    how: str
    name: str
    classes: tuple[str, ...]
    purpose: str | None
    categories: tuple[str, ...]
    country: str | None
    safeguard: str | None
    times: int | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class Use:
    """What was decided inside: by which department, for which purpose, how often."""

    department: str | None
    purpose: str | None
    effect: str
    times: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Context:
    """All of it, for one request."""

    organisation: str
    contact: str
    country: str
    topics: tuple[Topic, ...]
    purposes: tuple[Purpose, ...]
    sources: tuple[Source, ...]
    receivers: tuple[Receiver, ...]
    uses: tuple[Use, ...]


# $1 people, $2 organisation, $3 language
_NAME: Final = "coalesce({0}.names ->> $3, {0}.names ->> 'en', {0}.key)"
_ORGANISATION: Final = "SELECT name, contact, country FROM organisation WHERE id = $1"
_TOPICS: Final = f"""
    SELECT k.key, coalesce(k.names ->> $1, k.names ->> 'en', k.key) AS name, k.fideslang_key AS fideslang,
        k.dpv_iri AS dpv
    FROM category k ORDER BY k.key LIMIT {LISTED_MOST}
"""  # noqa: S608 - joined from constants
_PURPOSES: Final = f"""
    WITH held AS (
        SELECT unnest(c.categories) AS id FROM collection c WHERE c.customer_id = ANY ($1) AND c.organisation_id = $2
        UNION SELECT v.category_id FROM profile_value v WHERE v.customer_id = ANY ($1) AND v.organisation_id = $2
        UNION SELECT k.id FROM category k WHERE k.key = ANY ($4)
    )
    SELECT {_NAME.format("p")} AS name, coalesce(p.benefits ->> $3, p.benefits ->> 'en', '') AS benefit,
        ARRAY(SELECT {_NAME.format("k")} FROM category k WHERE k.id = ANY (p.categories) ORDER BY k.key) AS categories,
        ARRAY(SELECT d.name FROM department d WHERE d.id = ANY (p.departments) ORDER BY d.name) AS departments,
        (SELECT jsonb_agg(jsonb_build_array(b.jurisdiction, b.basis) ORDER BY b.jurisdiction) FROM purpose_basis b
            WHERE b.purpose_id = p.id AND b.jurisdiction = ANY ($5)) AS bases,
        p.retention_months AS months
    FROM purpose p WHERE p.organisation_id = $2 AND p.retired_at IS NULL
      AND p.categories && ARRAY(SELECT id FROM held) ORDER BY p.key LIMIT {LISTED_MOST}
"""  # noqa: S608
_SOURCES: Final = f"""
    SELECT c.source, n.name AS notice, count(DISTINCT c.id)::int AS times, min(c.happened_at) AS first_at,
        max(c.happened_at) AS last_at, ARRAY(SELECT {_NAME.format("k")} FROM category k
            WHERE k.id = ANY (array_agg(DISTINCT u.id)) ORDER BY k.key) AS categories
    FROM collection c CROSS JOIN LATERAL unnest(c.categories) AS u (id)
    LEFT JOIN notice_version v ON v.id = c.notice_version_id LEFT JOIN notice n ON n.id = v.notice_id
    WHERE c.customer_id = ANY ($1) AND c.organisation_id = $2 GROUP BY c.source, n.name ORDER BY min(c.happened_at)
    LIMIT {LISTED_MOST}
"""  # noqa: S608
# Selling, renting and pooling are told apart from passing on, as California's answer does: Civ. Code §1798.115.
_RECEIVERS: Final = f"""
    WITH shown AS (
        SELECT c.notice_version_id AS id FROM collection c WHERE c.customer_id = ANY ($1) AND c.organisation_id = $2
        UNION SELECT d.notice_version_id FROM delivery d WHERE d.customer_id = ANY ($1) AND d.organisation_id = $2
    ), told AS (SELECT * FROM clause WHERE notice_version_id IN (SELECT id FROM shown)
    ), decided AS (
        SELECT s.id AS subject_id, d.decided_at, (d.question ->> 'purpose')::uuid AS purpose_id,
            (d.question ->> 'recipient')::uuid AS recipient_id, d.question ->> 'act' IN ('SELL', 'POOL') AS is_sold
        FROM decision_subject s JOIN decision d ON d.id = s.decision_id AND d.organisation_id = $2
        WHERE s.customer_id = ANY ($1) AND d.outcome = 'ALLOW' AND d.question ->> 'recipient' IS NOT NULL
    ), receiver AS (
        SELECT 1 AS place, CASE WHEN d.is_sold THEN 'SOLD' ELSE 'PASSED' END AS how, x.recipient_id AS id,
            d.purpose_id, array_agg(DISTINCT u.id) AS categories, NULL AS country, NULL AS safeguard,
            count(DISTINCT x.id)::int AS times, max(x.recorded_at) AS last_at
        FROM disclosure x JOIN decided d ON d.subject_id = x.decision_subject_id
        CROSS JOIN LATERAL unnest(x.categories) AS u (id)
        WHERE x.customer_id = ANY ($1) AND x.organisation_id = $2 GROUP BY d.is_sold, x.recipient_id, d.purpose_id
        UNION ALL
        SELECT 2, 'DECIDED', d.recipient_id, d.purpose_id, p.categories, NULL, NULL, count(*)::int, max(d.decided_at)
        FROM decided d JOIN purpose p ON p.id = d.purpose_id GROUP BY d.recipient_id, d.purpose_id, p.id
        UNION ALL
        SELECT 3, CASE WHEN a.kind IN ('SALE', 'RENTAL', 'POOLING') THEN 'TRADED' ELSE 'AGREED' END, a.recipient_id,
            p.id, a.categories, a.destination_country, a.safeguard, NULL, NULL
        FROM arrangement a LEFT JOIN purpose p ON p.id = ANY (a.purposes)
        WHERE a.organisation_id = $2 AND a.state = 'IN_FORCE' AND a.starts_on <= $4
          AND (a.ends_on IS NULL OR a.ends_on >= $4)
          AND a.categories && ARRAY(SELECT DISTINCT unnest(c.categories) FROM collection c
                                    WHERE c.customer_id = ANY ($1) AND c.organisation_id = $2)
        UNION ALL
        SELECT 4, 'TOLD', r.id, t.purpose_id, array_agg(DISTINCT u.id), NULL, NULL, NULL, NULL
        FROM told t CROSS JOIN LATERAL unnest(t.recipients) AS r (id)
        LEFT JOIN LATERAL unnest(t.categories) AS u (id) ON true GROUP BY r.id, t.purpose_id
    ), class AS (
        SELECT 4 AS place, 'TOLD' AS how, g.id, t.purpose_id, array_agg(DISTINCT u.id) AS categories
        FROM told t CROSS JOIN LATERAL unnest(t.recipient_classes) AS g (id)
        LEFT JOIN LATERAL unnest(t.categories) AS u (id) ON true GROUP BY g.id, t.purpose_id
    ), named AS (
        SELECT v.place, v.how, r.name, ARRAY(
                SELECT {_NAME.format("g")} FROM recipient_membership m
                JOIN recipient_class g ON g.id = m.recipient_class_id
                WHERE m.recipient_id = r.id AND m.starts_on <= $4 AND (m.ends_on IS NULL OR m.ends_on >= $4)
                ORDER BY g.key) AS classes,
            v.purpose_id, v.categories, coalesce(v.country, r.country) AS country, v.safeguard, v.times, v.last_at
        FROM receiver v JOIN recipient r ON r.id = v.id
        UNION ALL
        SELECT v.place, v.how, {_NAME.format("g")}, '{{}}', v.purpose_id, v.categories, NULL, NULL, NULL, NULL
        FROM class v JOIN recipient_class g ON g.id = v.id
    )
    SELECT n.how, n.name, n.classes, {_NAME.format("p")} AS purpose, ARRAY(
            SELECT {_NAME.format("k")} FROM category k WHERE k.id = ANY (n.categories) ORDER BY k.key) AS categories,
        n.country, n.safeguard, n.times, n.last_at
    FROM named n LEFT JOIN purpose p ON p.id = n.purpose_id
    ORDER BY n.place, n.name, purpose LIMIT {LISTED_MOST}
"""  # noqa: S608
_USES: Final = f"""
    SELECT t.name AS department, {_NAME.format("p")} AS purpose,
        coalesce(d.question ->> 'profile_effect', 'NONE') AS effect, count(*)::int AS times,
        max(d.decided_at) AS last_at
    FROM decision_subject s
    JOIN decision d ON d.id = s.decision_id AND d.organisation_id = $2 AND d.outcome = 'ALLOW'
    LEFT JOIN purpose p ON p.id = (d.question ->> 'purpose')::uuid
    LEFT JOIN department t ON t.id = (d.question ->> 'department')::uuid
    WHERE s.customer_id = ANY ($1) AND d.question ->> 'recipient' IS NULL
    GROUP BY t.name, p.id, effect ORDER BY max(d.decided_at) DESC LIMIT {LISTED_MOST}
"""  # noqa: S608


async def context(ask: Ask, request: Request, topics: Sequence[Topic], held: Sequence[str]) -> Context:
    """Read it all. topics: every kind of data there is. held: the keys of those that systems were found to hold."""
    people = await people_of(ask, request)
    about = (people, request.organisation_id, language(request))
    [house] = await ask.rows(_ORGANISATION, request.organisation_id)
    purposes = await ask.rows(_PURPOSES, *about, list(held), list(request.jurisdictions))
    sources = await ask.rows(_SOURCES, *about)
    receivers = await ask.rows(_RECEIVERS, *about, ask.at.date())
    return Context(
        house["name"],
        house["contact"],
        house["country"],
        tuple(topics),
        tuple(Purpose(**_listed({**row, "bases": _pairs(row["bases"])})) for row in purposes),
        tuple(Source(**_listed(dict(row))) for row in sources),
        tuple(Receiver(**_listed(dict(row))) for row in receivers),
        tuple(Use(**dict(row)) for row in await ask.rows(_USES, *about)),
    )


def _listed(row: Mapping[str, Any]) -> dict[str, Any]:
    lists: dict[str, list[Any]] = {name: value for name, value in row.items() if isinstance(value, list)}
    return {**row, **{name: tuple(value) for name, value in lists.items()}}


async def known_topics(ask: Ask, request: Request) -> tuple[Topic, ...]:
    """Every kind of data there is, in the language of the request."""
    return tuple(Topic(**dict(row)) for row in await ask.rows(_TOPICS, language(request)))


def language(request: Request) -> str:
    """The language that a copy is written in."""
    said = request.locale.partition("-")[0]
    return said if said in {"en", "fr", "ar"} else "en"


def _pairs(bases: Any) -> tuple[tuple[str, str], ...]:
    pairs: list[tuple[str, str]] = orjson.loads(bases) if bases else []
    return tuple((place, basis) for place, basis in pairs)
