"""The hub's own part of a copy: all it holds about a person, of every record that was merged into one.

Each collection is one statement, read a thousand rows at a time within one snapshot.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from hub import merges
from hub.act import Ask
from hub.db import Record
from hub.identities import open_key
from hub.rights.parts import Held
from hub.rights.requests import Request
from hub.vault import DataKey

SYSTEM: Final = "privacy_hub"
ROWS_AT_A_TIME: Final = 1_000
FIRST: Final = UUID(int=0)
HIDDEN: Final = frozenset({"id", "customer_id"})


@dataclass(frozen=True, slots=True)
class Own:
    """A collection of the hub's own. sealed: columns that are opened, with the table whose cells they are."""

    name: str
    sql: str
    categories: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    sealed: Mapping[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])


# $1 people, $2 organisation, $3 the row to go on after, $4 how many, $5 language
_PURPOSE: Final = "coalesce(p.names ->> $5, p.names ->> 'en', p.key) AS purpose"
COLLECTIONS: Final = (
    Own(
        "identifiers",
        """
        SELECT i.id, i.customer_id, i.kind, i.system, i.sealed AS value, i.created_at, i.verified_at, i.ended_at
        FROM identifier i WHERE i.customer_id = ANY ($1) AND i.organisation_id = $2 AND i.id > $3 AND $5 <> ''
        ORDER BY i.id LIMIT $4
        """,
        {"value": ("user.contact", "user.unique_id"), "system": ("user.unique_id",)},
        {"value": ("identifier", "sealed")},
    ),
    Own(
        "life",
        """
        SELECT e.id, e.aspect, e.value, e.reason, e.happened_at FROM customer_event e
        WHERE e.customer_id = ANY ($1) AND (e.organisation_id IS NULL OR e.organisation_id = $2) AND e.id > $3
          AND $5 <> '' ORDER BY e.id LIMIT $4
        """,
    ),
    Own(
        "collections",
        """
        SELECT c.id, c.source, (SELECT string_agg(coalesce(k.names ->> $5, k.names ->> 'en'), '; ' ORDER BY k.key)
                FROM category k WHERE k.id = ANY (c.categories)) AS categories,
            n.name AS notice, v.number AS notice_version, c.shown_how, c.shown_at, c.optout_offered, c.happened_at
        FROM collection c LEFT JOIN notice_version v ON v.id = c.notice_version_id
        LEFT JOIN notice n ON n.id = v.notice_id
        WHERE c.customer_id = ANY ($1) AND c.organisation_id = $2 AND c.id > $3 ORDER BY c.id LIMIT $4
        """,
    ),
    Own(
        "notices_received",
        """
        SELECT d.id, d.customer_id, n.name AS notice, v.number AS notice_version, d.how, d.locale, d.proof,
            d.happened_at
        FROM delivery d JOIN notice_version v ON v.id = d.notice_version_id JOIN notice n ON n.id = v.notice_id
        WHERE d.customer_id = ANY ($1) AND d.organisation_id = $2 AND d.id > $3 AND $5 <> '' ORDER BY d.id LIMIT $4
        """,
        sealed={"proof": ("delivery", "proof")},
    ),
    Own(
        "choices",
        f"""
        SELECT c.id, c.customer_id, c.kind, c.action, {_PURPOSE}, c.channel, r.name AS recipient, c.wording, c.method,
            c.evidence, c.ends_at, c.happened_at
        FROM choice c LEFT JOIN purpose p ON p.id = c.purpose_id LEFT JOIN recipient r ON r.id = c.recipient_id
        WHERE c.customer_id = ANY ($1) AND c.organisation_id = $2 AND c.id > $3 ORDER BY c.id LIMIT $4
        """,  # noqa: S608 - joined from constants
        {"action": ("user.privacy_preferences",)},
        {"evidence": ("choice", "evidence")},
    ),
    Own(
        "questions",
        f"""
        SELECT q.id, {_PURPOSE}, array_to_string(q.channels, '; ') AS channels, r.name AS recipient,
            coalesce(q.wording ->> $5, q.wording ->> 'en') AS wording, q.put_at, q.expires_at, q.ended_at,
            (SELECT e.kind FROM consent_question_event e WHERE e.question_id = q.id ORDER BY e.id DESC LIMIT 1)
                AS outcome
        FROM consent_question q JOIN purpose p ON p.id = q.purpose_id LEFT JOIN recipient r ON r.id = q.recipient_id
        WHERE q.customer_id = ANY ($1) AND q.organisation_id = $2 AND q.id > $3 ORDER BY q.id LIMIT $4
        """,  # noqa: S608
    ),
    Own(
        "decisions",
        f"""
        SELECT s.id, d.question ->> 'act' AS act, {_PURPOSE}, r.name AS recipient, t.name AS department,
            d.question ->> 'channel' AS channel, d.question ->> 'profile_effect' AS profile_effect, d.outcome, d.rule,
            d.decided_at
        FROM decision_subject s JOIN decision d ON d.id = s.decision_id
        LEFT JOIN purpose p ON p.id = (d.question ->> 'purpose')::uuid
        LEFT JOIN recipient r ON r.id = (d.question ->> 'recipient')::uuid
        LEFT JOIN department t ON t.id = (d.question ->> 'department')::uuid
        WHERE s.customer_id = ANY ($1) AND d.organisation_id = $2 AND s.id > $3 ORDER BY s.id LIMIT $4
        """,  # noqa: S608
    ),
    Own(
        "disclosures",
        f"""
        SELECT x.id, r.name AS recipient, {_PURPOSE}, d.question ->> 'act' AS act,
            (SELECT string_agg(coalesce(k.names ->> $5, k.names ->> 'en'), '; ' ORDER BY k.key)
                FROM category k WHERE k.id = ANY (x.categories)) AS categories, x.recorded_at AS happened_at
        FROM disclosure x JOIN recipient r ON r.id = x.recipient_id
        JOIN decision_subject s ON s.id = x.decision_subject_id JOIN decision d ON d.id = s.decision_id
        LEFT JOIN purpose p ON p.id = (d.question ->> 'purpose')::uuid
        WHERE x.customer_id = ANY ($1) AND x.organisation_id = $2 AND x.id > $3 ORDER BY x.id LIMIT $4
        """,  # noqa: S608
    ),
    Own(
        "notes",
        """
        SELECT n.id, n.customer_id, array_to_string(n.fields, '; ') AS about, n.sealed AS note, n.noted_at
        FROM disputed_note n WHERE n.customer_id = ANY ($1) AND n.organisation_id = $2 AND n.id > $3 AND $5 <> ''
        ORDER BY n.id LIMIT $4
        """,
        sealed={"note": ("disputed_note", "sealed")},
    ),
    Own(
        "letters",
        """
        SELECT l.id, l.template, l.locale, l.state, l.queued_at, l.sent_at FROM (
            SELECT o.id FROM letter o WHERE o.customer_id = ANY ($1)
            UNION SELECT o.id FROM rights_request r JOIN letter o ON o.request_id = r.id
            WHERE r.customer_id = ANY ($1)) AS theirs
        JOIN letter l ON l.id = theirs.id
        WHERE l.organisation_id = $2 AND l.id > $3 AND $5 <> '' AND NOT starts_with(l.template, 'task_')
        ORDER BY l.id LIMIT $4
        """,
    ),
    Own(
        "requests",
        """
        SELECT q.id, q.reference, q.kind, q.state, q.channel, q.received_on, q.due_on, q.opened_at, q.closed_at
        FROM rights_request q WHERE q.customer_id = ANY ($1) AND q.organisation_id = $2 AND q.id > $3 AND $5 <> ''
        ORDER BY q.id LIMIT $4
        """,
    ),
    Own(
        "views",
        """
        SELECT e.id, e.event, e.actor_kind AS viewer, e.recorded_at AS happened_at
        FROM ledger_entry e JOIN act a ON a.id = e.act_id
        WHERE e.subject = ANY ($1) AND e.event IN ('customer.revealed', 'request.viewed') AND a.organisation_id = $2
          AND e.id > $3 AND $5 <> '' ORDER BY e.id LIMIT $4
        """,
    ),
)  # fmt: skip
_FILLED: Final = "SELECT " + ", ".join(f"EXISTS ({own.sql})" for own in COLLECTIONS)
_PROFILE: Final = """
    SELECT p.id, p.customer_id, k.key AS category, k.fideslang_key, p.field, p.sealed, p.updated_at
    FROM profile_value p JOIN category k ON k.id = p.category_id
    WHERE p.customer_id = ANY ($1) AND p.organisation_id = $2 ORDER BY k.key, p.customer_id, p.field
"""


async def rows(ask: Ask, request: Request) -> AsyncIterator[Held]:
    """Yield what the hub itself holds about whoever asks; nothing of those who are erased."""
    people = await people_of(ask, request)
    if not people:
        return
    keys = {each: await open_key(ask, each) for each in people}
    async for held in _profile(ask, request, people, keys):
        yield held
    for own in await _filled(ask, request, people):
        async for row in _read(ask, own, request, people):
            yield Held(f"{SYSTEM}.{own.name}", _values(own, row, keys), own.categories)


async def people_of(ask: Ask, request: Request) -> list[UUID]:
    """The records of whoever a request is about that are not erased; none while nobody knows who it is."""
    if request.customer_id is None:
        return []
    family = (await merges.families(ask, [request.customer_id]))[request.customer_id]
    living = "SELECT id FROM customer WHERE id = ANY ($1) AND erased_at IS NULL ORDER BY id"
    return [row["id"] for row in await ask.rows(living, list(family))]


async def _filled(ask: Ask, request: Request, people: Sequence[UUID]) -> list[Own]:
    """The collections with any row about these people, asked for at once: most are empty for most people."""
    found = await ask.row(_FILLED, list(people), request.organisation_id, FIRST, 1, _language(request))
    return [own for own, is_filled in zip(COLLECTIONS, found or (), strict=True) if is_filled]


async def _profile(
    ask: Ask, request: Request, people: Sequence[UUID], keys: Mapping[UUID, DataKey]
) -> AsyncIterator[Held]:
    """A profile is a collection for each category, so that its fields stand side by side."""
    found = await ask.rows(_PROFILE, list(people), request.organisation_id)
    for (category, customer_id), group in groupby(found, lambda row: (row["category"], row["customer_id"])):
        lines = list(group)
        values: dict[str, Any] = {
            row["field"]: keys[customer_id].open_text("profile_value", "sealed", row["id"], row["sealed"])
            for row in lines
        }
        categories = dict.fromkeys(values, (lines[0]["fideslang_key"],))
        values["updated_at"] = max(row["updated_at"] for row in lines)
        yield Held(f"{SYSTEM}.profile.{category}", values, categories)


async def _read(ask: Ask, own: Own, request: Request, people: Sequence[UUID]) -> AsyncIterator[Record]:
    after, language = FIRST, _language(request)
    while True:
        found = await ask.rows(
            own.sql, list(people), request.organisation_id, after, ROWS_AT_A_TIME, language
        )
        for row in found:
            yield row
        if len(found) < ROWS_AT_A_TIME:
            return
        after = found[-1]["id"]


def _language(request: Request) -> str:
    return request.locale.partition("-")[0]


def _values(own: Own, row: Record, keys: Mapping[UUID, DataKey]) -> dict[str, Any]:
    values = {name: value for name, value in dict(row).items() if name not in HIDDEN}
    for name, (table, column) in own.sealed.items():
        if values[name] is not None:
            values[name] = keys[row["customer_id"]].open_text(table, column, row["id"], values[name])
    return values
