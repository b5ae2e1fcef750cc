"""The OpenAPI description of each route: parameters, bodies, examples, problems."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from inkling.serving import problems
from inkling.serving.openapi_examples import DETAILS, EXAMPLE_CROP, EXAMPLE_IMAGE, EXAMPLE_READING
from inkling.serving.problems import Problem
from inkling.serving.request_schemas import (
    MAX_BATCH,
    BatchBody,
    BatchQuery,
    CorrectionBody,
    ImageBody,
    NoQuery,
    ReadQuery,
)
from inkling.serving.response_schemas import (
    CardOut,
    CorrectionsOut,
    FailedOut,
    HealthOut,
    ProblemOut,
    ReadingOut,
    StoredOut,
)

Responses = dict[int, dict[str, Any]]
JSON = "application/json"

TITLE = "inkling"
SUMMARY = "Reads handwritten digits in images"
DESCRIPTION = """Send an image and get its digits, their positions and their confidence.

Every response equals the output of `inkling read --json` for the same bytes. Errors are problem
details (RFC 9457). The drawing page is at `/`.
"""


IMAGE_TYPES = ("image/png", "image/jpeg", "image/webp", "image/bmp", "image/gif", "image/tiff")


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
PROBLEMS: Responses = {
    408: _problem(problems.TOO_SLOW),
    413: _problem(problems.TOO_LARGE),
    415: _problem(problems.NOT_AN_IMAGE),
    422: _problem(problems.UNREADABLE, problems.INVALID),
    503: _problem(problems.BUSY),
}
INVALID: Responses = {422: _problem(problems.INVALID)}
# Each problem by its name: the documentation page shows one section for each.
ALL_PROBLEMS = {kind.name: _problem(kind) for kind in problems.ALL}
BINARY = {"type": "string", "format": "binary"}
ENTRIES = {"type": "array", "items": {"anyOf": [_refer(ReadingOut), _refer(FailedOut)]}}
FORM = _content(
    {
        "type": "object",
        "required": ["file"],
        "properties": {
            "file": {"type": "array", "minItems": 1, "maxItems": MAX_BATCH, "items": BINARY}
        },
        "additionalProperties": False,
    }
)


@dataclass(frozen=True)
class Operation:
    """One route of the description. `body` maps media types to their schemas."""

    method: str
    path: str
    name: str
    summary: str
    query: type[BaseModel]
    responses: Responses
    description: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    body_description: str = ""


def _ok(
    description: str, schema: Any, kind: str = JSON, status: int = 200, **more: Any
) -> Responses:
    return {status: {"description": description, "content": {kind: _content(schema, **more)}}}


OPERATIONS = (
    Operation(
        "post",
        "/v1/read",
        "read",
        "Read one image",
        ReadQuery,
        {
            **_ok(
                "The reading of the image; a list of readings for a form with several files",
                {"anyOf": [_refer(ReadingOut), ENTRIES]},
                example=EXAMPLE_READING,
            ),
            **PROBLEMS,
        },
        body={
            **{kind: _content(BINARY) for kind in IMAGE_TYPES},
            JSON: _content(_refer(ImageBody), example={"image": EXAMPLE_IMAGE}),
            "multipart/form-data": FORM,
        },
        body_description="The bytes of an image file, base64 in JSON, or a form with files.",
    ),
    Operation(
        "post",
        "/v1/read/batch",
        "read_batch",
        "Read several images",
        BatchQuery,
        {
            **_ok(
                "One entry for each image, in the order of the request",
                ENTRIES,
                example=[EXAMPLE_READING],
            ),
            **PROBLEMS,
        },
        description="The entry of an image that cannot be read has `error` instead of a verdict.",
        body={
            JSON: _content(
                _refer(BatchBody), example={"images": [{"image": EXAMPLE_IMAGE, "name": "one"}]}
            ),
            "multipart/form-data": FORM,
        },
    ),
    Operation(
        "post",
        "/v1/corrections",
        "correct",
        "Store what a box truly shows",
        NoQuery,
        {
            **_ok(
                "The correction is stored",
                _refer(StoredOut),
                status=201,
                example={"file": "crops/3f0a.png"},
            ),
            **{status: PROBLEMS[status] for status in (408, 413, 415, 503)},
            **INVALID,
            403: _problem(problems.CORRECTIONS_OFF),
            507: _problem(problems.CORRECTIONS_FULL),
        },
        description="Off unless the service runs with `--corrections FOLDER`. `inkling finetune` "
        "adapts the model to the folder.",
        body={
            JSON: _content(
                _refer(CorrectionBody),
                example={"image": EXAMPLE_CROP, "predicted": "1", "correct": "7"},
            )
        },
        body_description="The crop of a box, as `seen` of /v1/read returns it, and two labels.",
    ),
    Operation(
        "get",
        "/v1/corrections",
        "corrections",
        "Whether corrections are stored",
        NoQuery,
        {**_ok("The state", _refer(CorrectionsOut)), **INVALID},
    ),
    Operation(
        "get",
        "/v1/model",
        "model",
        "The model in use",
        NoQuery,
        {**_ok("The card of the model", _refer(CardOut)), **INVALID},
    ),
    Operation(
        "get",
        "/healthz",
        "healthz",
        "Liveness: the process runs",
        NoQuery,
        {**_ok("The process runs", _refer(HealthOut)), **INVALID},
    ),
    Operation(
        "get",
        "/readyz",
        "readyz",
        "Readiness: the service can read images",
        NoQuery,
        {
            **_ok("Ready", _refer(HealthOut)),
            **INVALID,
            503: {
                "description": "Starting or stopping",
                "content": {JSON: _content(_refer(HealthOut))},
            },
        },
    ),
    Operation(
        "get",
        "/metrics",
        "metrics",
        "Metrics for Prometheus",
        NoQuery,
        {**_ok("Counters and histograms", {"type": "string"}, "text/plain"), **INVALID},
    ),
)
