"""The files the house rules are about: all of the project's own, wherever they are."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = ("hub", "portal", "schema", "workers", "migrations")
NOT_OURS = {".git", ".venv", ".data", "node_modules", "__pycache__", "dist", "build", "locks"}


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def files() -> list[Path]:
    """Every text file of the project."""
    found = (path for path in ROOT.rglob("*") if path.is_file() and not _foreign(path))
    return sorted(path for path in found if b"\0" not in path.read_bytes()[:4096])


@pytest.fixture(scope="session")
def modules(files: list[Path]) -> list[Path]:
    """Every Python file of the project, tests included."""
    return [path for path in files if path.suffix == ".py"]


@pytest.fixture(scope="session")
def code(modules: list[Path]) -> list[Path]:
    """Every Python file that is installed."""
    return [path for path in modules if path.relative_to(ROOT).parts[0] in CODE]


def _foreign(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    return any(
        part in NOT_OURS or part.endswith(("_cache", ".egg-info")) or part == ".hypothesis" for part in parts
    )
