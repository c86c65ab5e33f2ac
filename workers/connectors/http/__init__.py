"""The connector to a system behind an HTTP API of its owner: signed calls, answers now or later."""

from workers.connectors.http.answers import read_answer, read_rows
from workers.connectors.http.callbacks import callback_token, is_callback
from workers.connectors.http.system import HttpConnector, HttpSystem

__all__ = ["HttpConnector", "HttpSystem", "callback_token", "is_callback", "read_answer", "read_rows"]
