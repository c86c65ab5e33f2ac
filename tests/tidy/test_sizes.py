"""Short files and functions, as a ratchet: sizes.toml names the exceptions, and may only shrink."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

FILE_LINES = 300
FUNCTION_LINES = 30
TEST_FUNCTION_LINES = 45


def test_no_file_is_longer_than_a_reader_can_hold(modules: list[Path], root: Path) -> None:
    lengths = {
        str(path.relative_to(root)): len(path.read_text(encoding="utf-8").splitlines()) for path in modules
    }
    assert complaints({name: (lines, FILE_LINES) for name, lines in lengths.items()}, root, "files") == []


def test_no_function_is_longer_than_a_reader_can_hold(modules: list[Path], root: Path) -> None:
    lengths = {name: (lines, limit(name)) for path in modules for name, lines in functions(path, root)}
    assert complaints(lengths, root, "functions") == []


def limit(name: str) -> int:
    return TEST_FUNCTION_LINES if name.startswith("tests/") else FUNCTION_LINES


def functions(path: Path, root: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            yield f"{path.relative_to(root)}:{node.name}", node.end_lineno - node.lineno + 1


def complaints(lengths: dict[str, tuple[int, int]], root: Path, kind: str) -> list[str]:
    """Name what is over its limit, and every exception that is wider than what it excepts."""
    allowed: dict[str, int] = tomllib.loads((root / "tests/tidy/sizes.toml").read_text(encoding="utf-8"))[
        kind
    ]
    over = [
        f'too long, shorten it: "{name}" = {lines}'
        for name, (lines, most) in lengths.items()
        if lines > max(most, allowed.get(name, 0))
    ]
    stale = [
        f'now shorter, say so in sizes.toml: "{name}" = {lengths[name][0] if name in lengths else "gone"}'
        for name, lines in allowed.items()
        if name not in lengths or lengths[name][0] != lines or lines <= lengths[name][1]
    ]
    return over + stale
