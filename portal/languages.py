"""Which language a page is shown in: the one that was chosen, or the first of the reader's that we speak."""

from typing import Final

from hub.texts import choose

__all__ = ["LANGUAGES", "choose"]

LANGUAGES: Final = {"en": "English", "fr": "Français", "ar": "العربية"}
