"""The schema for partners: their own roots, and nothing of the organisation's; put together in ``root``.

The enumerations come first: they mean the same in either schema, and are registered once.
"""

from schema.internal import meanings, register_meanings

__all__ = ["meanings", "register_meanings"]
