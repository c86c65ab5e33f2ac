"""`hub ledger` and `hub receipt`: proof of what happened."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from hub.cli.endings import CODES, NEGATIVE, OK, ends
from hub.cli.showing import Json, show

MOST_BYTES = 4_000_000
ledger = typer.Typer(
    no_args_is_help=True, help="The ledger of everything that happened.", rich_markup_mode=None
)
receipt = typer.Typer(
    no_args_is_help=True, help="Receipts: proof for the person concerned.", rich_markup_mode=None
)


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(ledger, name="ledger")
    app.add_typer(receipt, name="receipt")


@ledger.command("verify", epilog=CODES)
@ends
def verify(as_json: Json = False) -> None:
    """Recompute the whole ledger, and name every entry that was changed, lost, added or moved.

    Compares with the keyring's signatures and with the roots that were noted outside the database. Exits 1 if
    anything is wrong.

    Example: hub ledger verify --json
    """
    report = asyncio.run(_verify())
    if as_json:
        show(report.to_dict())
    else:
        typer.echo(report.to_text())
    raise typer.Exit(OK if report.ok else NEGATIVE)


@receipt.command("issue", epilog=CODES)
@ends
def issue(
    entry: Annotated[str, typer.Argument(help="Id of the ledger entry.")],
    customer: Annotated[
        str | None,
        typer.Option("--customer", help="Whose lines to show; needed where an entry is about several."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write it to this file; else it is printed.")
    ] = None,
) -> None:
    """Give the receipt of a ledger entry: anybody can check it with `hub receipt verify`, without asking us.

    Example: hub receipt issue 0199a7c0-5b1e-7cc2-9f0a-2f6d6a0c1d2e --out receipt.json
    """
    issued = asyncio.run(_issue(entry, customer))
    if out is None:
        show(issued)
    else:
        out.write_text(json.dumps(issued, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        typer.echo(f"Wrote {out}.", err=True)


@receipt.command("verify", epilog=CODES)
@ends
def check(
    file: Annotated[str, typer.Argument(help="The receipt; - reads it from standard input.")],
    key: Annotated[
        list[Path] | None,
        typer.Option(
            "--key",
            help="Published keys, as from /.well-known/jwks.json or `hub keys show`; repeat for more.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Check a receipt, offline. Exits 1 if it proves nothing.

    Without --key the receipt's own key is used, and the answer says that nobody else vouches for it.

    Example: hub receipt verify receipt.json --key keys.json
    """
    from dataclasses import asdict

    from hub.receipts import read_receipt, trusted_keys, verify_receipt

    trusted = [trusted_keys(_document(path)) for path in key or []]
    verdict = verify_receipt(read_receipt(_read(file)), {k: v for each in trusted for k, v in each.items()})
    if as_json:
        show(asdict(verdict))
    else:
        typer.echo(verdict.to_text())
    raise typer.Exit(OK if verdict.valid else NEGATIVE)


def _read(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read(MOST_BYTES)
    with Path(file).open("rb") as opened:
        return opened.read(MOST_BYTES)


def _document(path: Path) -> Any:
    from hub.errors import invalid

    try:
        return json.loads(_read(str(path)))
    except (ValueError, RecursionError):
        raise invalid(
            "This is not JSON: give the JWK set published at /.well-known/jwks.json.", "--key"
        ) from None


async def _verify() -> Any:
    from hub.cli.opening import hub_here
    from hub.verification import verify_ledger

    async with hub_here() as hub:
        return await verify_ledger(hub)


async def _issue(entry: str, customer: str | None) -> dict[str, Any]:
    from hub import entries
    from hub.actors import OPERATOR, Operation
    from hub.cli.ids import uuid_of
    from hub.cli.opening import hub_here

    entry_id = uuid_of(entry, "LedgerEntry", "ENTRY")
    async with hub_here() as hub, hub.ask(OPERATOR, Operation.RECEIPT_ISSUE) as ask:
        about = uuid_of(customer, "Customer", "--customer") if customer else None
        return await entries.receipt(ask, entry_id, about)
