"""What the service answers when it does not do what it was asked: RFC 9457 problem details."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True)
class Problem:
    """One kind of problem: its status, a name that programs can test for, and a title.

    One without a name says no more than its status does.
    """

    status: int
    name: str
    title: str

    def body(self, detail: str, **more: Any) -> dict[str, Any]:
        """The JSON object; `type` leads to the card on the documentation page."""
        return {
            "type": f"/docs#{self.name}" if self.name else "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": detail,
            **more,
        }


TOO_LARGE = Problem(413, "too-large", "The body is too large")
NOT_AN_IMAGE = Problem(415, "not-an-image", "The body is not a picture")
UNREADABLE = Problem(422, "unreadable", "The picture cannot be read")
INVALID = Problem(422, "invalid-request", "The request is not understood")
TOO_SLOW = Problem(408, "too-slow", "The body took too long to arrive")
BUSY = Problem(503, "busy", "Too many pictures at once")
NOT_FOUND = Problem(404, "not-found", "There is nothing at this address")
WRONG_METHOD = Problem(405, "method-not-allowed", "The address does not take this method")
BROKEN = Problem(500, "internal", "The service failed")
EVERY = (
    TOO_LARGE,
    NOT_AN_IMAGE,
    UNREADABLE,
    INVALID,
    TOO_SLOW,
    BUSY,
    NOT_FOUND,
    WRONG_METHOD,
    BROKEN,
)

# Seconds after which asking again makes sense: the queue drains in well under one.
RETRY_AFTER = {"Retry-After": "1"}


class ProblemError(Exception):
    """Raised where a request is refused; the app turns it into the answer."""

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
        """The answer to the request that was refused."""
        return respond(self.problem, self.detail, headers=self.headers, errors=self.errors)


class ClientGoneError(Exception):
    """The client hung up before its body was complete: there is nobody to answer."""


def respond(
    problem: Problem,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    errors: list[dict[str, str]] | None = None,
) -> Response:
    """The problem as a response; `errors` lists the parts of a request that were at fault."""
    more = {"errors": errors} if errors else {}
    content = json.dumps(problem.body(detail, **more), ensure_ascii=False).encode()
    return Response(content, problem.status, headers, MEDIA_TYPE)


def other(status: int) -> Problem:
    """The problem of a status that the framework gave: a wrong path, a wrong method, another."""
    for known in (NOT_FOUND, WRONG_METHOD):
        if known.status == status:
            return known
    try:
        return Problem(status, "", HTTPStatus(status).phrase)
    except ValueError:
        return Problem(status, "", "Error")


def faults_of(errors: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Pydantic's errors as `{"where", "what"}`: which part of a request, and what is wrong."""
    return [
        {"where": ".".join(str(part) for part in error["loc"]), "what": str(error["msg"])}
        for error in errors
    ]
