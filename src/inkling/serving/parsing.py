"""Validates what clients send: query parameters and JSON bodies."""

from collections.abc import Callable
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from inkling.serving.problems import INVALID, ProblemError, describe_errors

Model = TypeVar("Model", bound=BaseModel)
Result = TypeVar("Result")

SMALL_BODY = 100_000  # bytes; a body up to this size is parsed on the event loop, in under 1 ms


def parse_query(kind: type[Model], request: Request) -> Model:
    """The query parameters. Raises `ProblemError` for unknown or invalid ones."""
    try:
        return kind.model_validate(dict(request.query_params))
    except ValidationError as error:
        raise _problem("A parameter is invalid.", error, "query") from None


async def parse_json(kind: type[Model], body: bytes) -> Model:
    """The JSON body. Raises `ProblemError` if it does not fit the schema."""
    try:
        return await off_loop(len(body), lambda: kind.model_validate_json(body))
    except ValidationError as error:
        raise _problem("The JSON body is invalid.", error) from None


async def off_loop(size: int, work: Callable[[], Result]) -> Result:
    """Does small work at once, and large work on a thread, where it blocks no other request."""
    return work() if size <= SMALL_BODY else await run_in_threadpool(work)


def _problem(detail: str, error: ValidationError, *where: str) -> ProblemError:
    errors = error.errors(include_url=False, include_input=False, include_context=False)
    return ProblemError(INVALID, detail, errors=describe_errors(errors, where))
