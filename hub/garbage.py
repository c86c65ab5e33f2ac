"""How often a process looks for garbage that only refers to itself: seldom, as requests leave hardly any.

Python looks after every 700 objects, and an answer with a hundred customers has several thousand. What nobody refers to
any more goes at once, as ever.
"""

import gc
from typing import Final

SELDOM: Final = (50_000, 10, 10)
"""After how many objects more than went it looks among the new ones; after how many such looks among older ones."""


def settle() -> None:
    """Never look at what is there by now, as it stays; and seldom at what comes."""
    gc.freeze()
    gc.set_threshold(*SELDOM)
    gc.enable()
