"""The database, step by step. ``hub migrate`` applies what is missing."""
