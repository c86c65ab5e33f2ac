"""A firm's catalogue that was built once, cast again for each who needs one: in another organisation, else the same.

Building takes three hundred statements, casting thirty. What is cast was written by the hub's own verbs: its rows with
ids of their own, in the same order, and its ledger entries, by an act.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tortoise.models import Model

from hub import ledger, notices, statements
from hub.act import Act
from hub.db import new_id
from hub.models import (
    Arrangement,
    Clause,
    Department,
    Notice,
    NoticeText,
    NoticeVerdict,
    NoticeVersion,
    Organisation,
    Purpose,
    PurposeBasis,
    PurposeRelation,
    Recipient,
    RecipientClass,
    RecipientMembership,
)

# Each after those it names, and by which of its fields it is found.
KINDS: tuple[tuple[type[Model], str, type[Model]], ...] = (
    (Organisation, "id", Organisation),
    (Department, "organisation_id", Organisation),
    (Purpose, "organisation_id", Organisation),
    (PurposeRelation, "purpose_id", Purpose),
    (PurposeBasis, "purpose_id", Purpose),
    (RecipientClass, "organisation_id", Organisation),
    (Recipient, "organisation_id", Organisation),
    (RecipientMembership, "recipient_id", Recipient),
    (Arrangement, "organisation_id", Organisation),
    (Notice, "organisation_id", Organisation),
    (NoticeVersion, "notice_id", Notice),
    (NoticeText, "notice_version_id", NoticeVersion),
    (Clause, "notice_version_id", NoticeVersion),
    (NoticeVerdict, "notice_version_id", NoticeVersion),
)
_TOLD = """
    SELECT e.event, d.entry_id, d.body FROM ledger_entry e JOIN ledger_detail d ON d.entry_id = e.id
    WHERE e.act_id = $1 AND e.event <> 'category.seeded' ORDER BY e.sequence
"""
_TELL = """
    SELECT ledger_append(id, event, NULL, commitment, ARRAY[NULL::uuid], ARRAY[leaf], ARRAY[body])
    FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::bytea[], $5::bytea[]) AS t (id, event, commitment, leaf, body)
"""


Rows = Mapping[type[Model], Sequence[Any]]


@dataclass(frozen=True)
class Mould:
    """What one act wrote for a firm. told: events and bodies of the ledger, in order; wrote_at: the act's instant."""

    rows: Rows
    told: Sequence[tuple[str, Mapping[str, Any]]]
    wrote_at: datetime

    async def cast(self, act: Act) -> Rows:
        """Write it again."""
        swaps = self._swaps(act)
        made: Rows = {kind: [_again(row, swaps) for row in self.rows[kind]] for kind, _, _ in KINDS}
        for kind, rows in made.items():
            await kind.bulk_create(rows, using_db=act.db)
            for row in rows:
                row._saved_in_db = True
        for row, was in zip(made[NoticeVersion], self.rows[NoticeVersion], strict=True):
            await _publish(act, row, was)
            swaps[was.sha256] = row.sha256
        await self._tell(act, swaps)
        return made

    def _swaps(self, act: Act) -> dict[object, Any]:
        """Say what becomes what: the ids in the order of the old ones, the firm's key, the act's instant."""
        olds = sorted(row.id for rows in self.rows.values() for row in rows)
        ids = dict(zip(olds, sorted(new_id() for _ in olds), strict=True))
        (firm,) = self.rows[Organisation]
        spelt = {str(old): str(new) for old, new in ids.items()}
        return {**ids, **spelt, firm.key: f"harbour-{new_id().hex}", self.wrote_at: act.at}

    async def _tell(self, act: Act, swaps: Mapping[object, Any]) -> None:
        said = [(event, [ledger.Detail(None, _swapped(body, swaps))]) for event, body in self.told]
        ready = [await ledger.entry(act, event, details) for event, details in said]
        lines = [(one[0], one[1], one[3], one[5][0], one[6][0]) for one in ready]
        await act.execute(_TELL, *map(list, zip(*lines, strict=True)))


async def take(act: Act, firm: Organisation) -> Mould:
    """Take a mould of a firm that this act has set up."""
    rows: dict[type[Model], Sequence[Any]] = {}
    for kind, field, owner in KINDS:
        owners = [firm.id] if owner is Organisation else [row.id for row in rows[owner]]
        rows[kind] = await kind.filter(**{f"{field}__in": owners}).order_by("id").using_db(act.db)
    told: list[tuple[str, Mapping[str, Any]]] = []
    for row in await act.rows(_TOLD, act.id):
        content = act.hub.vault.open_own("ledger_detail", "body", f"{row['entry_id']}/0", row["body"])
        _, body = statements.split_detail(content)
        told.append((body.pop("event"), body))
    return Mould(rows, told, act.at)


def _again(row: Any, swaps: Mapping[object, Any]) -> Any:
    """Make a row that is the same but for what was swapped; versions are drafts until their parts are written."""
    values = {name: _swapped(getattr(row, name), swaps) for name in row._meta.fields_db_projection}
    drafted = {"published_at": None, "sha256": None} if isinstance(row, NoticeVersion) else {}
    return type(row)(**(values | drafted))


def _swapped(value: Any, swaps: Mapping[object, Any]) -> Any:
    if isinstance(value, Mapping):
        given: Mapping[str, Any] = value  # pyright: ignore[reportUnknownVariableType]
        return {name: _swapped(each, swaps) for name, each in given.items()}
    if isinstance(value, list):
        listed: list[Any] = value  # pyright: ignore[reportUnknownVariableType]
        return [_swapped(each, swaps) for each in listed]
    return swaps.get(value, value)


async def _publish(act: Act, row: NoticeVersion, was: NoticeVersion) -> None:
    row.published_at, row.sha256 = was.published_at, await notices.fingerprint(act, row)
    await row.save(update_fields=["published_at", "sha256"], using_db=act.db)
