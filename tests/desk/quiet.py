"""For modules with a browser at the desk: see `tests/portal/quiet.py`."""

import pytest
from starlette.applications import Starlette

from hub import asgi
from hub.act import Hub
from hub.readiness import Readiness
from tests.portal.quiet import hub

__all__ = ["hub", "site"]


@pytest.fixture(scope="session")
def site(quiet_hub: Hub) -> Starlette:
    """That hub as it is served."""
    return asgi.create_app(quiet_hub, Readiness(quiet_hub, []))
