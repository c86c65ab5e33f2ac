"""Rights requests: what a customer may ask for, and what the law makes of it.

``law`` (which right exists where), ``reasons`` (why to refuse, keep or extend, in three languages), ``calendars`` and
``clocks`` (until when) are pure: they read no database and know no time.
"""
