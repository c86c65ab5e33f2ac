"""Every link in the documentation leads somewhere in it."""

import re
from pathlib import Path

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)


def test_every_link_of_the_documentation_resolves(files: list[Path], root: Path) -> None:
    pages = [path for path in files if path.suffix == ".md"]
    assert pages
    broken = [
        f"{page.relative_to(root)}: {target}"
        for page in pages
        for target in targets(page)
        if not leads(page, target)
    ]
    assert broken == []


def targets(page: Path) -> list[str]:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    return [one or other for one, other in LINK.findall(text)]


def leads(page: Path, target: str) -> bool:
    if re.match(r"[a-z]+:", target):
        return True
    name, _, anchor = target.partition("#")
    goal = page if not name else page.parent / name
    return goal.exists() and (not anchor or anchor in anchors(goal))


def anchors(page: Path) -> set[str]:
    headings = HEADING.findall(page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
