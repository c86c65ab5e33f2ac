"""What worlds are cast from: each is the one that was built, in another organisation."""

from typing import Any
from uuid import UUID

from hub import notices
from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.models import NoticeVersion, Organisation
from hub.verification import verify_ledger
from tests.mould import KINDS, Mould, take
from tests.world import _MOULDS, build_world


def plain(value: Any, names: dict[str, str]) -> Any:
    """The same with every id, key and fingerprint named by its place."""
    if isinstance(value, list):
        return [plain(each, names) for each in value]  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, dict):
        return {key: plain(each, names) for key, each in value.items()}  # pyright: ignore[reportUnknownVariableType]
    return names.get(str(value), value)


def picture(mould: Mould) -> tuple[Any, Any]:
    """All that was written, comparable between organisations."""
    (firm,) = mould.rows[Organisation]
    names = {firm.key: "key", str(mould.wrote_at): "now"}
    for kind, _, _ in KINDS:
        names |= {str(row.id): f"{kind.__name__} {place}" for place, row in enumerate(mould.rows[kind])}
    names |= {row.sha256: f"sha of {row.number}" for row in mould.rows[NoticeVersion]}
    rows = {
        kind.__name__: [
            {name: plain(getattr(row, name), names) for name in row._meta.fields_db_projection}
            for row in mould.rows[kind]
        ]
        for kind, _, _ in KINDS
    }
    return rows, [(event, plain(dict(body), names)) for event, body in mould.told]


async def test_a_cast_is_what_the_verbs_built(fresh_hub: Hub) -> None:
    await build_world(fresh_hub)
    built = _MOULDS[fresh_hub]
    async with fresh_hub.act(OPERATOR, Operation.CATALOGUE_WRITE) as act:
        (firm,) = (await built.cast(act))[Organisation]
        again = await take(act, firm)
        for row in again.rows[NoticeVersion]:
            assert row.sha256 == await notices.fingerprint(act, row)
    assert picture(again) == picture(built)
    assert not ids(again) & ids(built)
    assert (await verify_ledger(fresh_hub)).ok


def ids(mould: Mould) -> set[UUID]:
    """All that its rows are called."""
    return {row.id for rows in mould.rows.values() for row in rows}
