"""What our own code logs: a fixed event, and only fields that are known to be harmless."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from hub.logs import FIELDS

LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
LOGGERS = {"log", "_log", "_LOG"}


def nodes(path: Path, words: str) -> Iterator[ast.AST]:
    """Everything in a file, unless it holds none of these words: most need not be parsed."""
    text = path.read_text(encoding="utf-8")
    return ast.walk(ast.parse(text)) if re.search(words, text) else iter(())


def calls(path: Path) -> Iterator[ast.Call]:
    for node in nodes(path, rf"\b({'|'.join(LOGGERS)})\s*\."):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LEVELS:
            owner = node.func.value
            name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
            if name in LOGGERS:
                yield node


def test_every_log_line_is_a_fixed_event_with_listed_fields(code: list[Path], root: Path) -> None:
    found = [(path.relative_to(root), call) for path in code for call in calls(path)]
    assert len(found) > 5
    wrong = [
        f"{path}:{call.lineno}"
        for path, call in found
        if not (len(call.args) == 1 and isinstance(call.args[0], ast.Constant))
        or {keyword.arg for keyword in call.keywords} - FIELDS - {"exc_info"}
    ]
    assert wrong == []


def test_nothing_is_printed_but_by_commands(code: list[Path], root: Path) -> None:
    may = ("hub/cli/", "hub/launcher.py", "hub/embedded.py")
    wrong = [
        str(path.relative_to(root))
        for path in code
        if not str(path.relative_to(root)).startswith(may)
        and any(
            isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
            for node in nodes(path, r"\bprint\b")
        )
    ]
    assert wrong == []
