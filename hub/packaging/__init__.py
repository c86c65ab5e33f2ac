"""The copy that a customer gets: what it says, its pages and files, and the archive they come in."""
