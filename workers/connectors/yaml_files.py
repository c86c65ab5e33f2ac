"""Reads YAML that others wrote: small, plain and flat enough, or a complaint with its line.

Only what JSON knows comes out, and dates. There are no aliases, so that a short file stays short when it is read;
no tags, so that nothing is made but values; and no key twice, so that everybody reads the same.
"""

from typing import Any, Final, cast

import yaml

from hub.errors import Refusal, invalid

BYTES_MOST: Final = 1_000_000
NODES_MOST: Final = 50_000
DEPTH_MOST: Final = 24


def read(content: bytes) -> Any:
    """Return what the file says; Refusal INVALID names the line that stands in the way."""
    if len(content) > BYTES_MOST:
        raise invalid(f"The file is larger than {BYTES_MOST:,} bytes.")
    try:
        _weigh(content)
        loader: Any = yaml.CSafeLoader(content)
        try:
            node: Any = loader.get_single_node()
            _refuse_doubles(node)
            return None if node is None else loader.construct_document(node)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        raise _at(error.problem_mark, error.problem or "this is not YAML") from None
    except (yaml.YAMLError, ValueError, OverflowError, UnicodeError):
        raise invalid("The file is not YAML in UTF-8.") from None


def _weigh(content: bytes) -> None:
    """Count before anything is built: the events of a file come one at a time."""
    nodes = depth = 0
    events: Any = cast("Any", yaml).parse(content, yaml.CSafeLoader)
    for event in events:
        if isinstance(event, yaml.AliasEvent):
            raise _at(event.start_mark, "aliases (*name) are not read: write it out")
        if isinstance(event, yaml.NodeEvent):
            nodes += 1
            _refuse_tag(event)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEPTH_MOST:
            raise _at(event.start_mark, f"nested deeper than {DEPTH_MOST}")
        if nodes > NODES_MOST:
            raise _at(event.start_mark, f"more than {NODES_MOST:,} values")


def _refuse_tag(event: Any) -> None:
    if event.tag is not None:
        raise _at(event.start_mark, "tags (!name) are not read")


def _refuse_doubles(root: Any) -> None:
    """Refuse a mapping that has a key twice, or one that is no text or number."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
        if isinstance(node, yaml.MappingNode):
            _check_keys([key for key, _ in node.value])
            waiting += [value for _, value in node.value]


def _check_keys(keys: list[Any]) -> None:
    seen: set[str] = set()
    for key in keys:
        if not isinstance(key, yaml.ScalarNode):
            raise _at(key.start_mark, "a key must be a text")
        if key.value in seen:
            raise _at(key.start_mark, "the same key twice")
        seen.add(key.value)


def _at(mark: Any, what: str) -> Refusal:
    return invalid(f"Line {mark.line + 1 if mark else 1}: {what}.")
