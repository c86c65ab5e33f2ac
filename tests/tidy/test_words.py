"""Words that may not stand in the project, and where something else is meant."""

import ast
import re
from pathlib import Path

MODULES = {
    "utils": "name it after what it does",
    "util": "name it after what it does",
    "helpers": "name it after what it helps with",
    "helper": "name it after what it helps with",
    "common": "put it where it belongs",
    "base": "say what it is the base of",
    "manager": "say what it manages",
    "service": "say what it serves",
    "services": "say what they serve",
    "handler": "say what it handles",
    "handlers": "say what they handle",
    "misc": "split it",
}
# The gate every jurisdiction shares is, in the law's own words, common to them.
ALLOWED_MODULES = {"hub/policy/common.py"}

# Put together so that this file does not hold what it forbids.
POSTPONED = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")) + r")\b")
REGISTRIES = re.compile(
    "|".join((r"pypi\.(org|python)", r"python" + "hosted", r"npm" + r"js\.(org|com)", r"debian\.org"))
)
SOMEBODYS_FOLDER = re.compile(r"(?<![\w.~-])/(home|Users|root|work|opt)/\w")
LOCAL_FOLDERS_ARE_THE_POINT = {"tests/tidy/test_words.py"}


def places(files: list[Path], root: Path, pattern: re.Pattern[str]) -> list[str]:
    found: list[str] = []
    for path in files:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if pattern.search(line):
                found.append(f"{path.relative_to(root)}:{number}: {line.strip()[:80]}")
    return found


def test_every_module_has_a_name_that_says_something(modules: list[Path], root: Path) -> None:
    named = {path: path.parent.name if path.stem == "__init__" else path.stem for path in modules}
    wrong = [
        f"{path.relative_to(root)}: {MODULES[name]}"
        for path, name in named.items()
        if name in MODULES and str(path.relative_to(root)) not in ALLOWED_MODULES
    ]
    assert wrong == []


def test_every_module_says_what_it_is_for(modules: list[Path], root: Path) -> None:
    silent = [
        str(path.relative_to(root))
        for path in modules
        if not begins_with_words(path.read_text(encoding="utf-8"))
    ]
    assert silent == []


def begins_with_words(text: str) -> bool:
    """Tell a docstring by its first characters where they leave no doubt: that spares parsing all there is."""
    return bool(re.match(r'"""\w[^"]+"""\n', text)) or bool(ast.get_docstring(ast.parse(text)))


def test_nothing_is_postponed(files: list[Path], root: Path) -> None:
    assert places(files, root, POSTPONED) == []


def test_no_file_names_a_package_registry(files: list[Path], root: Path) -> None:
    locks = sorted((root / "locks").iterdir())
    assert locks
    assert places([*files, *locks], root, REGISTRIES) == []


def test_no_file_names_a_folder_of_somebodys_machine(files: list[Path], root: Path) -> None:
    locks = sorted((root / "locks").iterdir())
    searched = [
        path for path in [*files, *locks] if str(path.relative_to(root)) not in LOCAL_FOLDERS_ARE_THE_POINT
    ]
    assert places(searched, root, SOMEBODYS_FOLDER) == []
