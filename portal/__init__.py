"""Pages for people. They need no script, speak three languages, and read as well on paper and in the dark."""
