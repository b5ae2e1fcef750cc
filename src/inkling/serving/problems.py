"""Error responses: RFC 9457 problem details."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True)
class Problem:
    """One kind of problem: its status, a name that programs can test for, and a title.

    A problem without a name has the type `about:blank`.
    """

    status: int
    name: str
    title: str

    def body(self, detail: str, **more: Any) -> dict[str, Any]:
        """The JSON object; `type` links to the problem's section on the documentation page."""
        return {
            "type": f"/docs#{self.name}" if self.name else "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": detail,
            **more,
        }


TOO_LARGE = Problem(413, "too-large", "The body is too large")
NOT_AN_IMAGE = Problem(415, "not-an-image", "The body is not an image")
UNREADABLE = Problem(422, "unreadable", "The image cannot be read")
INVALID = Problem(422, "invalid-request", "The request is invalid")
TOO_SLOW = Problem(408, "too-slow", "The body arrived too slowly")
BUSY = Problem(503, "busy", "The queue is full")
NOT_FOUND = Problem(404, "not-found", "Not found")
CORRECTIONS_OFF = Problem(403, "corrections-off", "Corrections are not stored")
CORRECTIONS_FULL = Problem(507, "corrections-full", "No more corrections are stored")
WRONG_METHOD = Problem(405, "method-not-allowed", "Method not allowed")
INTERNAL = Problem(500, "internal", "Internal error")
ALL = (
    TOO_LARGE,
    NOT_AN_IMAGE,
    UNREADABLE,
    INVALID,
    TOO_SLOW,
    BUSY,
    NOT_FOUND,
    WRONG_METHOD,
    CORRECTIONS_OFF,
    CORRECTIONS_FULL,
    INTERNAL,
)

# Seconds. The queue drains in well under one second.
RETRY_AFTER = {"Retry-After": "1"}


class ProblemError(Exception):
    """Raised when a request is rejected; the app turns it into the response."""

    def __init__(
        self,
        problem: Problem,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        errors: list[dict[str, str]] | None = None,
    ) -> None:
        super().__init__(detail)
        self.problem, self.detail, self.errors = problem, detail, errors
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """The response to the rejected request."""
        return respond(self.problem, self.detail, headers=self.headers, errors=self.errors)


class ClientGoneError(Exception):
    """The client disconnected before its body was complete."""


def respond(
    problem: Problem,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    errors: list[dict[str, str]] | None = None,
) -> Response:
    """The problem as a response; `errors` lists the invalid parts of the request."""
    more = {"errors": errors} if errors else {}
    content = json.dumps(problem.body(detail, **more), ensure_ascii=False).encode()
    return Response(content, problem.status, headers, MEDIA_TYPE)


def problem_of_status(status: int) -> Problem:
    """The problem for a status that the framework raised, e.g. 404 or 405."""
    for known in (NOT_FOUND, WRONG_METHOD):
        if known.status == status:
            return known
    try:
        return Problem(status, "", HTTPStatus(status).phrase)
    except ValueError:
        return Problem(status, "", "Error")


def describe_errors(
    errors: Iterable[Mapping[str, Any]], where: Sequence[str] = ()
) -> list[dict[str, str]]:
    """Pydantic's errors as `{"where", "what"}`: the part of the request, and its error."""
    return [
        {"where": ".".join(map(str, (*where, *error["loc"]))), "what": str(error["msg"])}
        for error in errors
    ]
