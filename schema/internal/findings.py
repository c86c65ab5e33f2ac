"""What the linter of notices finds: things to mend, and advice."""

from collections.abc import Mapping
from typing import Self

import strawberry

from hub.linter import Finding as DomainFinding
from hub.linter import Level


@strawberry.type(description="One thing to mend, or advice.")
class Finding:
    """As the linter says it."""

    code: str = strawberry.field(description="For programs, `field.what`.")
    field: str = strawberry.field(
        description="What it is about: a field of a notice, `benefit` or `recipients`."
    )
    level: Level = strawberry.field(description="How much it matters.")
    message: str = strawberry.field(description="What to do, and which law asks for it.")

    @classmethod
    def of(cls, found: DomainFinding) -> Self:
        """As the API shows it."""
        return cls(code=found.code, field=found.field, level=found.level, message=found.message)

    @classmethod
    def kept(cls, stored: Mapping[str, str]) -> Self:
        """One that was kept with a verdict."""
        level = Level(stored["level"])
        return cls(code=stored["code"], field=stored["field"], level=level, message=stored["message"])
