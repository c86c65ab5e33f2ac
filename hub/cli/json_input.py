"""Read JSON that anybody may have written: of limited size, every fault named with its place."""

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple, Self, TextIO, cast

from hub.policy import Facts, FactsError
from hub.policy.facts import quote


@dataclass(frozen=True, slots=True)
class Fault:
    """Why input cannot be read, and where: the parts of the place that are known."""

    message: str
    file: str | None = None
    line: int | None = None
    column: int | None = None
    scenario: int | None = None
    id: str | None = None
    fact: str | None = None

    def __str__(self) -> str:
        scenario = None if self.scenario is None else f"scenario {self.scenario}"
        known = f"{scenario} ({quote(self.id)})" if scenario and self.id is not None else scenario
        line = None if self.line is None else f"line {self.line}"
        place = f"{line} column {self.column}" if line and self.column is not None else line
        return ": ".join(
            part for part in (self.file and plain(self.file), place, known, self.message) if part
        )

    def to_dict(self) -> dict[str, object]:
        """Write what is known as plain values, ready for JSON."""
        return {name: value for name, value in asdict(self).items() if value is not None}


class UnreadableError(Exception):
    """Input that cannot be read; ``faults`` name every place."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = faults


def parse(raw: bytes, size_bytes: int) -> object:
    """Read JSON of limited size, each name once an object; raises :class:`UnreadableError` with the place."""
    if len(raw) > size_bytes:
        raise UnreadableError(Fault(f"more than {size_bytes} bytes; split the input"))
    try:
        return json.loads(raw.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise UnreadableError(Fault(f"byte {error.start + 1} is not UTF-8; save the file as UTF-8")) from None
    except json.JSONDecodeError as error:
        raise UnreadableError(
            Fault(f"not JSON: {error.msg}", line=error.lineno, column=error.colno)
        ) from None
    except RecursionError:
        raise UnreadableError(Fault("nested too deeply; facts are plain values")) from None
    except ValueError as error:
        raise UnreadableError(Fault(str(error))) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            message = f"{quote(name)} is given twice in one object"
            raise ValueError(message)
        found[name] = value
    return found


def _no_constant(constant: str) -> object:
    message = f"`{constant}` is not JSON"
    raise ValueError(message)


def read_facts(raw: object, **place: Any) -> Facts:
    """Parse one object of facts; raises :class:`UnreadableError` with one fault for each thing wrong."""
    if not isinstance(raw, dict):
        message = "not an object of facts; give one object, or one per line"
        raise UnreadableError(Fault(message, **place))
    try:
        return Facts.parse(cast("dict[str, object]", raw))
    except FactsError as error:
        faults = (Fault(problem.message, fact=problem.fact, **place) for problem in error.problems)
        raise UnreadableError(*faults) from None


def placed(error: UnreadableError, **place: Any) -> tuple[Fault, ...]:
    """Say where; the line of a text that is itself one line of a longer one is replaced."""
    return tuple(replace(fault, **place) for fault in error.faults)


def plain(text: str) -> str:
    """Show text from a file on one line, without control characters, whatever the terminal."""
    return text if text.isprintable() else json.dumps(text)


class Streams(NamedTuple):
    """Where answers and complaints go."""

    out: TextIO
    err: TextIO

    @classmethod
    def chosen(cls, out: TextIO | None, err: TextIO | None) -> Self:
        """Take what was given, otherwise the process's own."""
        return cls(out or sys.stdout, err or sys.stderr)

    def complain(self, faults: Iterable[Fault]) -> None:
        """Print one line a fault."""
        for fault in faults:
            print(str(fault), file=self.err)

    def answer(self, answer: object, indent: int | None = None) -> None:
        """Print JSON, in ASCII so that every terminal and pipe takes it."""
        print(json.dumps(answer, indent=indent), file=self.out)
