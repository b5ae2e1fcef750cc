"""The parts of the OpenAPI description that signatures do not give: bodies, examples, problems."""

from typing import Any

from inkling.serving import problems
from inkling.serving.problems import Problem
from inkling.serving.schemas import (
    BatchBody,
    FailedOut,
    HealthOut,
    ImageBody,
    ProblemOut,
    ReadingOut,
)

TITLE = "inkling"
SUMMARY = "Reads handwritten digits in images"
DESCRIPTION = """Send an image and get its digits, their positions and their confidence.

Every response equals the output of `inkling read --json` for the same bytes. Errors are problem
details (RFC 9457). The drawing page is at `/`.
"""

IMAGE_TYPES = ("image/png", "image/jpeg", "image/webp", "image/bmp", "image/gif", "image/tiff")
# A seven of 48 x 48 pixels, small enough for an example. It can be sent as it is.
EXAMPLE_IMAGE = (
    "iVBORw0KGgoAAAANSUhEUgAAADAAAAAwAQMAAABtzGvEAAAABlBMVEX///8AAABVwtN+AAAAZElEQVR42q2QOw6A"
    "IBAFhxdi6GztvIoH83AchSNQWhi1eBCsjdtMZr/Jwm+xAPN9HwhgMi4gwe4W1wKu2VQREFuyICBlm2Olm4Zdxmac"
    "/QAa8ECob1PbUkAQm2UQJHfNRvjyhAeTRxB6CMLVQAAAAABJRU5ErkJggg=="
)
EXAMPLE_READING = {
    "image": "picture 1",
    "verdict": "digits",
    "text": "42",
    "digits": [
        {
            "digit": 4,
            "confidence": 0.998112,
            "box": [21, 14, 40, 58],
            "verdict": "digits",
            "alternatives": [],
            "doubts": [],
        },
        {
            "digit": 2,
            "confidence": 0.861204,
            "box": [74, 12, 41, 60],
            "verdict": "digits",
            "alternatives": [{"digit": 7, "confidence": 0.120331}],
            "doubts": ["looks like 2 or 7"],
        },
    ],
}
DETAILS = {
    problems.TOO_LARGE: "The body exceeds 10 MB. Send a smaller image, or fewer images.",
    problems.NOT_AN_IMAGE: "picture 1 is no picture that inkling knows (PNG, JPEG, WEBP, BMP, ...)",
    problems.UNREADABLE: "picture 1 has 9000 x 9000 pixels; at most 25 million are read",
    problems.INVALID: "The JSON body is invalid.",
    problems.TOO_SLOW: "The body was not complete after 30 seconds.",
    problems.BUSY: "The queue is full. Retry in 1 second.",
    problems.NOT_FOUND: "This path does not exist. /docs lists all paths.",
    problems.WRONG_METHOD: "This path does not accept the method. /docs lists all methods.",
    problems.INTERNAL: "An internal error occurred. The server's log has the details.",
}


def _content(schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"schema": schema, **more}


def _problem(*kinds: Problem) -> dict[str, Any]:
    """The response of one status, with an example of each of its problems."""
    examples = {
        kind.name: {"summary": kind.title, "value": kind.body(DETAILS[kind])} for kind in kinds
    }
    content = {problems.MEDIA_TYPE: _content(PROBLEM, examples=examples)}
    described: dict[str, Any] = {
        "description": " or ".join(kind.title.lower() for kind in kinds).capitalize(),
        "content": content,
    }
    if problems.BUSY in kinds:
        described["headers"] = {
            "Retry-After": {
                "description": "Seconds to wait before a retry.",
                "schema": {"type": "integer"},
            }
        }
    return described


def _refer(model: type) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}


PROBLEM = _refer(ProblemOut)
PROBLEMS = {
    408: _problem(problems.TOO_SLOW),
    413: _problem(problems.TOO_LARGE),
    415: _problem(problems.NOT_AN_IMAGE),
    422: _problem(problems.UNREADABLE, problems.INVALID),
    503: _problem(problems.BUSY),
}
NO_PARAMETERS = {422: _problem(problems.INVALID)}
# Each problem by its name: the documentation page shows one section for each.
ALL_PROBLEMS = {kind.name: _problem(kind) for kind in problems.ALL}
TEXT = {"type": "string"}

READ: dict[str, Any] = {
    "operation_id": "read",
    "summary": "Read one image",
    "response_model": None,
    "responses": {
        200: {
            "description": "The reading of the image",
            "content": {"application/json": _content(_refer(ReadingOut), example=EXAMPLE_READING)},
        },
        **PROBLEMS,
    },
    "openapi_extra": {
        "requestBody": {
            "required": True,
            "description": "The bytes of an image file, or base64 in JSON.",
            "content": {
                **{kind: _content({"type": "string", "format": "binary"}) for kind in IMAGE_TYPES},
                "application/json": _content(_refer(ImageBody), example={"image": EXAMPLE_IMAGE}),
            },
        }
    },
}
BATCH: dict[str, Any] = {
    "operation_id": "read_batch",
    "summary": "Read several images",
    "description": "The entry of an image that cannot be read has `error` instead of a verdict.",
    "response_model": None,
    "responses": {
        200: {
            "description": "One entry for each image, in the order of the request",
            "content": {
                "application/json": _content(
                    {
                        "type": "array",
                        "items": {"anyOf": [_refer(ReadingOut), _refer(FailedOut)]},
                    },
                    example=[EXAMPLE_READING],
                )
            },
        },
        **PROBLEMS,
    },
    "openapi_extra": {
        "requestBody": {
            "required": True,
            "content": {
                "application/json": _content(
                    _refer(BatchBody), example={"images": [{"image": EXAMPLE_IMAGE, "name": "one"}]}
                )
            },
        }
    },
}
MODEL: dict[str, Any] = {
    "operation_id": "model",
    "summary": "The model in use",
    "responses": NO_PARAMETERS,
}
HEALTH: dict[str, Any] = {
    "operation_id": "healthz",
    "summary": "Liveness: the process runs",
    "responses": NO_PARAMETERS,
}
READY: dict[str, Any] = {
    "operation_id": "readyz",
    "summary": "Readiness: the service can read images",
    "responses": {
        **NO_PARAMETERS,
        503: {
            "description": "Starting or stopping",
            "content": {"application/json": _content(_refer(HealthOut))},
        },
    },
}
METRICS: dict[str, Any] = {
    "operation_id": "metrics",
    "summary": "Metrics for Prometheus",
    "response_model": None,
    "responses": {
        200: {"description": "Counters and histograms", "content": {"text/plain": _content(TEXT)}},
        **NO_PARAMETERS,
    },
}
