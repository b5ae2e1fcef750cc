"""The description matches the service: schemathesis sends valid and invalid requests."""

from collections import Counter

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from inkling.serving import openapi
from inkling.serving.openapi_document import openapi_document
from tests.serving.images import drawing, photo

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
OPERATIONS = {
    "read",
    "read_batch",
    "model",
    "healthz",
    "readyz",
    "metrics",
    "correct",
    "corrections",
}

# Besides random bytes: complete images, and truncated or modified ones.
IMAGES = [drawing("7"), drawing("42"), photo("3", 640, 480)]
WHOLE = st.sampled_from(IMAGES)
CUT = st.builds(lambda image, end: image[:end], WHOLE, st.integers(1, 2000))
CHANGED = st.builds(
    lambda image, at, byte: image[:at] + bytes([byte]) + image[at + 1 :],
    WHOLE,
    st.integers(0, 2000),
    st.integers(0, 255),
)
for media_type in openapi.IMAGE_TYPES:
    schemathesis.openapi.media_type(media_type, st.one_of(WHOLE, CUT, CHANGED, st.binary()))


def ask_everything(address: str, examples: int) -> Counter[str]:
    """The number of cases per operation, with `examples` valid and as many invalid ones each."""
    schema = schemathesis.openapi.from_url(f"{address}/openapi.json")
    asked: Counter[str] = Counter()
    for result in schema.get_all_operations():
        operation = result.ok()
        ask_operation(operation, GenerationMode.POSITIVE, examples, asked)
        if operation.method.upper() == "POST":
            ask_operation(operation, GenerationMode.NEGATIVE, examples, asked)
    return asked


def ask_operation(
    operation: APIOperation, mode: GenerationMode, examples: int, asked: Counter[str]
) -> None:
    name = operation.definition.raw["operationId"]

    @seed(20261120)
    @settings(
        max_examples=examples,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: schemathesis.Case) -> None:
        asked[name] += 1
        case.call_and_validate(checks=CHECKS)

    ask()


def test_every_operation_answers_as_described(address: str) -> None:
    asked = ask_everything(address, 25)
    assert set(asked) == OPERATIONS
    assert asked["read"] >= 50


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_five_thousand_cases(address: str) -> None:
    asked = ask_everything(address, 1500)
    assert set(asked) == OPERATIONS
    assert asked.total() >= 5000, asked
    assert httpx.get(f"{address}/readyz", timeout=60).json() == {"status": "ready"}


def test_no_request_body_takes_other_fields() -> None:
    """The service refuses unknown fields, so the description does."""
    document = openapi_document()
    schemas = document["components"]["schemas"]
    bodies = [o["requestBody"] for path in document["paths"].values() for o in path.values()
              if "requestBody" in o]  # fmt: skip
    found = [content["schema"] for body in bodies for content in body["content"].values()]
    named = [schemas[s["$ref"].rpartition("/")[2]] if "$ref" in s else s for s in found]
    objects = [schema for schema in named if schema.get("type") == "object"]
    assert len(objects) >= 5
    assert all(schema["additionalProperties"] is False for schema in objects)


def test_examples_of_the_description_work(address: str) -> None:
    described = httpx.get(f"{address}/openapi.json", timeout=60).json()
    for path in ("/v1/read", "/v1/read/batch"):
        body = described["paths"][path]["post"]["requestBody"]["content"]["application/json"]
        answer = httpx.post(f"{address}{path}", json=body["example"], timeout=60)
        assert answer.status_code == 200
        entry = answer.json()[0] if path.endswith("batch") else answer.json()
        assert (entry["verdict"], entry["text"]) == ("digits", "7")
        assert set(entry) == set(openapi.EXAMPLE_READING)
