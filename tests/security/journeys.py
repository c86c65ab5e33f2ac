"""All that apps do with one person: what goes well, what is refused, what makes no sense."""

from collections.abc import Iterator
from typing import Any

from tests.security.canaries import CRM_ID, EMAIL, NAME, PHONE, STREET

REF = {"email": EMAIL}
SAID = {"wording": "May we share this?", "method": "PAPER", "reference": f"form signed by {NAME}, {PHONE}"}
QUESTION = {
    "customer": REF, "act": "DISCLOSE", "purpose": "referral-mortgage", "recipient": "bluegum-mortgages"
}  # fmt: skip
ANSWERS = "decision { outcome reasons { customer staff } } problems { code message path }"
DECIDE = f"mutation ($input: QuestionInput!) {{ decide(input: $input) {{ {ANSWERS} }} }}"
RESULTS = "results { problems { code message path } }"
DECISIONS = f"mutation ($input: [QuestionInput!]!) {{ decisions(input: $input) {{ {RESULTS} }} }}"
CREATE = (
    "mutation ($input: CustomerCreateInput!) { customerCreate(input: $input) "
    "{ customer { id name identifiers { value } profile { value } } problems { code message path } } }"
)
REVEAL = (
    "mutation ($input: CustomerRevealInput!) { customerReveal(input: $input) "
    "{ name identifiers { value } profile { value } problems { code message path } } }"
)
PERSON = {
    "locale": "en",
    "jurisdictions": ["AU"],
    "relationship": "ACTIVE",
    "identifiers": [
        {"kind": "EMAIL", "value": EMAIL},
        {"kind": "PHONE", "value": PHONE},
        {"kind": "EXTERNAL", "system": "crm", "value": CRM_ID},
    ],
    "profile": [
        {"category": "identity", "field": "name", "value": NAME},
        {"category": "contact", "field": "address", "value": STREET},
    ],
}
Step = tuple[str, dict[str, Any]]


def act(field: str, kind: str, given: Any, answer: str = "") -> Step:
    """A mutation of one input."""
    payload = f"{answer} problems {{ code message path }}"
    document = f"mutation ($input: {kind}!) {{ {field}(input: $input) {{ {payload} }} }}"
    return document, {"input": given}


def good() -> Iterator[Step]:
    """What is done with a customer."""
    yield CREATE, {"input": PERSON}
    for ref in (REF, {"phone": PHONE}, {"externalId": {"system": "crm", "value": CRM_ID}}):
        yield "query ($r: CustomerRef!) { customer(ref: $r) { id name profile { value } } }", {"r": ref}
    yield DECIDE, {"input": QUESTION}
    yield DECISIONS, {"input": [QUESTION, {**QUESTION, "act": "USE", "recipient": None}]}
    yield "query ($i: QuestionInput!) { preview(input: $i) { outcome } }", {"i": QUESTION}
    intake = {"customer": REF, "source": "CUSTOMER", "categories": ["contact"], "optoutOffered": True}
    yield act("collectionRecord", "CollectionRecordInput", {**intake, "proof": f"seen by {NAME}"})
    yield act(
        "optOut", "OptInput", {"customer": REF, "kind": "SHARING", "evidence": SAID}, "choices { wording }"
    )
    asked = {"customer": REF, "reason": "CUSTOMER_ASKED", "explanation": f"{NAME} called from {PHONE}"}
    yield REVEAL, {"input": asked}
    yield act("customerChange", "CustomerChangeInput", {"customer": REF, "relationship": "CLOSED"})
    yield "{ customers(first: 5) { edges { node { name identifiers { value } } } } }", {}
    yield "{ ledgerEntries(last: 20) { edges { node { event } } } }", {}


def refused() -> Iterator[Step]:
    """What cannot be done, or makes no sense; the person stands in every place where a text can."""
    yield CREATE, {"input": PERSON}
    yield DECIDE, {"input": {**QUESTION, "purpose": NAME}}
    yield DECIDE, {"input": {**QUESTION, "customer": {"email": f"x{EMAIL}"}}}
    yield DECIDE, {"input": {**QUESTION, "customer": {"email": f"{NAME} at home"}}}
    yield DECIDE, {"input": {**QUESTION, "categories": [NAME, EMAIL]}}
    yield DECISIONS, {"input": [{**QUESTION, "recipient": EMAIL}, {**QUESTION, "customer": {"id": NAME}}]}
    for identifier in (
        {"kind": "EMAIL", "value": f"{NAME} at home"},
        {"kind": "PHONE", "value": f"call {NAME}"},
        {"kind": "EXTERNAL", "system": "crm", "value": f"{CRM_ID}\n"},
    ):
        yield CREATE, {"input": {**PERSON, "identifiers": [identifier]}}
    for value in (
        {"category": NAME, "field": "name", "value": NAME},
        {"category": "identity", "field": NAME, "value": NAME},
        {"category": "identity", "field": "name", "value": NAME * 5_000},
    ):
        yield CREATE, {"input": {**PERSON, "identifiers": [], "profile": [value]}}
    yield CREATE, {"input": {**PERSON, "locale": NAME}}
    yield act("departmentAdd", "DepartmentAddInput", {"key": EMAIL, "name": NAME})
    yield "query ($id: ID!) { node(id: $id) { id } }", {"id": NAME}
    yield "query ($c: String) { customers(first: 2, after: $c) { edges { cursor } } }", {"c": EMAIL}


def malformed() -> Iterator[Step]:
    """What GraphQL itself refuses; what it says of an app's own document goes back to that app alone."""
    yield CREATE, {"input": {**PERSON, "jurisdictions": [NAME]}}
    yield CREATE, {"input": {**PERSON, NAME: EMAIL}}
    yield CREATE, {"input": NAME}
    yield "query ($n: Int!) { customers(first: $n) { edges { cursor } } }", {"n": EMAIL}
    yield "query ($d: DateTime!) { customers(filter: {createdFrom: $d}) { edges { cursor } } }", {"d": NAME}
    yield f'{{ customer(ref: {{email: "{EMAIL}"}}) {{ zephyrineName }} }}', {}
    yield f"{{ {NAME} {{", {}
