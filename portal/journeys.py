"""What a guest can ask for, and in which questions: data that the pages walk through.

The questions of a journey stand in order; which they are may depend on what was answered. What was answered is kept
with the visit, by question, as `Asking`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from hub.policy.values import Jurisdiction
from hub.rights import recognising
from hub.rights.asked import Asked, Represented
from hub.rights.attachments import Unsent
from hub.rights.law import RIGHTS
from hub.rights.requests import Asker
from hub.rights.values import Kind
from portal.wording import N_

PLACES: Final[Mapping[str, str]] = {
    Jurisdiction.AU: N_("Australia"),
    Jurisdiction.UK: N_("United Kingdom"),
    Jurisdiction.ZA: N_("South Africa"),
    Jurisdiction.MA: N_("Morocco"),
    Jurisdiction.EU: N_("A country of the European Union"),
    Jurisdiction.US_CA: N_("California"),
}
NAMES: Final[Mapping[Kind, str]] = {
    Kind.ACCESS: N_("A copy of your information"),
    Kind.PORTABILITY: N_("Your information, to take elsewhere"),
    Kind.RECTIFICATION: N_("Something to put right"),
    Kind.DELETION: N_("Delete your information"),
    Kind.OBJECTION: N_("An objection"),
    Kind.RESTRICTION: N_("Keep your information, and do not use it"),
    Kind.STOP_MARKETING: N_("Stop marketing"),
    Kind.STOP_SHARING: N_("Stop sharing your information"),
    Kind.LIMIT_SENSITIVE: N_("Limit the use of sensitive information"),
    Kind.EXPLANATION: N_("How a decision about you was made"),
    Kind.WITHDRAW_CONSENT: N_("Take back a yes"),
    Kind.COMPLAINT: N_("A complaint"),
}
ENTRIES: Final[Mapping[recognising.Kind, str]] = {
    recognising.Kind.LOOK: N_("%(who)s opened your information."),
    recognising.Kind.RECEIVED: N_("%(who)s received some of your information."),
    recognising.Kind.CORRECTED: N_("We changed what %(who)s had received."),
}
"""What an entry tells that somebody does not recognise."""
NOBODY: Final = N_("Somebody here")
REMEDIES: Final[Mapping[Kind, str]] = {
    Kind.STOP_MARKETING: N_(
        "We stop writing and calling to offer you things. We still write about your own matters."
    ),
    Kind.WITHDRAW_CONSENT: N_("You once said yes to one use. From now on the answer is no."),
    Kind.STOP_SHARING: N_(
        "We stop passing your information on to other firms for their own use, and stop selling it."
    ),
    Kind.LIMIT_SENSITIVE: N_("We use what is sensitive only for what you asked us to do."),
    Kind.RESTRICTION: N_(
        "We keep what we hold, and use it for nothing else until you say so or the law does."
    ),
    Kind.DELETION: N_(
        "We delete all that we need not keep, and tell you what stays and why."
        " Before that, you have seven days to take it back."
    ),
}
"""What can be stopped, the smaller remedies first, and what each ends."""
CLOSE: Final = "CLOSE"
CLOSING: Final = N_(
    "You stop being our customer. Nothing is deleted by that, and for seven days you can open it again."
)
"""What is no request, and done at once by who is signed in: closing the account."""


@dataclass
class Asking:
    """What somebody answered on a journey. request: what waits for its code. done: how what came of it is addressed.

    known: what we know of whoever is signed in, and so do not ask.
    """

    answers: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]], repr=False)
    request: UUID | None = None
    done: int | str | None = None
    known: frozenset[str] = frozenset()

    @classmethod
    def of(cls, typed: Mapping[str, Any], journey: str) -> "Asking":
        """As it is kept with a visit."""
        kept, known = typed.get("asking", {}).get(journey, {}), typed.get("known", {})
        request = kept.get("request")
        answers = {**kept.get("answers", {}), **known}
        return cls(answers, request and UUID(request), kept.get("done"), frozenset(known))

    def keep(self, typed: dict[str, Any], journey: str) -> None:
        """Put it back into what is kept."""
        kept = {"answers": self.answers, "request": self.request and str(self.request), "done": self.done}
        typed.setdefault("asking", {})[journey] = kept

    def get(self, question: str, name: str | None = None) -> Any:
        """What was answered; empty for nothing yet."""
        return self.answers.get(question, {}).get(name or question, "")


@dataclass(frozen=True, slots=True)
class Texts:
    """A free text that is asked for: heading, why, and what to say where it is missing; empty where it may be."""

    heading: str
    hint: str
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Journey:
    """One thing to ask for. kind: None where an answer decides."""

    key: str
    name: str
    questions: Sequence[str]
    kind: Kind | None = None
    texts: Texts | None = None

    def kind_of(self, asking: Asking) -> Kind | None:
        """Which right it comes to. An objection to marketing is no question of grounds: it stops."""
        if self.kind is Kind.OBJECTION and asking.get("purpose", "is_marketing"):
            return Kind.STOP_MARKETING
        if self.kind is Kind.ACCESS and asking.get("topics", "which") == ELSEWHERE:
            return Kind.PORTABILITY
        remedy = asking.get("remedy")
        return self.kind or (Kind(remedy) if remedy else None)

    def questions_of(self, asking: Asking) -> list[str]:
        """The questions in order, for what was answered so far."""
        added = {Kind.WITHDRAW_CONSENT: ["purpose"], Kind.DELETION: ["stays", "words"]}
        asked: list[str] = []
        for question in self.questions:
            if question == "email" and asking.get("who") == OTHER:
                asked += FOR_ANOTHER
            if question == "words" and self.kind_of(asking) is Kind.STOP_MARKETING:
                continue
            asked.append(question)
            if question == "remedy":
                asked += added.get(self.kind_of(asking) or Kind.ACCESS, [])
        return [each for each in asked if each not in asking.known]

    def missing(self, asking: Asking, before: str | None = None) -> str | None:
        """The first question without an answer, of those before one; None for none."""
        questions = self.questions_of(asking)
        most = questions.index(before) if before in questions else len(questions)
        return next((each for each in questions[:most] if each not in asking.answers), None)

    def asked(self, asking: Asking) -> Asked:
        """What is asked for in detail."""
        live = {
            *self.questions_of(asking),
            *asking.known,
        }  # an answer may stay behind from what was changed since
        said = Asking({name: values for name, values in asking.answers.items() if name in live})
        words = [each for each in (said.get("words"), said.get("words", "wanted")) if each]
        purpose = said.get("purpose")
        return Asked(
            "\n\n".join(words), said.get("topics") or (), purpose_id=UUID(purpose) if purpose else None,
            represented=_represented(said), entry=recognising.spelled(said.get("words", "entry")),
            tells_recipients=self.kind_of(asking) in TOLD_ON,
        )  # fmt: skip

    def asker(self, asking: Asking) -> str:
        """As what they ask: for themselves, unless they say for whom else."""
        is_other = "represent" in self.questions_of(asking)
        return asking.get("represent", "as") if is_other else Asker.SELF


TOLD_ON: Final = frozenset({Kind.RECTIFICATION, Kind.DELETION})
"""What everyone hears of who received the data: the pages say so, and whoever sends them asks for it (APP 13.2)."""
ME, OTHER = "me", "other"
ELSEWHERE: Final = "elsewhere"
"""How much of a copy: only what can be taken elsewhere, which is a right of its own."""
FOR_ANOTHER: Final = ("who", "represent", "files")
"""What whoever asks for somebody else is asked first."""
OPTIONAL: Final = frozenset({"who", "files"})
"""Questions that are asked only of who comes to them by a link."""
ROLES: Final[Mapping[str, tuple[str, str]]] = {
    Asker.AGENT: (
        N_("They signed that I may"),
        N_("We need the signed permission, or a power of attorney."),
    ),
    Asker.GUARDIAN: (
        N_("I am their parent or guardian"),
        N_("We need a record of the birth, or an order of a court."),
    ),
    Asker.HEIR: (
        N_("I am an heir"),
        N_("We need what the court or the notary gave you."),
    ),
}
"""As what somebody asks for another, and what shows that they may."""


def _represented(said: Asking) -> Represented | None:
    name, email = said.get("represent", "name"), said.get("represent", "for")
    return Represented(name, email) if email else None


HELP: Final = Texts(
    N_("Anything that will help us?"),
    N_("For example an earlier address, or about when you were with us. You can leave this empty."),
)
JOURNEYS: Final[Mapping[str, Journey]] = {
    each.key: each
    for each in (
        Journey("copy", N_("Ask for a copy"), ("topics", "place", "email", "words"), Kind.ACCESS, HELP),
        Journey(
            "fix", N_("Fix something"), ("words", "place", "email"), Kind.RECTIFICATION,
            Texts(
                N_("What is wrong?"),
                N_("Say what we have wrong, and what is right. For example: my phone number ends in 06, not in 60."),
                N_("Say what is wrong, and what is right"),
            ),
        ),
        Journey("stop", N_("Delete or stop"), ("place", "remedy", "email"), texts=HELP),
        Journey(
            "object", N_("Object to a use"), ("place", "purpose", "words", "email"), Kind.OBJECTION,
            Texts(
                N_("Why do you object?"),
                N_("Tell us what this use means for you: we weigh it against ours. You can leave this empty."),
            ),
        ),
        Journey(
            "explain", N_("Ask how a decision was made"), ("words", "place", "email"), Kind.EXPLANATION,
            Texts(
                N_("Which decision is it about?"),
                N_("Say what was decided, and when. You can also say why you disagree: a person looks at it again."),
                N_("Say which decision it is about"),
            ),
        ),
        Journey(
            "complain", N_("Complain"), ("words", "place", "email"), Kind.COMPLAINT,
            Texts(
                N_("What went wrong?"),
                N_("Say what happened, and when. A person reads this and answers you."),
                N_("Say what went wrong"),
            ),
        ),
    )
}  # fmt: skip


def offered(place: str, kinds: Mapping[Kind, str] = REMEDIES) -> dict[Kind, str]:
    """What can be stopped there, in the same order."""
    return {kind: said for kind, said in kinds.items() if RIGHTS[Jurisdiction(place), kind].is_offered}


def remedies(place: str) -> list[tuple[str, str, str]]:
    """What can be chosen there, in order: value, name, what it ends. Closing the account stands before deleting all."""
    known = [(str(kind), NAMES[kind], why) for kind, why in offered(place).items()]
    last = next(at for at, each in enumerate(known) if each[0] == Kind.DELETION)
    return [*known[:last], (CLOSE, N_("Close your account"), CLOSING), *known[last:]]


def unsent(asking: Asking) -> list[Unsent]:
    """The files that wait to go with what is asked."""
    kept: list[dict[str, Any]] = asking.get("files") or []
    return [Unsent(UUID(each["id"]), bytes.fromhex(each["key"])) for each in kept]
