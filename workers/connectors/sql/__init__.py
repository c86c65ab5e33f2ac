"""The connector to SQL databases: PostgreSQL, MySQL, MariaDB and SQLite, as dataset files describe them."""

from workers.connectors.sql.engines import SqlSystem
from workers.connectors.sql.system import SqlConnector

__all__ = ["SqlConnector", "SqlSystem"]
