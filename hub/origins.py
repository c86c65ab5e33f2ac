"""Whose code runs under our names: the public index holds other packages called `hub`, `schema`, `portal`...

One of them, installed beside ours, would be imported in our place or overwrite our files. `hub check` and a
test ask here.
"""

import importlib.util
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

DISTRIBUTION = "privacy-hub"


def names() -> list[str]:
    """Name the packages this distribution installs."""
    return (distribution(DISTRIBUTION).read_text("top_level.txt") or "").split()


def intruders() -> list[str]:
    """Name, a line each, every package of ours that is not ours alone; empty when all is well."""
    owners = packages_distributions()
    root = Path(__file__).resolve().parent.parent
    said: list[str] = []
    for name in names():
        if others := set(owners.get(name, [])) - {DISTRIBUTION}:
            said.append(f"`{name}` is also installed by {', '.join(sorted(others))}: `pip uninstall` that")
        spec = importlib.util.find_spec(name)
        if spec is None or not spec.origin:
            said.append(f"`{name}` is missing from this installation: install it again")
        elif not Path(spec.origin).resolve().is_relative_to(root):
            said.append(f"`{name}` is loaded from {spec.origin} and not from {root}")
    return said
