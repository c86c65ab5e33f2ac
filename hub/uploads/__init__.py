"""Files that people send us: read within limits, known by their bytes, made harmless, and handed out as files only.

``multipart`` reads what a browser or a program sends, ``checking`` says what it is and what we keep of it, and
``serving`` gives it back. Nothing here touches the database or the storage.
"""
