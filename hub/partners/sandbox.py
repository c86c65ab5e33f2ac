"""The sandbox of an organisation: an organisation of its own, with the same catalogue and made-up customers.

Everything a partner can reach is looked for by organisation, so a client of the sandbox runs the very same code and can
meet nobody real: there is no flag that a statement could forget. What the organisation has decided is copied under ids
that follow from the original's, so that copying once more brings what is new and changes nothing else.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from hub import choices, collections, customers
from hub.act import Act
from hub.collections import NewCollection
from hub.customers import NewCustomer
from hub.db import Record, new_id
from hub.errors import Code, Refusal, invalid, not_found
from hub.identities import NewIdentifier
from hub.profiles import NewValue
from hub.said import Evidence, Scope

CUSTOMERS_MOST: Final = 500
UNLIKE: Final = {"optout": 5, "uninformed": 7}
"""Every fifth has opted out of sharing, every seventh was shown no notice: for answers that are not yes."""
ARRAYS: Final = frozenset({"purposes", "departments", "recipients", "recipient_classes"})
OWN: Final = frozenset(
    {"id", "department_id", "purpose_id", "related_to_id", "recipient_id", "recipient_class_id", "notice_id",
     "notice_version_id"}
)  # fmt: skip
_HERE: Final = "t.organisation_id = $1"
_VERSION: Final = "t.notice_version_id = ANY ($3::uuid[])"
# In this order: each names only what stands before it.
_COPIED: Final[tuple[tuple[str, str], ...]] = (
    ("department", _HERE),
    ("purpose", _HERE),
    ("purpose_relation", "t.purpose_id IN (SELECT id FROM purpose WHERE organisation_id = $1)"),
    ("purpose_basis", "t.purpose_id IN (SELECT id FROM purpose WHERE organisation_id = $1)"),
    ("recipient_class", _HERE),
    ("recipient", _HERE),
    ("recipient_membership", "t.recipient_id IN (SELECT id FROM recipient WHERE organisation_id = $1)"),
    ("arrangement", f"{_HERE} AND t.state <> 'DRAFT'"),
    ("notice", _HERE),
)
_OF_VERSIONS: Final = ("notice_text", "clause", "notice_verdict")
_COLUMNS: Final = """
    SELECT column_name::text AS name FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name = $1 AND is_identity = 'NO' AND is_generated = 'NEVER'
    ORDER BY ordinal_position
"""
_NEW_VERSIONS: Final = """
    SELECT v.id FROM notice_version v JOIN notice n ON n.id = v.notice_id
    WHERE n.organisation_id = $1 AND v.published_at IS NOT NULL
      AND NOT EXISTS (SELECT FROM notice_version c WHERE c.id = md5($2::uuid::text || v.id::text)::uuid)
"""
_PUBLISH: Final = """
    UPDATE notice_version c SET published_at = v.published_at FROM notice_version v
    WHERE v.id = ANY ($3::uuid[]) AND c.id = md5($2::uuid::text || v.id::text)::uuid AND $1::uuid IS NOT NULL
"""
_ADD: Final = """
    INSERT INTO organisation (id, key, name, country, contact, strict_sharing, created_at, sandbox_of_id)
    SELECT $2, left(key, 55) || '-sandbox', name || ' (sandbox)', country, contact, strict_sharing, $3, id
    FROM organisation WHERE id = $1 AND sandbox_of_id IS NULL RETURNING id
"""
_SHOWN: Final = """
    SELECT v.id, v.jurisdictions FROM notice_version v JOIN notice n ON n.id = v.notice_id
    WHERE n.organisation_id = $1 AND v.published_at IS NOT NULL ORDER BY v.published_at DESC, v.id LIMIT 1
"""
_CATEGORIES: Final = """
    SELECT DISTINCT c.id, c.key FROM arrangement a, unnest(a.categories) AS used JOIN category c ON c.id = used
    WHERE a.organisation_id = $1 ORDER BY c.key
"""
_MANY: Final = "SELECT count(*) FROM identifier WHERE organisation_id = $1 AND kind = 'EMAIL'"
# How the real customers' values are called, by as many as are quickly looked at: a name is nobody's.
_FIELDS: Final = """
    SELECT DISTINCT g.key AS category, p.field FROM (
        SELECT category_id, field FROM profile_value WHERE organisation_id = $1 AND category_id = ANY ($2) LIMIT 5000
    ) p JOIN category g ON g.id = p.category_id ORDER BY 1, 2
"""
FICTION: Final = "+6125550"
"""Numbers that begin so are set aside for fiction."""
NAMES: Final = ("Alex Sample", "Bao Example", "Chidi Muster", "Dana Specimen", "Elif Exemple", "Farid Modele")


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The copy, and how many made-up customers it holds."""

    organisation_id: UUID
    customers: int

    def copy_of(self, id: UUID) -> UUID:  # noqa: A002 - the original's
        """Under which id something of the original stands here."""
        return _copied(self.organisation_id, id)


async def prepare(act: Act, organisation_id: UUID, many: int) -> Sandbox:
    """Make an organisation's sandbox, or bring what is new into it, and see that it holds so many customers.

    Refusals: NOT_FOUND, INVALID, CONFLICT where nothing is published that customers could have been shown.
    """
    if not 0 <= many <= CUSTOMERS_MOST:
        raise invalid(f"A sandbox holds 0 to {CUSTOMERS_MOST} made-up customers.", "customers")
    sandbox = await _organisation(act, organisation_id)
    await _copy(act, organisation_id, sandbox)
    living: int = await act.value(_MANY, sandbox)
    if living < many:
        await _people(act, organisation_id, sandbox, range(living, many))
    await act.record(
        "partner.sandbox_prepared", organisation=organisation_id, sandbox=sandbox, customers=many
    )
    return Sandbox(sandbox, max(living, many))


async def _organisation(act: Act, organisation_id: UUID) -> UUID:
    found = await act.value("SELECT id FROM organisation WHERE sandbox_of_id = $1", organisation_id)
    if found is None:
        found = await act.value(_ADD, organisation_id, new_id(), act.at)
    if found is None:
        raise not_found("organisation", "organisation")
    return found


async def _copy(act: Act, source: UUID, sandbox: UUID) -> None:
    for table, which in _COPIED:
        await _insert(act, table, which, (source, sandbox))
    versions = [row["id"] for row in await act.rows(_NEW_VERSIONS, source, sandbox)]
    given = (source, sandbox, versions)
    await _insert(act, "notice_version", "t.id = ANY ($3::uuid[]) AND $1::uuid IS NOT NULL", given)
    for table in _OF_VERSIONS:
        await _insert(act, table, f"{_VERSION} AND $1::uuid IS NOT NULL", given)
    await act.execute(_PUBLISH, *given)


async def _insert(act: Act, table: str, which: str, given: Sequence[Any]) -> None:
    columns = [row["name"] for row in await act.rows(_COLUMNS, table)]
    said = ", ".join(_said(table, each) for each in columns)
    await act.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {said} FROM {table} t WHERE {which}"  # noqa: S608 - names of our own tables and columns
        " ON CONFLICT (id) DO NOTHING",
        *given,
    )


def _said(table: str, column: str) -> str:
    if column == "organisation_id":
        return "$2::uuid"
    if column in OWN:
        return f"md5($2::uuid::text || t.{column}::text)::uuid"
    if column in ARRAYS:
        listed = f"unnest(t.{column}) WITH ORDINALITY AS u (one, place)"
        mapped = f"ARRAY(SELECT md5($2::uuid::text || u.one::text)::uuid FROM {listed} ORDER BY u.place)"  # noqa: S608
        return f"CASE WHEN t.{column} IS NOT NULL THEN {mapped} END"
    # A version is published once its texts and clauses stand: nothing is added to it afterwards.
    return "NULL" if (table, column) == ("notice_version", "published_at") else f"t.{column}"


def _copied(sandbox: UUID, original: UUID) -> UUID:
    return UUID(hashlib.md5(f"{sandbox}{original}".encode(), usedforsecurity=False).hexdigest())


async def _people(act: Act, organisation_id: UUID, sandbox: UUID, numbers: range) -> None:
    shown = await act.row(_SHOWN, sandbox)
    if shown is None:
        raise Refusal(
            Code.CONFLICT, "Publish a notice first: made-up customers were shown it.", ("organisation",)
        )
    categories = [row["id"] for row in await act.rows(_CATEGORIES, sandbox)]
    fields = [(row["category"], row["field"]) for row in await act.rows(_FIELDS, organisation_id, categories)]
    for number in numbers:
        customer_id = await _person(act, sandbox, number, shown, fields)
        await _past(act, sandbox, number, shown, customer_id, categories)


async def _person(
    act: Act, sandbox: UUID, number: int, shown: Record, fields: Sequence[tuple[str, str]]
) -> UUID:
    places = shown["jurisdictions"]
    name = f"{NAMES[number % len(NAMES)]} {number + 1}"
    values = [NewValue(category, each, f"{each.replace('_', ' ')} {number + 1}") for category, each in fields]
    return await customers.create(
        act,
        NewCustomer(
            organisation_id=sandbox,
            locale="en",
            jurisdictions=[places[number % len(places)]],
            relationship="ACTIVE",
            identifiers=[
                NewIdentifier("EMAIL", f"sample-{number + 1}@sandbox.example"),
                NewIdentifier("PHONE", f"{FICTION}{number + 1:04}"),
            ],
            profile=values or [NewValue("identity", "name", name)],
        ),
    )


async def _past(
    act: Act, sandbox: UUID, number: int, shown: Record, customer_id: UUID, categories: list[UUID]
) -> None:
    """How their data came in, and what they have said."""
    is_informed = number % UNLIKE["uninformed"] != UNLIKE["uninformed"] - 1
    if categories:
        came_in = NewCollection(
            customer_id=customer_id, organisation_id=sandbox, source="CUSTOMER", categories=categories,
            optout_offered=True, notice_version_id=shown["id"] if is_informed else None,
            shown_how="WEB" if is_informed else None,
        )  # fmt: skip
        await collections.record(act, came_in)
    if number % UNLIKE["optout"] == UNLIKE["optout"] - 1:
        said = Evidence("Do not share my details.", "WEB")
        await choices.opt_out(act, "SHARING", Scope(customer_id, sandbox), said)
