"""Connectors: how the hub finds, exports, corrects, erases and restricts one person's data in other systems."""
