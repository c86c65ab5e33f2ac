"""Histories of customers to be played: events of every table, at few instants so that many tie."""

from collections.abc import Iterator
from itertools import permutations, product
from typing import Any

from hypothesis import strategies as st

CUSTOMERS, ORGANISATIONS = 2, 2
DAYS = (0, 1, 2, 3, 800)  # the last one after a silence of more than 24 months
GRADES = ("GIVEN", "EXPLICIT", "GUARDIAN")
TABLES = ("customer_event", "registry_check", "collection", "delivery", "choice")

RELATIONSHIPS = st.tuples(
    st.just("RELATIONSHIP"), st.sampled_from(["NONE", "NEGOTIATING", "ACTIVE", "CLOSED"])
)
PERSONAL = st.one_of(
    st.tuples(st.sampled_from(["JURISDICTION_BEGAN", "JURISDICTION_ENDED"]), st.sampled_from(["AU", "UK"])),
    st.tuples(st.just("AGE"), st.sampled_from(["AGE_15", "ADULT"])),
    st.just(("ERASURE", "ON")),
)
OURS = st.one_of(
    RELATIONSHIPS,
    st.tuples(st.sampled_from(["RESTRICTION", "HOLD"]), st.sampled_from(["ON", "OFF"])),
    st.just(("CONTACT", "PHONE")),
)
WORDS = st.one_of(
    st.tuples(st.just("CONSENT"), st.sampled_from(["ASKED", "GIVEN", "REFUSED", "WITHDRAWN"])),
    st.just(("MARKETING", "OPTED_OUT")),
    st.tuples(st.sampled_from(["SHARING", "SIGNAL"]), st.sampled_from(["OPTED_OUT", "OPTED_IN"])),
    st.tuples(st.just("OBJECTION"), st.sampled_from(["PENDING", "UPHELD", "OVERRULED", "WITHDRAWN"])),
)


@st.composite
def drafts(draw: st.DrawFn) -> dict[str, Any]:
    """Draft an event of any table, its ids still numbers."""
    table = draw(st.sampled_from(["choice", "choice", "customer_event", "customer_event", *TABLES]))
    is_personal = table == "registry_check" or (table == "customer_event" and draw(st.booleans()))
    return {
        "table": table,
        "customer": draw(st.integers(0, CUSTOMERS - 1)),
        "organisation": None if is_personal else draw(st.integers(0, ORGANISATIONS - 1)),
        "day": draw(st.sampled_from(DAYS)),
        "told": draw(PERSONAL if is_personal else OURS),
        "said": draw(WORDS),
        "channel": draw(st.sampled_from([None, None, "SMS", "PHONE"])),
        "ends": draw(st.sampled_from([None, None, 90, 400])),
        "grade": draw(st.sampled_from(GRADES)),
        "recipient": draw(st.sampled_from([None, None, 0])),
        "categories": draw(st.sets(st.sampled_from(["contact", "identity"]), min_size=1)),
        "source": draw(st.sampled_from(["CUSTOMER", "THIRD_PARTY", "PUBLIC"])),
        "shown": draw(st.booleans()),
        "shown_late": draw(st.sampled_from([0, 0, 1, 29, 31])),
        "offered": draw(st.booleans()),
        "imported": draw(st.booleans()),
        "listed": draw(st.booleans()),
        "locale": draw(st.sampled_from(["en", "fr"])),
    }


WRITERS = st.lists(
    st.tuples(st.booleans(), st.lists(st.lists(drafts(), min_size=1, max_size=6), min_size=1, max_size=3)),
    min_size=2,
    max_size=4,
)


def ties() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Pair events that contradict each other, in both orders."""
    plain: dict[str, Any] = {
        "customer": 0,
        "organisation": 0,
        "channel": None,
        "recipient": None,
        "ends": None,
        "grade": "GIVEN",
    }
    values = {
        "told": [
            [("RELATIONSHIP", value) for value in ("NONE", "NEGOTIATING", "ACTIVE", "CLOSED")],
            [("RESTRICTION", value) for value in ("ON", "OFF")],
            [("AGE", value) for value in ("UNDER_13", "AGE_13", "AGE_14", "AGE_15", "AGE_16_17", "ADULT")],
            [(aspect, "AU") for aspect in ("JURISDICTION_BEGAN", "JURISDICTION_ENDED")],
        ],
        "said": [
            [("CONSENT", action) for action in ("GIVEN", "REFUSED", "WITHDRAWN")],
            [("OBJECTION", action) for action in ("PENDING", "UPHELD", "OVERRULED", "WITHDRAWN")],
            [("SHARING", action) for action in ("OPTED_OUT", "OPTED_IN")],
        ],
    }
    for name, table in (("told", "customer_event"), ("said", "choice")):
        for group in values[name]:
            for one, other in permutations(group, 2):
                blank = {**plain, "table": table, "told": None, "said": (None, None)}
                yield {**blank, name: one}, {**blank, name: other}
    yield from _consents({**plain, "table": "choice", "told": None, "said": ("CONSENT", "GIVEN")})
    intakes = [
        {"source": source, "shown": shown, "offered": offered}
        for source, shown, offered in product(
            ("CUSTOMER", "PUBLIC", "THIRD_PARTY"), (True, False), (True, False)
        )
    ]
    for one, other in permutations(intakes, 2):
        blank = {
            **plain,
            "table": "collection",
            "categories": {"contact"},
            "imported": False,
            "said": (None, None),
        }
        yield {**blank, **one}, {**blank, **other}


def _consents(blank: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Pair consents that differ in how strong they are, and in how long they last."""
    for one, other in permutations(product(GRADES, (None, 90, 400)), 2):
        first, second = ({**blank, "grade": grade, "ends": ends} for grade, ends in (one, other))
        yield first, second
