"""For modules with a browser: their tests stand on a hub of their own, and all that they ask for does."""

import pytest

from hub.act import Hub


@pytest.fixture(scope="session")
def hub(quiet_hub: Hub) -> Hub:
    """In place of the hub of the run."""
    return quiet_hub
