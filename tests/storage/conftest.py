"""A folder and a bucket to keep files in."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio
from pydantic import SecretStr

from hub.act import Hub
from hub.vault import DataKey
from tests import bucket
from tests.bucket import Bucket
from tests.storage.files import moved

OWNER = UUID(int=7)


@pytest.fixture
def key(hub: Hub) -> DataKey:
    """A data key."""
    return hub.vault.unwrap(OWNER, hub.vault.new_customer_key(OWNER))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where objects are."""
    return tmp_path / "objects"


@pytest.fixture
def local(hub: Hub, folder: Path) -> Hub:
    """A hub that keeps them in a folder."""
    return moved(hub, storage_url=folder.as_uri())


@pytest_asyncio.fixture
async def remote(hub: Hub) -> AsyncIterator[tuple[Hub, Bucket]]:
    """A hub that keeps them in a bucket, and the bucket."""
    async with bucket.serving() as served:
        given = {"storage_endpoint": served.url, "storage_region": "here", "storage_key_id": "id"}
        yield moved(hub, storage_url="s3://files/below", storage_secret=SecretStr("secret"), **given), served
