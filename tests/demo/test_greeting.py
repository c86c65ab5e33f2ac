"""What the terminal shows after `make demo` can be pasted as it stands."""

import json
import re
import subprocess

import pytest

from tests.demo.conftest import Demo

# The demo of the walkthrough.
pytestmark = pytest.mark.xdist_group("demo")


def pasted(demo: Demo, command: str) -> dict[str, object]:
    done = subprocess.run(
        ["bash", "-c", command], cwd=demo.folder, capture_output=True, text=True, check=True
    )
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def test_the_first_question_is_answered_as_pasted(demo: Demo) -> None:
    found = re.search(r"^  curl \S+ \S+/graphql.*?'$", demo.said, re.MULTILINE | re.DOTALL)
    assert found
    answer = json.dumps(pasted(demo, found[0]))
    assert "H-1001" in demo.said
    assert re.search(r'"rule": "(au|hub)\.[a-z0-9.-]+"', answer)


def test_the_line_for_the_next_token_gives_one(demo: Demo) -> None:
    found = re.search(r"^  curl .*?/oauth/token$", demo.said, re.MULTILINE)
    assert found
    assert pasted(demo, found[0])["token_type"] == "Bearer"


def test_the_terminal_names_every_address_and_the_walkthrough(demo: Demo) -> None:
    for place in ("/", "/graphql", "/oauth/token"):
        assert f"{demo.address}{place}\n" in demo.said
    printed = [line for line in demo.said.splitlines() if line and not line.startswith("{")]
    assert printed[-1].endswith("docs/walkthrough.md."), "what follows is the log's"
