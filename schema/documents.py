"""From text to a document that may run: parsed, counted, validated, remembered.

The order is the defence: the token limit stops the parser, our own count comes before validation. What is
remembered is keyed by the text, so texts that may carry a person's data are not (`harmless`).
"""

from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import graphql
import strawberry
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSyntaxError,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    parse,
    specified_rules,
    validate,
)
from strawberry.execution import optimized_is_awaitable

from schema.counting import Count, Walk
from schema.harmless import is_harmless
from schema.limits import Limits
from schema.weights import Shapes

KEPT = 500
KEPT_CHARACTERS = 262_144
MOST_ERRORS = 10
_CORE: Any = graphql
"""For its functions that take an executor, whose type says nothing."""


class Invalid(Exception):
    """The document does not parse or does not fit the schema; `code` says which."""

    def __init__(self, code: str, errors: list[GraphQLError]) -> None:
        super().__init__(code)
        self.code = code
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document that fits the schema and the limits."""

    document: DocumentNode
    operations: Mapping[str, OperationDefinitionNode]
    count: Count

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """The operation to run: the only one, or the one named."""
        if name is None and len(self.operations) == 1:
            return next(iter(self.operations.values()))
        if name is None:
            raise unknown("Name the operation to run with `operationName`: the document has several or none.")
        found = self.operations.get(name)
        if found is None:
            raise unknown("The document has no operation with the name in `operationName`.")
        return found


class Documents:
    """Prepares documents for one schema, and remembers the ones that may be remembered."""

    def __init__(self, schema: strawberry.Schema, limits: Limits, *, introspection: bool) -> None:
        self._core = schema._schema  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] -- no public way to it
        self._executor: Any = schema.execution_context_class  # pyright: ignore[reportUnknownMemberType] -- generic
        self._shapes = Shapes(self._core)
        self._limits = limits
        self._hide = not introspection
        self._rules = (
            specified_rules if introspection else (*specified_rules, NoSchemaIntrospectionCustomRule)
        )
        self._kept: OrderedDict[str, Prepared] = OrderedDict()
        self._characters = 0

    def prepare(self, text: str) -> Prepared:
        """A document that may run. Raises Refusal(LIMIT) or Invalid."""
        known = self._kept.get(text)
        if known is not None:
            self._kept.move_to_end(text)
            return known
        made = self.make(text)
        if is_harmless(self._core, made.document, text):
            self._keep(text, made)
        return made

    def make(self, text: str) -> Prepared:
        """As `prepare`, without remembering."""
        document = self._parsed(text)
        if (
            sum(isinstance(each, OperationDefinitionNode) for each in document.definitions)
            > self._limits.operations
        ):
            raise self._limits.refusal("operations")
        count = Walk(self._shapes, document, self._limits).whole(document)
        errors = validate(
            self._core, document, self._rules, max_errors=MOST_ERRORS, hide_suggestions=self._hide
        )
        if errors:
            raise Invalid("GRAPHQL_VALIDATION_FAILED", errors)
        return Prepared(document, _operations(document), count)

    def cost(
        self, prepared: Prepared, operation: OperationDefinitionNode, variables: Mapping[str, Any]
    ) -> int:
        """Points of this operation with these variables. Raises Refusal(LIMIT)."""
        if not prepared.count.sized_by_variables and len(prepared.operations) == 1:
            return prepared.count.cost
        return Walk(self._shapes, prepared.document, self._limits).operation(operation, variables)

    async def run(
        self, prepared: Prepared, operation_name: str | None, variables: Mapping[str, Any], context: object
    ) -> ExecutionResult:
        """Execute. Raises Invalid if the variables do not fit."""
        executor = self._built(prepared, operation_name, variables, context)
        result = executor.execute_operation()
        return await result if optimized_is_awaitable(result) else result

    async def follow(
        self, prepared: Prepared, operation_name: str | None, variables: Mapping[str, Any], context: object
    ) -> AsyncGenerator[Callable[[], Awaitable[ExecutionResult]]]:
        """What answers each event of a subscription. Raises Invalid, and whatever its resolver raises."""
        executor = self._built(prepared, operation_name, variables, context)
        found = _CORE.create_source_event_stream(executor)
        source = await found if optimized_is_awaitable(found) else found
        if isinstance(source, ExecutionResult):
            raise _raised(source)
        async with aclosing(source) as events:
            async for event in events:
                yield partial(_answered, executor.build_per_event_executor(event))

    def _built(
        self, prepared: Prepared, operation_name: str | None, variables: Mapping[str, Any], context: object
    ) -> Any:
        executor = self._executor.build(
            self._core,
            prepared.document,
            context_value=context,
            raw_variable_values=variables,
            max_coercion_errors=MOST_ERRORS,
            operation_name=operation_name,
            is_awaitable=optimized_is_awaitable,
            hide_suggestions=self._hide,
            operation_extensions=None,
        )
        if isinstance(executor, list):
            raise Invalid("GRAPHQL_VARIABLES_INVALID", cast("list[GraphQLError]", executor))
        return executor

    def _parsed(self, text: str) -> DocumentNode:
        if len(text.encode()) > self._limits.document_bytes:
            raise self._limits.refusal("document_bytes")
        tokens = self._limits.tokens
        try:
            return parse(text, max_lexical_tokens=tokens, max_comments=tokens)
        except GraphQLSyntaxError as error:
            if "aborted" in error.message:
                raise self._limits.refusal("tokens") from None
            raise Invalid("GRAPHQL_PARSE_FAILED", [error]) from None

    def _keep(self, text: str, made: Prepared) -> None:
        self._kept[text] = made
        self._characters += len(text)
        while len(self._kept) > KEPT or self._characters > KEPT_CHARACTERS:
            oldest, _ = self._kept.popitem(last=False)
            self._characters -= len(oldest)


async def _answered(executor: Any) -> ExecutionResult:
    result = _CORE.execute_subscription_event(executor)
    return await result if optimized_is_awaitable(result) else result


def _raised(ended: ExecutionResult) -> Exception:
    """Why a subscription did not begin: what its resolver raised, or what does not fit."""
    errors = ended.errors or []
    cause = errors[0].original_error if errors else None
    return cause or Invalid("GRAPHQL_VARIABLES_INVALID", errors)


def _operations(document: DocumentNode) -> dict[str, OperationDefinitionNode]:
    found = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    return {each.name.value if each.name else "": each for each in found}


def unknown(message: str) -> Invalid:
    """No operation here that could be run."""
    return Invalid("GRAPHQL_OPERATION_UNKNOWN", [GraphQLError(message)])
