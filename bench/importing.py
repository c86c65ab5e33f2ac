"""The import of a customer file: rows a second and peak memory, for two sizes, each in a process of its own."""

import csv
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hub import embedded

SIZES = (2_000, 20_000)
HEADER = (
    "Account ID",
    "First Name",
    "Last Name",
    "Email Address",
    "Mobile Phone",
    "Country",
    "Status",
    "Created Date",
)


def main() -> None:
    """Import both files with `hub import customers`, and print what it reports."""
    with tempfile.TemporaryDirectory() as folder:
        running = embedded.start(Path(folder) / "data")
        try:
            found = [_import(Path(folder), running.dsn, size) for size in SIZES]
        finally:
            running.remove()
    for size, each in zip(SIZES, found, strict=True):
        megabytes = each["peak_memory_bytes"] / 1e6
        print(
            f"import of {size:6,} rows  {each['rows_per_second']:8,.0f} rows a second  {megabytes:6.1f} MB peak"
        )
    growth = found[1]["peak_memory_bytes"] / found[0]["peak_memory_bytes"]
    print(f"memory for {SIZES[1] // SIZES[0]}x the rows  {growth:.2f}x")


def _import(folder: Path, url: str, size: int) -> dict[str, Any]:
    file = folder / f"{size}.csv"
    _write(file, size)
    environment = {**os.environ, "HUB_MODE": "run", "HUB_DATA_DIR": str(folder), "HUB_DATABASE_URL": url}
    hub = [str(Path(sys.executable).with_name("hub"))]
    subprocess.run([*hub, "migrate"], env=environment, check=True, capture_output=True)  # noqa: S603 - ourselves
    add = [
        "organisation",
        "add",
        f"bench-{size}",
        "Bench",
        "--country",
        "AU",
        "--contact",
        "bench@example.org",
    ]
    subprocess.run([*hub, *add], env=environment, check=True, capture_output=True)  # noqa: S603
    command = [
        "import",
        "customers",
        str(file),
        "--organisation",
        f"bench-{size}",
        "--system",
        "crm",
        "--json",
    ]
    done = subprocess.run([*hub, *command], env=environment, check=True, capture_output=True)  # noqa: S603
    return json.loads(done.stdout)


def _write(file: Path, size: int) -> None:
    dice = random.Random(size)  # noqa: S311 - made-up people
    with file.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(HEADER)
        for number in range(size):
            phone = f"+614{dice.randrange(10**8):08d}"
            rows.writerow(
                [
                    f"A-{number}",
                    "Ada",
                    f"Person{number}",
                    f"p{number}@example.org",
                    phone,
                    "AU",
                    "Active",
                    "2024-03-01",
                ]
            )
