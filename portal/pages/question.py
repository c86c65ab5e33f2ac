"""The questions of a journey, one a page: where you live, what to stop, how to find you, ..."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from starlette.responses import Response

from hub import categories, inputs, purposes
from hub.act import Act
from hub.actors import Operation
from hub.auth import attempts, sessions
from hub.catalogue import Page as Stretch
from hub.errors import Refusal, not_found
from hub.policy.values import Jurisdiction, PurposeKind
from hub.rights import packages, reasons
from hub.rights.law import RIGHTS
from hub.rights.values import Kind
from portal.door import does, shows
from portal.forms import Wrong
from portal.journeys import (
    CLOSE,
    ELSEWHERE,
    JOURNEYS,
    ME,
    OPTIONAL,
    OTHER,
    PLACES,
    ROLES,
    Asking,
    Journey,
    offered,
    remedies,
)
from portal.pages import entries
from portal.reader import Page, Reader
from portal.wording import N_

VISITS_MOST: Final = 200
VISITS_SECONDS: Final = 600
INSTEAD: Final[Mapping[Kind | None, str]] = {
    Kind.STOP_SHARING: N_("There you can ask us to stop sharing instead: begin at “Delete or stop”"),
    Kind.ACCESS: N_("There you can ask for a copy instead: go back, and choose everything or some of it"),
    None: N_("This cannot be asked for there: write to us, and we see what we can do"),
}
Answer = dict[str, Any]


async def show_question(reader: Reader) -> Page | Response:
    """Show a question with what was answered; an earlier one where that has no answer yet."""
    journey, question = journey_of(reader), reader.request.path_params["question"]
    asking = Asking.of(reader.typed, journey.key)
    questions = journey.questions_of(asking)
    if question in asking.known:
        return reader.go("ask", journey.key, questions[0])
    if question not in questions and not is_optional(reader, journey, question):
        raise not_found("question")
    missing = journey.missing(asking, before=question)
    if missing is not None and question in questions:
        return reader.go("ask", journey.key, missing)
    given = {
        **frame(reader, journey, asking, question),
        **await _NEEDS.get(question, _nothing)(reader, asking),
    }
    return Page(f"{question}.html", given)


def frame(reader: Reader, journey: Journey, asking: Asking, question: str) -> dict[str, Any]:
    """What the page of every question is given: which it is, of how many, and what comes before."""
    questions = journey.questions_of(asking)
    place = questions.index(question if question in questions else questions[-1])
    before = questions[place - 1] if question in questions and place else None
    if question not in questions:
        before = "email" if question == "who" else "check"
    return {
        "journey": journey, "question": question, "asking": asking, "number": place + 1, "of": len(questions) + 2,
        "back": reader.at("ask", journey.key, before) if before else reader.at(), "sent": reader.form,
    }  # fmt: skip


def is_optional(reader: Reader, journey: Journey, question: str) -> bool:
    """Whether a question may be answered that is asked of nobody; whoever is signed in asks for themselves."""
    del journey
    return question in OPTIONAL and not (question == "who" and reader.is_signed_in)


question = shows(Operation.PORTAL_READ)(show_question)


@does(Operation.PORTAL_ASK, again=show_question)
async def answer(reader: Reader) -> Response:
    """Keep an answer, and go on to what is not answered yet."""
    journey, asked = journey_of(reader), reader.request.path_params["question"]
    asking = Asking.of(reader.typed, journey.key)
    questions = journey.questions_of(asking)
    is_asked = asked in questions and not journey.missing(asking, before=asked)
    if asked not in _READS or not (
        is_asked or (asked not in questions and is_optional(reader, journey, asked))
    ):
        return reader.go("ask", journey.key, questions[0])
    said = await _READS[asked](reader, asking)
    if said == {"remedy": CLOSE}:
        await keep(reader, journey, CLOSE, said)  # whoever has to sign in first comes back to it
        return reader.go("close")
    kept = await keep(reader, journey, asked, said)
    return reader.go("ask", journey.key, journey.missing(kept) or "check")


def journey_of(reader: Reader) -> Journey:
    """The journey that an address names; Refusal NOT_FOUND for none."""
    found = JOURNEYS.get(reader.request.path_params["journey"])
    if found is None:
        raise not_found("journey")
    return found


async def keep(reader: Reader, journey: Journey, question: str, said: Answer) -> Asking:
    """Keep an answer with the visit, which begins with the first one; returns what was answered so far."""
    fresh = sessions.new_token()
    if reader.visit is None:
        purse = attempts.purse(reader.hub, VISITS_MOST, "visit", reader.network)
        await reader.spend(VISITS_SECONDS, purse)

    async def body(act: Act) -> tuple[Asking, bool]:
        visit = await sessions.hold(act, reader.token)
        typed = visit.typed if visit else {}
        asking = Asking.of(typed, journey.key)
        if asking.answers.get(question) != said:
            asking = Asking(_follow(asking.answers, question, said), known=asking.known)
        asking.done = None
        asking.keep(typed, journey.key)
        await (sessions.keep(act, visit) if visit else sessions.begin(act, fresh, typed))
        return asking, visit is None

    asking, is_new = await reader.perform(Operation.PORTAL_ASK, body)
    if is_new:
        reader.take(fresh)
    return asking


def _follow(answers: dict[str, Answer], question: str, said: Answer) -> dict[str, Answer]:
    """Put an answer in; one that it makes impossible goes."""
    answers = {**answers, question: said}
    if answers.get("who", {}).get("who") == ME:
        answers.pop("represent", None)
    if question == "remedy":
        answers.pop(CLOSE, None)
    remedy = answers.get("remedy", {}).get("remedy")
    if remedy and Kind(remedy) not in offered(answers["place"]["place"]):
        del answers["remedy"]
        answers.pop("purpose", None)
    return answers


# --- what is read from each form ------------------------------------------------------------------------------------


async def _place(reader: Reader, asking: Asking) -> Answer:
    place = reader.form.choice("place", list(PLACES), N_("Choose where you live"))
    journey = journey_of(reader)
    kind = journey.kind and journey.kind_of(asking)
    if kind and not (right := RIGHTS[Jurisdiction(place), kind]).is_offered:
        raise Wrong("place", INSTEAD.get(right.instead, INSTEAD[None]))
    return {"place": place}


async def _topics(reader: Reader, asking: Asking) -> Answer:
    which = reader.form.choice(
        "which", ("everything", "some", ELSEWHERE), N_("Choose everything, or only some of it")
    )
    known = (await categories_of(reader, asking))["categories"]
    topics = [key for key in known if key in reader.form.all("topics")] if which == "some" else []
    if which == "some" and not topics:
        raise Wrong("topics", N_("Tick what you want a copy of"))
    return {"which": which, "topics": topics}


async def _remedy(reader: Reader, asking: Asking) -> Answer:
    known = [*offered(asking.get("place")), CLOSE]
    return {"remedy": reader.form.choice("remedy", known, N_("Choose what we should do"))}


async def _purpose(reader: Reader, asking: Asking) -> Answer:
    found = await purposes_of(reader, asking)
    chosen = reader.form.choice("purpose", list(found["purposes"]), N_("Choose a use of your information"))
    return {"purpose": chosen, "is_marketing": chosen in found["marketing"]}


async def _stays(reader: Reader, asking: Asking) -> Answer:
    del asking
    return {"stays": reader.form.one("stays")[:3] or "yes"}


async def _words(reader: Reader, asking: Asking) -> Answer:
    texts = journey_of(reader).texts
    said = {"words": reader.form.text("words", texts.missing if texts else "")}
    entry = await entries.named(reader, asking)
    if entry:
        said["entry"] = str(entry.named)
    return {**said, "wanted": reader.form.text("wanted")} if "wanted" in reader.form.fields else said


async def _email(reader: Reader, asking: Asking) -> Answer:
    del asking
    return {"email": _address(reader, "email", N_("Enter your email address in full, like name@example.com"))}


async def _who(reader: Reader, asking: Asking) -> Answer:
    del asking
    return {"who": reader.form.choice("who", (ME, OTHER), N_("Choose for whom you ask"))}


async def _represent(reader: Reader, asking: Asking) -> Answer:
    del asking
    role = reader.form.choice("as", list(ROLES), N_("Choose why you may ask for them"))
    try:
        name = inputs.line(reader.form.one("name"), "name")
    except Refusal:
        raise Wrong("name", N_("Enter their name, on one line")) from None
    theirs = _address(reader, "for", N_("Enter their email address in full, like name@example.com"))
    return {"as": role, "name": name, "for": theirs}


def _address(reader: Reader, field: str, message: str) -> str:
    try:
        return reader.hub.vault.blind_email(reader.form.one(field)).normalised
    except Refusal:
        raise Wrong(field, message) from None


# --- what each page needs to be shown -------------------------------------------------------------------------------


async def _nothing(reader: Reader, asking: Asking) -> dict[str, Any]:
    del reader, asking
    return {}


async def categories_of(reader: Reader, asking: Asking) -> dict[str, Any]:
    """The kinds of information there are, by key, and how large copies are and how long they take."""
    del asking
    async with reader.hub.ask(reader.actor, Operation.PORTAL_READ, locale=reader.language) as ask:
        rows = await categories.page(ask, Stretch(200))
        usual = await packages.usual(ask, reader.house.id)
    return {
        "categories": {row.key: _named(row.names, reader.language) for row in rows},
        "usual": usual,
    }


async def purposes_of(reader: Reader, asking: Asking) -> dict[str, Any]:
    """What the house uses information for: name and benefit by id, in the reader's language."""
    del asking
    async with reader.hub.ask(reader.actor, Operation.PORTAL_READ, locale=reader.language) as ask:
        rows = await purposes.page(ask, Stretch(200), purposes.Such(retired=False))
    said = {
        str(row.id): [_named(texts, reader.language) for texts in (row.names, row.benefits)] for row in rows
    }
    marketing = {str(row.id) for row in rows if row.kind == PurposeKind.MARKETING}
    return {"purposes": said, "marketing": marketing}


async def _exceptions(reader: Reader, asking: Asking) -> dict[str, Any]:
    place = Jurisdiction(asking.get("place"))
    codes = [ground.code for ground in reasons.exceptions(place)]
    async with reader.hub.ask(reader.actor, Operation.PORTAL_READ, locale=reader.language) as ask:
        duties = await purposes.duties(ask, place)
    return {
        "stays": [reasons.reason(code, reader.language).customer for code in codes],
        "duties": [(_named(each.names, reader.language), each.months) for each in duties],
    }


async def _remedies(reader: Reader, asking: Asking) -> dict[str, Any]:
    del reader
    return {"remedies": remedies(asking.get("place"))}


async def _places(reader: Reader, asking: Asking) -> dict[str, Any]:
    del reader, asking
    return {"places": PLACES}


async def _roles(reader: Reader, asking: Asking) -> dict[str, Any]:
    del reader, asking
    return {"roles": ROLES}


def _named(names: Mapping[str, str], language: str) -> str:
    return names.get(language) or names.get("en") or next(iter(names.values()), "")


_READS: Final[Mapping[str, Callable[[Reader, Asking], Awaitable[Answer]]]] = {
    "place": _place, "topics": _topics, "remedy": _remedy, "purpose": _purpose, "stays": _stays, "words": _words,
    "email": _email, "who": _who, "represent": _represent,
}  # fmt: skip
_NEEDS: Final[Mapping[str, Callable[[Reader, Asking], Awaitable[dict[str, Any]]]]] = {
    "topics": categories_of, "purpose": purposes_of, "stays": _exceptions, "remedy": _remedies, "place": _places,
    "represent": _roles, "words": entries.shown,
}  # fmt: skip
