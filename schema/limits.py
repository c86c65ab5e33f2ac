"""What one GraphQL request may ask for: one table, published, so that nobody meets a limit by surprise."""

from dataclasses import asdict, dataclass

from hub.errors import Code, Refusal

LARGEST_PAGE = 100
PAGE = 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Ceilings of one request. Counts are taken with every fragment expanded, before validation."""

    body_bytes: int = 1_048_576
    document_bytes: int = 32_768
    tokens: int = 2_000
    selections: int = 1_000
    repeats: int = 500
    operations: int = 20
    depth: int = 16
    aliases: int = 30
    directives: int = 30
    root_fields: int = 20
    cost: int = 20_000
    page: int = LARGEST_PAGE
    seconds: int = 10

    def published(self) -> dict[str, int]:
        """Every limit by name, for answers, pages and documentation."""
        return asdict(self)

    def refusal(self, name: str) -> Refusal:
        """The refusal for going over the limit called `name`."""
        return Refusal(Code.LIMIT, f"{_SAID[name]} The limit is {getattr(self, name):,}.")


_SAID = {
    "document_bytes": "The document is too long: send values as variables, or fewer fields.",
    "tokens": "The document has too many tokens: send values as variables, or fewer fields.",
    "selections": "The document selects too many fields once its fragments are expanded: split it.",
    "repeats": "The document repeats the same fields too often: select each field once.",
    "operations": "The document has too many operations: send those that belong together, or one.",
    "depth": "The document is nested too deeply: ask for the inner objects by their id.",
    "aliases": "The document has too many aliases: split it, or use a field that takes a list.",
    "directives": "The document has too many directives: split it.",
    "root_fields": "The operation has too many root fields: split it, or use a field that takes a list.",
    "cost": "The operation costs too much: ask for smaller pages or fewer nested lists.",
}
"""What went over and what to do, by the limit's name."""

LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class SocketLimits:
    """Ceilings of the sockets of one process. A message has at most 64 kB: the web server sees to that.

    waiting_per_address: sockets that have not shown a token yet, from one network address.
    """

    sockets_per_client: int = 100
    waiting_per_address: int = 20
    subscriptions: int = 10
    id_characters: int = 100
    init_seconds: float = 10
    send_seconds: float = 10


SOCKET_LIMITS = SocketLimits()
