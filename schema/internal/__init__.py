"""The schema for the organisation's own apps: one file per noun, put together in ``root``.

The enumerations come first: a type that names one finds it registered.
"""

from schema.internal import meanings, register_meanings

__all__ = ["meanings", "register_meanings"]
