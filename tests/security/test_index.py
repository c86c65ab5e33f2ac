"""The security documentation names tests as proof: each must exist, and run."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "security.md"
PROOF = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
ROW = re.compile(r"^\| (\d+) \|", re.MULTILINE)
SPARED = {"skip", "skipif", "xfail"}


@pytest.fixture(scope="session")
def page() -> str:
    """The document."""
    return PAGE.read_text(encoding="utf-8")


def test_every_proof_is_a_test_that_is_neither_skipped_nor_expected_to_fail(page: str) -> None:
    proofs = PROOF.findall(page)
    assert len(proofs) > 40
    assert [f"{file}::{name}" for file, name in proofs if not is_run(ROOT / file, name)] == []


@cache
def functions(file: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a file, which many rows name."""
    tree = ast.parse(file.read_text(encoding="utf-8")) if file.exists() else ast.Module([], [])
    return [each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]


def is_run(file: Path, name: str) -> bool:
    found = [each for each in functions(file) if each.name == name]
    return len(found) == 1 and not any(
        isinstance(part, ast.Attribute) and part.attr in SPARED
        for decorator in found[0].decorator_list
        for part in ast.walk(decorator)
    )


def test_every_row_has_its_number_and_a_proof(page: str) -> None:
    rows = [line for line in page.splitlines() if ROW.match(line)]
    assert [int(line.split("|")[1]) for line in rows] == list(range(1, len(rows) + 1))
    assert [line for line in rows if not PROOF.search(line)] == []
