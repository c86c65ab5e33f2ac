"""A hub as a newcomer starts it: one command, a PostgreSQL of its own, made-up people, a first answer."""

import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx

from tests.hatchery import HUB
from tests.run.conftest import PATIENCE_SECONDS, Place, Process, Start
from tests.servers import running_below

MORE_PATIENCE_SECONDS = 120
SECOND_START_SECONDS = 5
LOOPS, LOOPS_SECONDS = 2_000_000, 0.06
"""What a processor does in how long on which five seconds are counted."""
APPS = 4
FLOOR = 50
OWN = {"HUB_DATABASE_URL": "", "HUB_KEYRING": "", "HUB_MODE": "", "HUB_METRICS_TOKEN": ""}


def printed(process: Process, beginning: str) -> str:
    """Wait for a line of what is printed for the person who started it."""
    end = time.monotonic() + MORE_PATIENCE_SECONDS
    while True:
        for line in process.said:
            if line.strip().startswith(beginning):
                return line.strip()
        assert process.popen.poll() is None, process.lines
        assert time.monotonic() < end, process.said
        time.sleep(0.1)


def ask(url: str, token: str, query: str, **variables: object) -> dict[str, Any]:
    bearer = {"authorization": f"Bearer {token}"}
    sent = {"query": query, "variables": variables}
    answer = httpx.post(f"{url}/graphql", json=sent, headers=bearer, timeout=60, trust_env=False)
    answer.raise_for_status()
    return answer.json()


def cpu_seconds(pid: int) -> float:
    """What a process and the programs that it ran have worked: waiting for other tests is not its fault."""
    said = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return sum(map(int, said[11:15])) / os.sysconf("SC_CLK_TCK")


def slowness() -> float:
    """How many times as long this machine takes for the same work; 1 at least."""
    began = time.process_time()
    for _ in range(LOOPS):
        pass
    return max(1.0, (time.process_time() - began) / LOOPS_SECONDS)


def is_stopped_while_people_are_made_up(process: Process) -> None:
    """By Ctrl-C, soon and in order."""
    printed(process, "Making up")
    began = time.monotonic()
    assert process.end(signal.SIGINT) == 0
    assert time.monotonic() - began < PATIENCE_SECONDS


def prints_a_question_that_gets_a_cited_answer(process: Process) -> None:
    """With the token that it prints; and it shows its pages."""
    token = printed(process, "eyJ")
    printed(process, "Go on with")
    text = "".join(process.said)
    assert "Making up" in text
    question = text[text.index("mutation {") : text.index("Paste it into")]
    answered = json.dumps(ask(process.url, token, question))
    assert '"outcome"' in answered
    assert '"errors"' not in answered
    with httpx.Client(base_url=process.url, timeout=60, trust_env=False) as client:
        page = client.get("/graphql", headers={"accept": "text/html"})
        assert (page.status_code, "bluegum-mortgages" in page.text) == (200, True)
        assert "made-up" in client.get("/").text


def is_soon_there_with_the_same_people(process: Process) -> None:
    printed(process, "Go on with")
    assert cpu_seconds(process.popen.pid) < SECOND_START_SECONDS * slowness()
    assert "Making up" not in "".join(process.said)


DECIDE = """
    mutation {
        decide(input: {
            customer: {externalId: {system: "crm", value: "H-1001"}}, act: DISCLOSE, purpose: "referral",
            recipient: "bluegum-mortgages"
        }) { decision { id } }
    }
"""


def decide_until_killed(url: str, token: str, acknowledged: list[str]) -> None:
    """Decide again and again, and note what was acknowledged."""
    while True:
        try:
            answer = ask(url, token, DECIDE)
        except httpx.HTTPStatusError as refused:
            if refused.response.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
                raise
            continue
        except httpx.HTTPError:
            return
        if "errors" not in answer:  # the database may be the first to go
            acknowledged.append(answer["data"]["decide"]["decision"]["id"])


def kill_everything(process: Process, folder: Path) -> None:
    """Kill the hub and its PostgreSQL, every process at once, as the machine's end would."""
    [server] = running_below(folder)
    children = Path(f"/proc/{server}/task/{server}/children").read_text(encoding="ascii").split()
    for pid in (server, process.popen.pid, *map(int, children)):
        os.kill(pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


def killed_while_it_decides(process: Process, folder: Path) -> set[str]:
    """Ask for decisions, kill everything; returns what was acknowledged."""
    token, answered = printed(process, "eyJ"), list[str]()
    with ThreadPoolExecutor(APPS) as pool:
        asking = [pool.submit(decide_until_killed, process.url, token, answered) for _ in range(APPS)]
        until = time.monotonic() + PATIENCE_SECONDS
        while len(answered) < FLOOR and time.monotonic() < until:
            time.sleep(0.02)
        kill_everything(process, folder)
        for each in asking:
            each.result()
    assert len(answered) >= FLOOR
    return set(answered)


def kept_of(process: Process, wanted: list[str]) -> set[str]:
    """Which decisions are still there."""
    token, kept = printed(process, "eyJ"), set[str]()
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    for first in range(0, len(wanted), 100):
        found = ask(process.url, token, query, ids=wanted[first : first + 100])["data"]["nodes"]
        kept |= {each["id"] for each in found if each}
    return kept


def test_a_demo_is_made_after_ctrl_c_answers_and_keeps_what_it_acknowledged_when_everything_is_killed(
    here: Place, start: Start
) -> None:
    """One life of one demo: to make it takes longer than all the rest."""
    begin = partial(start, here, "demo", program=HUB, **OWN)
    is_stopped_while_people_are_made_up(begin())
    made = begin()
    prints_a_question_that_gets_a_cited_answer(made)
    assert made.end(signal.SIGINT) == 0
    assert running_below(here.folder) == {}
    again = begin()
    is_soon_there_with_the_same_people(again)
    acknowledged = killed_while_it_decides(again, here.folder)
    last = begin()
    assert kept_of(last, sorted(acknowledged)) == acknowledged
    assert last.end() == 0
    verified = here.run("ledger", "verify", "--json", **OWN)
    assert (verified.returncode, json.loads(verified.stdout)["ok"]) == (0, True)
    assert running_below(here.folder) == {}
