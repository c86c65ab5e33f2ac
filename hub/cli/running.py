"""`hub demo`, `run`, `serve` and `work`: the processes of a hub."""

import gc
from types import ModuleType
from typing import Annotated

import typer

from hub import garbage
from hub.cli.endings import CODES, ends

Port = Annotated[
    int | None, typer.Option("--port", min=0, max=65535, help="Port to listen on; 0 takes a free one.")
]
Host = Annotated[str | None, typer.Option("--host", help="Address to listen on, e.g. 0.0.0.0 for all.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (demo, run, serve, work):
        app.command(epilog=CODES)(command)


@ends
def demo(port: Port = None, host: Host = None) -> None:
    """Start a hub with made-up customers, and print where to look.

    Everything is in one process: web, worker, sealer, a mailbox and a PostgreSQL of its own. The data stay in
    .data/demo (HUB_DATA_DIR). Stop it with Ctrl-C.

    Example: hub demo --port 8001
    """
    _processes().run_all("demo", port=port, host=host)


@ends
def run(port: Port = None, host: Host = None) -> None:
    """Start an empty hub for keeps: as `hub demo`, without made-up data.

    The data stay in .data (HUB_DATA_DIR), or in HUB_DATABASE_URL if that is set. Back up the folder: without
    its keyring.json nothing in the database can be read.

    \b
    Next steps, in another terminal:
      hub organisation add acme "Acme Pty Ltd" --country AU --contact privacy@acme.example
      hub client create "Our website" --scope decide
    """
    _processes().run_all("run", port=port, host=host)


@ends
def serve(port: Port = None, host: Host = None) -> None:
    """Answer requests, in production: stateless, any number of processes and machines.

    \b
    Needs HUB_DATABASE_URL, HUB_KEYRING (or HUB_KEYRING_FILE) and HUB_PUBLIC_URL, and a database that
    `hub migrate` has prepared. SIGTERM ends it when running requests are answered, or after
    HUB_SHUTDOWN_SECONDS. Jobs are done by `hub work`.
    """
    _processes().run_parts(web=True, work=False, port=port, host=host)


@ends
def work() -> None:
    """Do jobs and seal the ledger, in production: any number of processes and machines.

    SIGTERM ends it when running jobs are done, or after HUB_SHUTDOWN_SECONDS; the rest is handed back.
    """
    _processes().run_parts(web=False, work=True)


def _processes() -> ModuleType:
    """Import what a process is made of, and look for garbage only among what comes after: all of this stays."""
    gc.disable()
    from hub.cli import processes

    garbage.settle()
    return processes
