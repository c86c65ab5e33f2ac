"""A partner: keeps a copy of the customers it may receive, and keeps it true. See docs/partners.md."""

import json
import os
import sqlite3
import sys
import time
import uuid
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from joserfc import jwk, jwt

HUB, CLIENT = os.environ["HUB"], os.environ["CLIENT"]
KEY: Any = jwk.import_key(json.loads(Path(os.environ["KEY"]).read_text(encoding="utf-8")))
WHAT = {"arrangement": os.environ["ARRANGEMENT"], "purpose": os.environ["PURPOSE"]}
HOW = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ABOUT, GIVEN = "$arrangement: ID!, $purpose: String!", "arrangement: $arrangement, purpose: $purpose"
CUSTOMER = "{ id emails phones handedOverOn values { name value } }"
ONE = f"query ({ABOUT}, $id: ID!) {{ customer({GIVEN}, id: $id) {CUSTOMER} }}"
PAGE = f"""query ({ABOUT}, $after: String) {{ customers({GIVEN}, first: 100, after: $after) {{
    edges {{ node {CUSTOMER} }} pageInfo {{ hasNextPage endCursor }} }} }}"""
FEED = "query ($after: String) { withdrawals(first: 100, after: $after) { edges { cursor node { id kind customer }}}}"
DONE = "mutation ($entries: [AcknowledgementInput!]!) { acknowledge(entries: $entries) { problems { code }}}"
copy = sqlite3.connect(os.environ.get("COPY", "copy.sqlite"), isolation_level=None)
copy.execute("CREATE TABLE IF NOT EXISTS kept (id PRIMARY KEY, value)")


def post(path: str, body: bytes, **headers: str) -> Any:
    with urlopen(Request(HUB + path, body, headers), timeout=30) as answer:  # noqa: S310 - the hub's own address
        return json.load(answer)


@lru_cache(1)
def token(_: int) -> str:
    """One serves for five of the ten minutes that it lasts."""
    now, name = int(time.time()), uuid.uuid4().hex
    said = {"iss": CLIENT, "sub": CLIENT, "aud": HUB, "iat": now, "exp": now + 60, "jti": name}
    signed = jwt.encode({"alg": "ES256", "kid": KEY.kid}, said, KEY)
    form = {"grant_type": "client_credentials", "client_assertion_type": HOW, "client_assertion": signed}
    return post("/oauth/token", urlencode(form).encode())["access_token"]


def signed_in() -> dict[str, str]:
    return {"Authorization": f"Bearer {token(int(time.time()) // 300)}"}


def ask(query: str, **given: Any) -> Any:
    sent = json.dumps({"query": query, "variables": given}).encode()
    answer = post("/partner/graphql", sent, **{"Content-Type": "application/json"}, **signed_in())
    if "errors" in answer:
        raise ValueError(answer["errors"][0]["message"])
    return answer["data"]


def keep(name: str, value: Any) -> None:
    copy.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", (name, json.dumps(value)))


def kept(name: str) -> Any:
    row = copy.execute("SELECT value FROM kept WHERE id = ?", (name,)).fetchone()
    return json.loads(row[0]) if row else None


def follow() -> None:
    """Do what the feed says, say so, and only then go on from there: a crash repeats a page at most."""
    while edges := ask(FEED, after=kept("place"))["withdrawals"]["edges"]:
        for node in (edge["node"] for edge in edges):
            copy.execute("DELETE FROM kept WHERE id = ?", (node["customer"],))
            if node["kind"] == "CORRECT" and (anew := ask(ONE, **WHAT, id=node["customer"])["customer"]):
                keep(anew["id"], anew)
        done = [{"id": edge["node"]["id"], "evidence": "DONE"} for edge in edges]
        if ask(DONE, entries=done)["acknowledge"]["problems"]:
            return
        keep("place", edges[-1]["cursor"])


def fetch() -> None:
    page: Any = {"pageInfo": {"hasNextPage": True, "endCursor": None}}
    while page["pageInfo"]["hasNextPage"]:
        page = ask(PAGE, **WHAT, after=page["pageInfo"]["endCursor"])["customers"]
        for edge in page["edges"]:
            keep(edge["node"]["id"], edge["node"])
    keep("fetched", time.time())


while __name__ == "__main__":
    try:
        follow()
        if time.time() - (kept("fetched") or 0) > float(os.environ.get("EVERY", "86400")):
            fetch()
    except (OSError, ValueError) as trouble:
        print("tries again:", trouble, file=sys.stderr)
    time.sleep(float(os.environ.get("PAUSE", "2")))
