"""A hub as a newcomer starts it: one command, a PostgreSQL of its own, made-up people, a first answer."""

import json
import os
import signal
import time

import httpx

from tests.run.conftest import PATIENCE_SECONDS, Place, Process, Start
from tests.servers import running_below

MORE_PATIENCE_SECONDS = 120
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


def ask(url: str, token: str, query: str) -> dict[str, object]:
    bearer = {"authorization": f"Bearer {token}"}
    answer = httpx.post(f"{url}/graphql", json={"query": query}, headers=bearer, timeout=20, trust_env=False)
    assert answer.status_code == 200
    return answer.json()


def test_the_demo_prints_a_token_and_a_question_that_gets_a_cited_answer(here: Place, start: Start) -> None:
    process = start(here, "demo", **OWN)
    token = printed(process, "eyJ")
    printed(process, "Go on with")
    text = "".join(process.said)
    question = text[text.index("mutation {") : text.index("Paste it into")]
    answered = json.dumps(ask(process.url, token, question))
    assert '"outcome"' in answered
    assert '"errors"' not in answered
    with httpx.Client(base_url=process.url, trust_env=False) as client:
        page = client.get("/graphql", headers={"accept": "text/html"})
        assert (page.status_code, "bluegum-mortgages" in page.text) == (200, True)
        assert "made-up" in client.get("/").text
    assert process.end(signal.SIGINT) == 0
    again = start(here, "demo", **OWN)
    began = time.monotonic()
    printed(again, "Go on with")
    assert time.monotonic() - began < PATIENCE_SECONDS
    assert "Making up" not in "".join(again.said)
    assert again.end() == 0
    assert running_below(here.folder) == {}


def test_ctrl_c_while_people_are_made_up_stops_soon_and_the_next_start_makes_them(
    here: Place, start: Start
) -> None:
    process = start(here, "demo", **OWN)
    printed(process, "Making up")
    began = time.monotonic()
    assert process.end(signal.SIGINT) == 0
    assert time.monotonic() - began < PATIENCE_SECONDS
    again = start(here, "demo", **OWN)
    printed(again, "Go on with")
    assert "Making up" in "".join(again.said)
    assert again.end() == 0


def test_what_was_acknowledged_survives_the_killing_of_everything(here: Place, start: Start) -> None:
    process = start(here, "run", **OWN)
    process.wait_for("hub.listens")
    add = ("organisation", "add", "acme", "Acme", "--country", "AU", "--contact", "privacy@acme.example")
    assert here.run(*add, **OWN).returncode == 0
    made = json.loads(here.run("client", "create", "Web", "--scope", "decide", "--json", **OWN).stdout)
    kept = {name: made[name] for name in ("client_id", "client_secret")}
    form = {"grant_type": "client_credentials", **kept}
    tokens: list[str] = []
    with httpx.Client(base_url=process.url, timeout=20, trust_env=False) as client:
        tokens += [client.post("/oauth/token", data=form).json()["access_token"] for _ in range(20)]
    killed = running_below(here.folder)
    for pid in [process.popen.pid, *killed]:
        os.kill(pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    again = start(here, "run", **OWN, HUB_PORT=process.url.rpartition(":")[2])
    with httpx.Client(base_url=again.url, timeout=20, trust_env=False) as client:
        states = [client.post("/oauth/introspect", data={**form, "token": each}).json() for each in tokens]
    assert [each["active"] for each in states] == [True] * 20
    assert again.end() == 0
    verified = here.run("ledger", "verify", "--json", **OWN)
    assert (verified.returncode, json.loads(verified.stdout)["ok"]) == (0, True)
    assert len(killed) == 1
