"""Tortoise's model, made without a look at its source: searching that for comments takes a fifth of a second a start.

Descriptions of our columns are said where they are declared.
"""

from tortoise import models
from tortoise.models import Model

__all__ = ["Model"]


def _no_comments(_: type[Model]) -> dict[str, str]:
    return {}


models._get_comments = _no_comments  # noqa: SLF001 - Tortoise's own switch is an attribute of each class
