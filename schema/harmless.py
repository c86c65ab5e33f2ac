"""Which documents may be remembered: none that could carry a person's data.

A text in a document may be anything, and so may a comment. Harmless are keys of the catalogue, spelled as keys are,
where an argument asks for one.
"""

import re
from typing import Any, Final

from graphql import DocumentNode, GraphQLSchema, StringValueNode, TypeInfo, TypeInfoVisitor, Visitor, visit

KEYED: Final[dict[str, Any]] = {"keyed": True}
"""For the metadata of an argument that asks for a key of the catalogue, which says nothing of anybody."""
_KEY: Final = re.compile(r"[a-z][a-z0-9]*(?:[._-][a-z0-9]+)*")
_KEY_MOST: Final = 100


def is_harmless(schema: GraphQLSchema, document: DocumentNode, text: str) -> bool:
    """Whether a document that fits the schema holds no text but keys, and no comment."""
    if "#" in text:
        return False
    if '"' not in text:
        return True
    texts = _Texts(TypeInfo(schema))
    visit(document, TypeInfoVisitor(texts.info, texts))
    return texts.are_keys


class _Texts(Visitor):
    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self.info = info
        self.are_keys = True

    def enter_string_value(self, node: StringValueNode, *_: Any) -> None:
        if not (self._is_keyed() and len(node.value) <= _KEY_MOST and _KEY.fullmatch(node.value)):
            self.are_keys = False

    def _is_keyed(self) -> bool:
        argument = self.info.get_argument()
        declared = argument.extensions.get("strawberry-definition") if argument is not None else None
        return declared is not None and "keyed" in declared.metadata
