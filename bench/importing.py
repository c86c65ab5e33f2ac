"""The import of a customer file: rows a second and peak memory, for two sizes, each in a process of its own."""


def main() -> None:
    """Filled in beside hub.imports."""
    raise NotImplementedError
