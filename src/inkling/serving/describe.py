"""What the OpenAPI description says beside the signatures: bodies, examples, problems."""

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
SUMMARY = "Reads handwritten digits in pictures"
DESCRIPTION = """Send a picture, get the digits in it, where they stand and how sure that is.

Every answer is what `inkling read --json` prints for the same bytes. What goes wrong is told
as problem details (RFC 9457). The drawing page is at `/`.
"""

IMAGE_TYPES = ("image/png", "image/jpeg", "image/webp", "image/bmp", "image/gif", "image/tiff")
# A seven of 48 x 48 pixels: small enough to stand in an example, and it can be sent as it is.
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
    problems.TOO_LARGE: "a body may have 10 MB at most: send a smaller picture or fewer of them",
    problems.NOT_AN_IMAGE: "picture 1 is no picture that inkling knows (PNG, JPEG, WEBP, BMP, ...)",
    problems.UNREADABLE: "picture 1 has 9000 x 9000 pixels; at most 25 million are read",
    problems.INVALID: "the JSON body does not fit",
    problems.TOO_SLOW: "the body was not complete after 30 seconds",
    problems.BUSY: "as many pictures are waiting as may; ask again in a second",
    problems.NOT_FOUND: "there is nothing at this address; /docs lists what there is",
    problems.WRONG_METHOD: "this address does not take that method; /docs lists what it takes",
    problems.BROKEN: "something went wrong here; the server's log has more",
}


def _content(schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"schema": schema, **more}


def _problem(*kinds: Problem) -> dict[str, Any]:
    """One status of problem details, with an example of each kind that has it."""
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
                "description": "seconds after which to ask again",
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
# Each kind by its name: the documentation page makes its cards of them.
EVERY_PROBLEM = {kind.name: _problem(kind) for kind in problems.EVERY}
TEXT = {"type": "string"}

READ: dict[str, Any] = {
    "operation_id": "read",
    "summary": "Read one picture",
    "response_model": None,
    "responses": {
        200: {
            "description": "What the picture says",
            "content": {"application/json": _content(_refer(ReadingOut), example=EXAMPLE_READING)},
        },
        **PROBLEMS,
    },
    "openapi_extra": {
        "requestBody": {
            "required": True,
            "description": "The bytes of a picture file as they are, or base64 in JSON.",
            "content": {
                **{kind: _content({"type": "string", "format": "binary"}) for kind in IMAGE_TYPES},
                "application/json": _content(_refer(ImageBody), example={"image": EXAMPLE_IMAGE}),
            },
        }
    },
}
BATCH: dict[str, Any] = {
    "operation_id": "read_batch",
    "summary": "Read many pictures",
    "description": "A picture that cannot be read has `error` in place of a verdict.",
    "response_model": None,
    "responses": {
        200: {
            "description": "An entry for each picture, in their order",
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
    "summary": "Whether the process lives",
    "responses": NO_PARAMETERS,
}
READY: dict[str, Any] = {
    "operation_id": "readyz",
    "summary": "Whether it can read",
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
    "summary": "Counts, for Prometheus",
    "response_model": None,
    "responses": {
        200: {"description": "Counters and histograms", "content": {"text/plain": _content(TEXT)}},
        **NO_PARAMETERS,
    },
}
