"""The customers of a demo firm, made up by Faker and the same every time: who they are, and how they came in.

Nobody here exists: addresses end in reserved domains, phone numbers are those set aside for fiction.
"""

import random
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from faker import Faker

from hub.demo.firm import Described, described, in_force
from hub.demo.words import Word, words_of

OPENED = datetime(2023, 2, 6, tzinfo=UTC)
CLOSED = datetime(2026, 10, 30, tzinfo=UTC)
BOUGHT = datetime(2026, 5, 11, 9, tzinfo=UTC)
TOLD_AGAIN = datetime(2025, 9, 15, 8, tzinfo=UTC)
CHECKED = datetime(2026, 11, 9, 3, tzinfo=UTC)
RESTRICTED = datetime(2026, 10, 14, 11, tzinfo=UTC)
LANGUAGES = {"en_AU": "en-AU", "en_GB": "en-GB", "fr_FR": "fr", "ar_AA": "ar"}
AGES = {"ADULT": 980, "AGE_16_17": 12, "AGE_15": 5, "UNDER_13": 3}
HOW = ("WEB", "BRANCH", "PAPER", "PHONE_SCRIPT")
YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Standing:
    """Something became so: an aspect, its value and when."""

    aspect: str
    value: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """A customer. shown: the place of the notice version they saw when they joined, None if they saw none."""

    external_id: str
    given_name: str
    family_name: str
    email: str
    phone: str
    address: str
    locale: str
    joined: datetime
    source: str
    shown: int | None
    how: str
    optout_offered: bool
    standings: tuple[Standing, ...]
    told_again: bool = False
    is_listed: bool | None = None
    words: tuple[Word, ...] = ()


@cache
def known(firm: str) -> tuple[Person, ...]:
    """A firm's customers, made up once."""
    return tuple(make(described(firm)))


def make(said: Described) -> list[Person]:
    """Make up a firm's customers: first those with a story of their own, then all the others."""
    dice, wanted = random.Random(said["key"]), said["customers"]  # noqa: S311 - the same every time is the point
    published = tuple(said["notice"]["published_at"])
    people = [_named(each, said, published) for each in said["people"]]
    makers = {name: Faker(name, use_weighting=False) for name in wanted["faker"]}
    for name, maker in makers.items():
        maker.seed_instance(f"{said['key']} {name}")
    numbers = range(wanted["first"] + len(people), wanted["first"] + wanted["count"])
    people.extend(
        _stranger(f"{wanted['prefix']}{number}", said, published, dice, makers) for number in numbers
    )
    return _share_a_mailbox(_restrict(people), 100)


def _named(each: Described, said: Described, published: Sequence[datetime]) -> Person:
    return Person(
        external_id=each["external_id"],
        given_name=each["given_name"],
        family_name=each["family_name"],
        email=each["email"],
        phone=each["phone"],
        address=each["address"],
        locale=each["locale"],
        joined=each["joined"],
        source="CUSTOMER",
        shown=in_force(tuple(published), each["joined"]),
        how="WEB",
        optout_offered=True,
        standings=(
            Standing("RELATIONSHIP", "ACTIVE", each["joined"]),
            Standing("JURISDICTION_BEGAN", said["customers"]["jurisdiction"], each["joined"]),
        ),
    )


def _stranger(
    external_id: str,
    said: Described,
    published: tuple[datetime, ...],
    dice: random.Random,
    makers: dict[str, Any],
) -> Person:
    wanted = said["customers"]
    spoken = dice.choices(list(wanted["faker"]), list(wanted["faker"].values()))[0]
    here, (given, family) = makers[wanted["home"]], (makers[spoken].first_name(), makers[spoken].last_name())
    origin = dice.choices(("joined", "bought", "untold"), (86, 8, 6))[0]
    joined = BOUGHT if origin == "bought" else OPENED + dice.random() * (CLOSED - OPENED)
    person = Person(
        external_id=external_id,
        given_name=given,
        family_name=family,
        email=_email(given, family, external_id, here),
        phone=here.numerify(dice.choice(wanted["phones"])),
        address=here.address().replace("\n", ", "),
        locale=LANGUAGES[spoken],
        joined=joined.replace(microsecond=0),
        source="THIRD_PARTY" if origin == "bought" else "CUSTOMER",
        shown=in_force(published, joined) if origin == "joined" else None,
        how=dice.choices(HOW, (60, 15, 10, 15))[0],
        optout_offered=origin == "joined" and _falls(dice, 0.9),
        standings=(),
    )
    return _live(person, origin, said, dice)


def _live(person: Person, origin: str, said: Described, dice: random.Random) -> Person:
    """Let time pass: what became of the customer, and what they said."""
    wanted = said["customers"]
    return replace(
        person,
        standings=tuple(_standings(person, origin, wanted, dice)),
        told_again=person.joined < TOLD_AGAIN and origin != "bought" and _falls(dice, wanted["told_again"]),
        is_listed=_falls(dice, 0.5) if _falls(dice, 0.15) else None,
        words=words_of(person.joined, said, dice) if origin != "bought" else (),
    )


def _standings(person: Person, origin: str, wanted: Described, dice: random.Random) -> list[Standing]:
    joined, is_old = person.joined, person.joined < CLOSED - YEAR
    became = [Standing("JURISDICTION_BEGAN", wanted["jurisdiction"], joined)]
    if origin == "bought":
        return [Standing("RELATIONSHIP", "NONE", joined), *became]
    is_undecided = joined > CLOSED - YEAR / 2 and _falls(dice, 0.4)
    became.append(Standing("RELATIONSHIP", "NEGOTIATING" if is_undecided else "ACTIVE", joined))
    if is_old and _falls(dice, 0.25):
        became.append(Standing("RELATIONSHIP", "CLOSED", joined + dice.uniform(0.5, 1) * YEAR))
    age = dice.choices(list(AGES), list(AGES.values()))[0]
    if age != "ADULT":
        became.append(Standing("AGE", age, joined))
    if is_old and "moved_to" in wanted and _falls(dice, 0.02):
        became.append(Standing("JURISDICTION_BEGAN", wanted["moved_to"], joined + YEAR / 2))
    return became


def _falls(dice: random.Random, share: float) -> bool:
    """Throw for something that falls to this share of people."""
    return dice.random() < share


def _restrict(people: list[Person]) -> list[Person]:
    """Restrict one record: a dispute is open."""
    place = next(place for place, person in enumerate(people[200:], 200) if person.joined < RESTRICTED)
    disputed = people[place]
    people[place] = replace(
        disputed, standings=(*disputed.standings, Standing("RESTRICTION", "ON", RESTRICTED))
    )
    return people


def _share_a_mailbox(people: list[Person], place: int) -> list[Person]:
    """Let a couple read their mail together: two customers, one address."""
    while any(person.source != "CUSTOMER" for person in people[place : place + 2]):
        place += 1
    one, other = people[place], people[place + 1]
    people[place + 1] = replace(other, family_name=one.family_name, email=one.email, address=one.address)
    return people


def _email(given: str, family: str, external_id: str, maker: Any) -> str:
    """Spell an address that belongs to nobody; names in other scripts get one in Latin letters."""
    plain = ".".join(re.sub(r"[^a-z]", "", _latin(part)) for part in (given, family)).strip(".")
    local = plain if "." in plain else maker.user_name()
    return f"{local}.{external_id[2:]}@example.{maker.random_element(('com', 'org', 'net'))}"


def _latin(text: str) -> str:
    return unicodedata.normalize("NFKD", text).lower()
