"""The schema for the organisation's own apps: one file per noun, put together in ``root``."""
