"""The guide docs/connectors.md: its commands say what it says they say, and its description of HTTP is the code's."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from tests import hatchery
from tests.connectors.test_http import SHOWN, example
from workers.connectors.conformance import PARTS
from workers.connectors.connector import Operation
from workers.connectors.dataset_files import STRATEGIES
from workers.connectors.http import answers
from workers.connectors.sql.journal import NAME

__all__ = ["example"]
ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "connectors.md").read_text(encoding="utf-8")
DESCRIPTION: Any = yaml.safe_load((ROOT / "docs" / "connectors" / "openapi.yaml").read_text(encoding="utf-8"))
PYTHON = re.compile(r"```python\n(.*?)```", re.DOTALL)
KEPT = "".join(f"ok      {name}\n" for name, _ in PARTS)
BLOCK = re.compile(r"```sh\n(.*?)```\n(?:```text\n(.*?)```)?", re.DOTALL)


def test_every_command_of_the_guide_says_what_the_guide_says(tmp_path: Path) -> None:
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    blocks = BLOCK.findall(GUIDE)
    assert len(blocks) == 5
    before = ""
    for commands, said in blocks:
        done = subprocess.run(
            ["sh", "-c", before + commands],
            cwd=tmp_path,
            env={"PATH": programs, "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.stdout == said
        assert "Traceback" not in done.stderr
        before += "".join(f"{line}\n" for line in commands.splitlines() if line.startswith("export "))


def test_a_connector_of_ones_own_is_examined_as_the_guide_says() -> None:
    [program] = PYTHON.findall(GUIDE)
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.stdout, done.stderr) == (KEPT, "")


def test_a_service_is_rehearsed_and_examined_like_a_database(example: int, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text(f"{SHOWN}\n", encoding="utf-8")
    there = (
        "docs/connectors/newsletter.yml",
        "--url",
        f"http://localhost:{example}",
        "--secret-file",
        str(secret),
    )
    who = ("--identity", "email=anna.lindqvist@example.com")
    near = ("--own-networks", "--plain-http")
    rehearsed = _hub("rehearse", *there, *who, *near)
    assert "newsletter.readers.email     1     deleted" in rehearsed.stdout
    others = ("--bystander", "email=bert.okafor@example.com", "--correct", "user.name=Anna", "--yes")
    examined = _hub("examine", *there, *who, *near, *others)
    assert (examined.stdout, examined.returncode) == (KEPT, 0)


def _hub(*arguments: str, folder: Path = ROOT) -> "subprocess.CompletedProcess[str]":
    return hatchery.run(("system", *arguments), os.environ, folder)


def test_the_example_service_fits_on_a_page() -> None:
    example_service = (ROOT / "docs" / "connectors" / "newsletter.py").read_text(encoding="utf-8")
    assert len(example_service.splitlines()) <= 60


@pytest.mark.parametrize("command", ["check", "rehearse", "examine"])
def test_every_command_has_help_that_one_can_act_on(command: str) -> None:
    done = _hub(command, "--help")
    assert done.returncode == 0
    assert "Example: hub system" in done.stdout
    assert "Exit codes: 0 " in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("check", "nowhere.yml", "--url", "sqlite:///x.db"), 69, "hub: nowhere.yml: No such file or directory\n"),
        (("check", "odd.yml", "--url", "sqlite:///x.db"), 2, "hub: 1 in the way; nothing was changed\n"),
        (("check", "shop.yml", "--url", "nonsense"), 2, "hub: 1 in the way; nothing was changed\n"),
        (("check", "shop.yml", "--url", "sqlite:///nowhere.db"), 1, "hub: 1 in the way; nothing was changed\n"),
        (("check", "shop.yml", "--url", "https://shop.example"), 2, "hub: a service is not compared"),
        (("rehearse", "shop.yml", "--url", "https://shop.example", "--identity", "a=b"), 2, "hub: say by --secret"),
        (("rehearse", "shop.yml", "--url", "sqlite:///nowhere.db", "--identity", "email"), 2, "hub: an identity is"),
        (("rehearse", "shop.yml", "--url", "sqlite:///nowhere.db", "--identity", "email=a"), 69, "hub: The database"),
        (("examine", "shop.yml", "--url", "sqlite:///x", "--identity", "a=b", "--bystander", "a=c"), 2, "hub: the "),
    ],
)  # fmt: skip
def test_what_is_in_the_way_of_a_command_is_one_line(
    tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    (tmp_path / "shop.yml").symlink_to(ROOT / "docs" / "connectors" / "shop.yml")
    (tmp_path / "odd.yml").write_text("a: &x 1\nb: *x\n", encoding="utf-8")
    done = _hub(*arguments, folder=tmp_path)
    first, *further = done.stderr.splitlines(keepends=True)
    assert (done.returncode, first.startswith(said), further) == (code, True, [])
    assert not (tmp_path / "nowhere.db").exists()


def test_the_guide_names_every_strategy_and_the_journal() -> None:
    for name in (*STRATEGIES, NAME):
        assert f"`{name}" in GUIDE or name in GUIDE


def test_the_description_has_the_words_of_the_code() -> None:
    schemas = DESCRIPTION["components"]["schemas"]
    assert schemas["Word"]["enum"] == list(get_args(answers.Word))
    assert schemas["Code"]["enum"] == list(get_args(answers.Code)) == list(answers.REASONS)
    assert schemas["Call"]["properties"]["type"]["enum"] == [f"privacy.{each.value}" for each in Operation]
    fields = set(answers.Answered.__struct_fields__)
    assert set(schemas["Answer"]["properties"]) == fields
