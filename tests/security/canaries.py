"""A person who exists nowhere else, and secrets of the same kind: what is found of them was leaked."""

import base64
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from tests.run.conftest import METRICS_TOKEN, Place

NAME, STREET = "Zephyrine Quillfeather", "41 Quillfeather Mews"
EMAIL, PHONE, CRM_ID = "zephyrine@quillfeather.example", "+61491570158", "QUILLFEATHER-5821"
PERSON = (
    NAME, "Zephyrine", "uillfeather", "UILLFEATHER", "zephyrine", STREET, EMAIL, PHONE, "0491 570 158", "491570158",
    CRM_ID,
)  # fmt: skip
MAIL_PASSWORD, DATABASE_PASSWORD = "canary-of-the-mail-server", "canary-of-the-database"


@dataclass
class Canaries:
    """What must be found nowhere; `seen` names the place and the canary where one was."""

    texts: set[str] = field(default_factory=lambda: {*PERSON, MAIL_PASSWORD, METRICS_TOKEN})

    def of(self, place: Place) -> "Canaries":
        """Add the secrets of a hub: its keys, and how it gets into its database."""
        keys = json.loads(place.keyring)["keys"]
        self.texts |= {each["secret"] for each in keys} | {str(urlsplit(place.url).password)}
        return self

    def seen(self, text: str | bytes, *, besides: Iterable[str] = ()) -> set[str]:
        """The canaries in a text, in any usual spelling."""
        said = text if isinstance(text, bytes) else text.encode(errors="replace")
        wanted = self.texts - set(besides)
        return {canary for canary in wanted for spelling in spellings(canary) if spelling in said}


def spellings(canary: str) -> Iterator[bytes]:
    """How a text may have been written down."""
    plain = canary.encode()
    yield from (plain, quote(canary).encode(), plain.hex().encode(), canary.encode("utf-16-le"))
    if len(plain) > 8:  # shorter ones are found by accident
        for offset in range(3):  # where in a group of three bytes the text begins
            yield base64.b64encode(b"\0" * offset + plain + b"\0\0")[4 if offset else 0 : -4]


def with_password(place: Place) -> Place:
    """The same place, by an address with a password in it; a server that trusts us does not look at it."""
    parts = urlsplit(place.url)
    if parts.password:
        return place
    login, _, host = parts.netloc.rpartition("@")
    url = parts._replace(netloc=f"{login}:{DATABASE_PASSWORD}@{host}").geturl()
    return Place(url, place.folder, place.keyring)
