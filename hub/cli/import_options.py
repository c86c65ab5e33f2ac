"""The options of `hub import customers`, each with the help that a newcomer can act on."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

_Text = str | None

File = Annotated[Path | None, typer.Argument(help="The CSV file, as your CRM exports it.")]
Organisation = Annotated[
    _Text, typer.Option("--organisation", help="Key or id; not needed while there is only one.")
]
System = Annotated[
    _Text, typer.Option("--system", help="Whose ids these are, e.g. salesforce. Needed if the file has ids.")
]
Mapping = Annotated[
    Path | None, typer.Option("--mapping", help="TOML or JSON that says which column means what.")
]
ShowMapping = Annotated[bool, typer.Option("--show-mapping", help="Only show what each column is taken for.")]
Region = Annotated[
    _Text, typer.Option("--region", help="Country of phone numbers without prefix; else the organisation's.")
]
Jurisdiction = Annotated[
    _Text, typer.Option("--jurisdiction", help="AU, UK, ZA, MA, EU or US_CA, for rows without a country.")
]
Relationship = Annotated[
    str,
    typer.Option("--relationship", help="NONE, NEGOTIATING, ACTIVE or CLOSED, for rows without a status."),
]
Locale = Annotated[str, typer.Option("--locale", help="Language of rows that name none.")]
Source = Annotated[str, typer.Option("--source", help="CUSTOMER (they told us), THIRD_PARTY or PUBLIC.")]
Notice = Annotated[
    _Text,
    typer.Option(
        "--notice",
        help="What they were shown: a version's id, or a notice's key for the version of each day.",
    ),
]
ShownHow = Annotated[
    _Text, typer.Option("--shown-how", help="WEB, EMAIL, PHONE_SCRIPT, PAPER, BRANCH or IMPORT.")
]
CollectedOn = Annotated[
    datetime | None,
    typer.Option(
        "--collected-on", formats=["%Y-%m-%d"], help="When the data came in, for rows that do not say."
    ),
]
OptoutOffered = Annotated[
    bool, typer.Option("--optout-offered", help="An opt-out was offered when the data came in.")
]
Dates = Annotated[
    _Text, typer.Option("--dates", help="day-first or month-first, for days such as 03/04/2026.")
]
Encoding = Annotated[
    _Text, typer.Option("--encoding", help="If it is not recognised: utf-8, windows-1256 ...")
]
Delimiter = Annotated[_Text, typer.Option("--delimiter", help="If it is not recognised: one character.")]
Rejects = Annotated[
    Path | None, typer.Option("--rejects", help="Where rejected rows go; by default beside the file.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only find out what would happen.")]
Reverse = Annotated[
    _Text, typer.Option("--reverse", metavar="IMPORT_ID", help="Take an import back, instead of a file.")
]
