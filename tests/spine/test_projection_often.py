"""The projection against replays, hundreds of times."""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.act import Hub
from tests.domain.firm import Firm
from tests.spine.test_projection import HARD, WRITERS, firms, written

__all__ = ["firms"]


@pytest.mark.chaos
@settings(parent=HARD, max_examples=300)
@given(writers=WRITERS, is_reversed=st.booleans())
async def test_the_projection_equals_a_replay_hundreds_of_times(
    hub: Hub,
    firms: list[Firm],
    writers: Iterable[Any],
    *,
    is_reversed: bool,
) -> None:
    await written(hub, firms, writers, is_reversed=is_reversed)
