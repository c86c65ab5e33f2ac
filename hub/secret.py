"""Secrets: bytes that show themselves to nobody by accident."""

from typing import NoReturn

from cryptography.hazmat.primitives.ciphers.aead import AESGCM


class Secret:
    """Bytes that show themselves to nobody by accident."""

    __slots__ = ("_cipher", "_value")

    def __init__(self, value: bytes) -> None:
        """Hide `value`."""
        self._value = value
        self._cipher: AESGCM | None = None

    def reveal(self) -> bytes:
        """Return the bytes."""
        return self._value

    @property
    def cipher(self) -> AESGCM:
        """The cipher that has these bytes as its key, made once."""
        if self._cipher is None:
            self._cipher = AESGCM(self._value)
        return self._cipher

    def __repr__(self) -> str:
        """Show nothing."""
        return "Secret(...)"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled."""
        message = "a secret is not written down"
        raise TypeError(message)
