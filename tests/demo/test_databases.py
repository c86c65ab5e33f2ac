"""The demo's two databases by the front door: a copy that somebody asks for holds the rows of both."""

from typing import Any

import pytest

from tests.demo.conftest import Demo
from tests.demo.test_partner import ask, wait_for

pytestmark = pytest.mark.xdist_group("demo")
OPEN = """mutation { openRightsRequest(input: {
    customer: {externalId: {system: "crm", value: "H-1009"}}, kind: ACCESS, channel: BRANCH, identifiedBy: IN_PERSON
}) { request { id steps { id kind } } problems { message } } }"""
LOOKED = (
    'mutation {{ settleRightsStep(input: {{step: "{step}", state: NOTHING}}) {{ problems {{ message }} }} }}'
)
COPY = '{{ rightsPackage(request: "{id}") {{ state parts {{ system collections {{ name rows }} }} }} }}'


def test_a_copy_that_is_asked_for_in_the_demo_holds_the_rows_of_both_databases(demo: Demo) -> None:
    opened = ask(demo, OPEN)["openRightsRequest"]
    assert opened["problems"] == []
    for step in opened["request"]["steps"]:
        if step["kind"] == "MANUAL":
            assert ask(demo, LOOKED.format(step=step["id"]))["settleRightsStep"]["problems"] == []

    def built() -> Any:
        package = ask(demo, COPY.format(id=opened["request"]["id"]))["rightsPackage"]
        return package["parts"] if package["state"] == "BUILT" else None

    held = {
        each["system"]: {one["name"]: one["rows"] for one in each["collections"]} for each in wait_for(built)
    }
    assert held["Accounts"] == {"accounts.clients": 1, "accounts.matters": 1, "accounts.invoices": 1}
    assert held["Diary"] == {"diary.visitors": 1, "diary.appointments": 1}
