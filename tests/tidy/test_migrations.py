"""Migrations are one line: numbered without a gap, each after the one before."""

import re
from pathlib import Path


def test_each_migration_has_the_next_number_and_follows_the_one_before(root: Path) -> None:
    found = sorted((root / "migrations").glob("[0-9]*.py"))
    names = [path.stem for path in found]
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
    for path, before in zip(found[1:], names, strict=False):
        wanted = re.search(r"dependencies = \[(.*?)\]", path.read_text(encoding="utf-8"), re.DOTALL)
        assert wanted, path.name
        assert re.findall(r'\("hub", "(\w+)"\)', wanted[1]) == [before], path.name
