"""A service that Privacy Hub may ask, with readers in memory: HUB_SECRET=whsec_... python newsletter.py 8070."""

import base64
import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET, FRESH_SECONDS = base64.b64decode(os.environ["HUB_SECRET"].removeprefix("whsec_")), 300
NAMES = {"anna.lindqvist@example.com": "Anna Lindqvist", "bert.okafor@example.com": "Bert Okafor"}
READERS: list[Any] = [{"email": email, "name": name, "is_muted": False} for email, name in NAMES.items()]
WORDS = {"find": "found", "erase": "deleted"}
DONE: dict[str, list[Any]] = {}


def is_signed(headers: Any, body: bytes) -> bool:
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    ours = "v1," + base64.b64encode(hmac.digest(SECRET, signed, "sha256")).decode()
    is_fresh = abs(time.time() - int(headers["webhook-timestamp"])) < FRESH_SECONDS
    return is_fresh and any(hmac.compare_digest(ours, each) for each in headers["webhook-signature"].split())


def answer(operation: str, data: Any) -> list[Any]:
    mine = [each for each in READERS if each["email"] in map(str.lower, data["identities"].get("email", []))]
    fields = {"correct": ["name"], "restrict": ["is_muted"]}.get(operation, ["email", "name", "is_muted"])
    if {each["target"] for each in data.get("changes", [])} - {"user.name", "newsletter.readers.name"}:
        return [{"outcome": "refused", "code": "INVALID"}]
    if not mine:
        return [{"outcome": "nothing"}]
    rows = [{"collection": "readers", "values": dict(reader)} for reader in mine if operation == "export"]
    for reader in mine if not data["is_dry_run"] else []:
        reader["is_muted"] = data.get("is_restricted", reader["is_muted"])
        reader["name"] = data["changes"][-1]["value"] if operation == "correct" else reader["name"]
        if operation == "erase":
            READERS.remove(reader)
    done = WORDS.get(operation, f"{operation}ed")
    place = {"collection": "readers", "rows": len(mine), "fields": dict.fromkeys(fields, done)}
    return [*rows, {"outcome": "done", "places": [place], "is_dry_run": data["is_dry_run"]}]


class Service(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body, name = self.rfile.read(int(self.headers["content-length"])), self.headers["webhook-id"]
        if not is_signed(self.headers, body):
            self.send_error(401)
            return
        message = json.loads(body)
        again = [line | {"is_repeated": True} for line in DONE.get(name, [])]
        lines = again or answer(message["type"].removeprefix("privacy."), message["data"])
        if lines[-1]["outcome"] == "done" and not message["type"].endswith(("find", "export")):
            DONE.setdefault(name, lines)
        self.send_response(200)
        self.end_headers()
        self.wfile.write("\n".join(json.dumps(line) for line in lines).encode())


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Service).serve_forever()
