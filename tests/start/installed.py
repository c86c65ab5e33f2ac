"""What a lock names, taken from where it is installed already: reading an index and unpacking take far longer.

`make test` installed it by the hashes of `locks/dev.txt`; tests/tidy holds the smaller locks to the very same.
"""

import shutil
from collections.abc import Iterator
from importlib.metadata import PackagePath, distribution
from pathlib import Path

from packaging.requirements import Requirement


def copy_installed(lock: Path, venv: Path) -> None:
    """Give a virtual environment what `pip install --no-deps -r lock` would: the same releases, or it fails."""
    [place] = venv.glob("lib/python3*/site-packages")
    for need in named(lock):
        found = distribution(need.name)
        assert need.specifier.contains(found.version), f"{need} is locked: `make clean test` installs it"
        for file in found.files or ():
            copy(file, place)


def named(lock: Path) -> Iterator[Requirement]:
    """What a lock pins for this machine."""
    lines = lock.read_text(encoding="utf-8").splitlines()
    needs = [Requirement(line.removesuffix("\\")) for line in lines if line and line[0] not in " #"]
    yield from (need for need in needs if need.marker is None or need.marker.evaluate())


def copy(file: PackagePath, place: Path) -> None:
    """Copy one, with what was compiled from it; programs name their Python, and are made by `pip` alone."""
    if file.parts[0] == "..":
        return
    there = place / file
    there.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(str(file.locate()), there)
