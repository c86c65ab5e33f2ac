"""The options of a question about a crowd, the same for `hub audience`, `hub coverage` and `hub what-if`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

_Text = str | None
_Texts = list[str] | None


class Language(StrEnum):
    """In which language explanations and reports are."""

    EN = "en"
    FR = "fr"
    AR = "ar"


Purpose = Annotated[str, typer.Option("--purpose", help="Key or id of the purpose.")]
What = Annotated[str, typer.Option("--act", help="USE, DISCLOSE, MESSAGE, SELL, POOL or PROFILE (any case).")]
Recipient = Annotated[_Text, typer.Option("--recipient", help="Key or id of who would receive.")]
Arrangement = Annotated[_Text, typer.Option("--arrangement", help="Key or id of what is agreed.")]
Channel = Annotated[
    _Text, typer.Option("--channel", help="EMAIL, SMS, IN_APP, PHONE, AUTO_CALL or POST; for MESSAGE.")
]
Offer = Annotated[
    _Text, typer.Option("--offer", help="OWN_SIMILAR, OWN_OTHER or THIRD_PARTY; for a MESSAGE that promotes.")
]
Footer = Annotated[
    _Text, typer.Option("--footer", help="COMPLETE, NO_OPTOUT (the default) or NO_SENDER; for MESSAGE.")
]
Department = Annotated[
    _Text, typer.Option("--department", help="Key or id of the team whose people would see the data.")
]
ProfileEffect = Annotated[
    _Text, typer.Option("--profile-effect", help="EXCLUSION_RISK or AUTOMATED_DECISION; for PROFILE.")
]
Jurisdictions = Annotated[
    _Texts,
    typer.Option("--jurisdiction", help="Only customers there: AU, UK, ZA, MA, EU, US_CA; repeatable."),
]
Relationships = Annotated[
    _Texts,
    typer.Option("--relationship", help="Only these: NONE, NEGOTIATING, ACTIVE, CLOSED; repeatable."),
]
AsOf = Annotated[
    _Text,
    typer.Option(
        "--as-of",
        metavar="DATE|INSTANT",
        help="As it stood then: 2026-03-31 (at the end of that day, UTC) or 2026-03-31T09:00:00+11:00.",
    ),
]
Organisation = Annotated[
    _Text, typer.Option("--organisation", help="Key or id; not needed while there is only one.")
]
Spoken = Annotated[Language, typer.Option("--language", help="The language of explanations and report.")]
Report = Annotated[
    Path | None, typer.Option("--report", metavar="FILE.html", help="Also write a page to show and to print.")
]
Out = Annotated[Path | None, typer.Option("--out", metavar="FILE.csv", help="Where the list goes.")]
ListOutcome = Annotated[
    _Text,
    typer.Option(
        "--list",
        metavar="OUTCOME[:RULE]",
        help="Write the ids of those who get this answer, e.g. CONSENT_NEEDED or DENY:hub.department.",
    ),
]
ListCover = Annotated[
    _Text,
    typer.Option(
        "--list",
        metavar="COVER",
        help="Write the ids of those who stand there: SEEN, LATER, AGREED, CONSENT (only those who may be "
        "asked), NOTICE, UNKNOWN_NOTICE, OBJECTED, FORMALITY or BARRED.",
    ),
]
DraftFile = Annotated[
    Path | None,
    typer.Option(
        "--draft",
        metavar="FILE.json",
        help="What is supposed: recipient, arrangement, purpose, version, grade.",
    ),
]
SupposedVersion = Annotated[
    _Text,
    typer.Option(
        "--suppose-version",
        metavar="NOTICE:NUMBER",
        help="This version, published or a draft, has reached everybody; or its id.",
    ),
]
SupposedGrade = Annotated[
    _Text,
    typer.Option("--suppose-grade", help="Everybody who may be asked agrees: GIVEN or EXPLICIT."),
]
