"""Writing what a chunk brings: one statement a table for many customers, sealed under each one's own key."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from hub.act import Act
from hub.db import new_id
from hub.imports.additions import Said
from hub.imports.people import Person
from hub.imports.terms import Terms
from hub.ledger import Detail

OPTED_OUT: Final = "Brought over from another system, which says that this customer opted out."
PASSED_ON: Final = "Brought over from another system, which says that somebody with this address opted out."

_KEYS = "INSERT INTO keys.customer_key (customer_id, wrapped) SELECT * FROM unnest($1::uuid[], $2::bytea[])"
# A value that one import writes twice keeps what stood there before that import.
_PUT = """
    INSERT INTO profile_value AS p
        (id, customer_id, organisation_id, category_id, field, sealed, import_id, updated_at)
    SELECT new.id, new.customer_id, $1, new.category_id, new.field, new.sealed, $2, $3
    FROM unnest($4::uuid[], $5::uuid[], $6::uuid[], $7::text[], $8::bytea[])
         AS new (id, customer_id, category_id, field, sealed)
    ON CONFLICT (customer_id, organisation_id, category_id, field) DO UPDATE
    SET previous = CASE WHEN p.import_id = $2 THEN p.previous ELSE p.sealed END,
        previous_import_id = CASE WHEN p.import_id = $2 THEN p.previous_import_id ELSE p.import_id END,
        sealed = excluded.sealed, import_id = excluded.import_id, updated_at = excluded.updated_at
"""
_PROPOSE = """
    INSERT INTO merge_proposal (id, older_id, newer_id, organisation_id, reason, found_at)
    SELECT new.id, new.older_id, new.newer_id, $1, new.reason, $2
    FROM unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::text[]) AS new (id, older_id, newer_id, reason)
    ON CONFLICT (older_id, newer_id) DO NOTHING RETURNING id
"""


async def write(
    act: Act, terms: Terms, import_id: UUID, people: Sequence[Person], rows: Sequence[tuple[bytes, UUID]]
) -> None:
    """Write all that is new about these customers, leaving the record to the caller."""
    await act.execute("SELECT set_config('hub.project', 'later', true)")
    await _write_customers(act, import_id, [person for person in people if person.is_new])
    await _write_identifiers(act, terms, import_id, people)
    await _write_values(act, terms, import_id, people)
    await _write_events(act, terms, people)
    await _write_intakes(act, terms, import_id, people)
    await _write_choices(act, terms, people)
    landed = [(terms.organisation_id, digest, import_id, customer_id, act.id) for digest, customer_id in rows]
    await _copy(act, "import_row", "organisation_id, digest, import_id, customer_id, act_id", landed)


async def propose(act: Act, organisation_id: UUID, alike: Mapping[tuple[UUID, UUID], str]) -> int:
    """Propose merges of customers who share an email or phone; returns how many are new."""
    if not alike:
        return 0
    pairs = list(alike)
    made = await act.rows(
        _PROPOSE, organisation_id, act.at, [new_id() for _ in pairs], [older for older, _ in pairs],
        [newer for _, newer in pairs], list(alike.values()),
    )  # fmt: skip
    return len(made)


def detail(person: Person, import_id: UUID, fields: Mapping[UUID, str]) -> Detail:
    """One customer's line of a chunk's ledger entry: what was added, in ids and kinds."""
    return Detail(
        person.id,
        {
            "import_id": import_id,
            "is_new": person.is_new,
            "identifiers": sorted(kind for _, kind, _ in person.identifiers),
            "fields": sorted(f"{fields[category]}.{name}" for category, name in person.puts),
            "events": [f"{aspect}={value}" for aspect, value, *_ in person.events],
            "collections": [intake.id for intake in person.collections],
            "deliveries": [showing.id for showing in person.deliveries],
            "choices": [said.id for said in person.said],
        },
    )


async def _write_customers(act: Act, import_id: UUID, people: Sequence[Person]) -> None:
    if people:
        made = [(person.id, "PERSON", person.locale, import_id, act.at) for person in people]
        await _copy(act, "customer", "id, kind, locale, import_id, created_at", made)
        await act.execute(_KEYS, [person.id for person in people], [person.wrapped for person in people])


async def _write_identifiers(act: Act, terms: Terms, import_id: UUID, people: Sequence[Person]) -> None:
    columns = (
        "id, customer_id, organisation_id, kind, system, sealed, blind, blind_key_id, import_id, created_at"
    )
    rows = [
        (
            row_id, person.id, terms.organisation_id, kind,
            terms.options.system if kind == "EXTERNAL" else None,
            person.key.seal("identifier", "sealed", row_id, blind.normalised),
            blind.digest, blind.key_id, import_id, act.at,
        )
        for person in people
        for row_id, kind, blind in person.identifiers
    ]  # fmt: skip
    await _copy(act, "identifier", columns, rows)


async def _write_values(act: Act, terms: Terms, import_id: UUID, people: Sequence[Person]) -> None:
    new, changed = list[tuple[Any, ...]](), list[tuple[Any, ...]]()
    for person in people:
        for (category_id, name), put in person.puts.items():
            sealed = person.key.seal("profile_value", "sealed", put.row_id, put.text)
            row = (put.row_id, person.id, category_id, name, sealed)
            (new if put.former is None else changed).append(row)
    if changed:
        await act.execute(
            _PUT, terms.organisation_id, import_id, act.at, *map(list, zip(*changed, strict=True))
        )
    columns = "id, customer_id, category_id, field, sealed, organisation_id, import_id, updated_at"
    await _copy(
        act, "profile_value", columns, [(*row, terms.organisation_id, import_id, act.at) for row in new]
    )


async def _write_events(act: Act, terms: Terms, people: Sequence[Person]) -> None:
    columns = "id, customer_id, organisation_id, aspect, value, reason, happened_at, recorded_at, act_id"
    rows = [
        (
            new_id(),
            person.id,
            terms.organisation_id if is_ours else None,
            aspect,
            value,
            "",
            at,
            act.at,
            act.id,
        )
        for person in people
        for aspect, value, is_ours, at in person.events
    ]
    await _copy(act, "customer_event", columns, rows)


async def _write_intakes(act: Act, terms: Terms, import_id: UUID, people: Sequence[Person]) -> None:
    options, common = terms.options, (import_id, act.at, act.id)
    columns = "import_id, recorded_at, act_id, id, customer_id, organisation_id, happened_at"
    collections = [
        (
            *common, intake.id, person.id, terms.organisation_id, intake.at, options.source,
            list(intake.categories),
            intake.version.id if intake.version else None, options.shown_how if intake.version else None,
            intake.at if intake.version else None, options.optout_offered,
        )
        for person in people
        for intake in person.collections
    ]  # fmt: skip
    more = "source, categories, notice_version_id, shown_how, shown_at, optout_offered"
    await _copy(act, "collection", f"{columns}, {more}", collections)
    deliveries = [
        (
            *common,
            one.id,
            person.id,
            terms.organisation_id,
            one.at,
            one.version_id,
            options.shown_how,
            one.locale,
        )
        for person in people
        for one in person.deliveries
    ]
    await _copy(act, "delivery", f"{columns}, notice_version_id, how, locale", deliveries)


async def _write_choices(act: Act, terms: Terms, people: Sequence[Person]) -> None:
    columns = (
        "id, customer_id, organisation_id, kind, action, purpose_id, channel, recipient_id, grade, wording, "
        "wording_sha256, method, happened_at, recorded_at, act_id"
    )
    rows = [
        (said.id, person.id, terms.organisation_id, *_choice(said), said.at, act.at, act.id)
        for person in people
        for said in person.said
    ]
    await _copy(act, "choice", columns, rows)


def _choice(said: Said) -> tuple[Any, ...]:
    consent = said.consent
    if consent is None:
        wording = PASSED_ON if said.is_passed_on else OPTED_OUT
        return said.kind, "OPTED_OUT", None, said.channel, None, None, wording, sha256(wording), "IMPORT"
    words = consent.said
    return (
        "CONSENT", "GIVEN", consent.purpose_id, said.channel, consent.recipient_id, words.grade,
        words.wording, sha256(words.wording), words.method,
    )  # fmt: skip


def sha256(wording: str) -> str:
    """The hash by which a wording is cited."""
    return hashlib.sha256(wording.encode()).hexdigest()


async def _copy(act: Act, table: str, columns: str, rows: Sequence[Sequence[Any]]) -> None:
    if rows:
        await act.copy_in(table, columns.split(", "), rows)
