"""Importing customers from a file of another system: read, understood, merged by rule, landed, reversible."""
