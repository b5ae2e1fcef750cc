"""Builds the OpenAPI 3.1 document from the operations and the schemas."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from pydantic import BaseModel

from inkling.serving import openapi
from inkling.serving.openapi import Operation
from inkling.serving.request_schemas import BatchBody, CorrectionBody, ImageBody
from inkling.serving.response_schemas import (
    CardOut,
    CorrectionsOut,
    FailedOut,
    HealthOut,
    ProblemOut,
    ReadingOut,
    StoredOut,
)

SCHEMAS = (
    ReadingOut,
    FailedOut,
    ImageBody,
    BatchBody,
    CorrectionBody,
    CorrectionsOut,
    StoredOut,
    CardOut,
    HealthOut,
    ProblemOut,
)


@cache
def openapi_document() -> dict[str, Any]:
    """The whole description of the API."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in openapi.OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": openapi.TITLE,
            "summary": openapi.SUMMARY,
            "description": openapi.DESCRIPTION,
            "version": "1",
        },
        "paths": paths,
        "components": {"schemas": _schemas(), "responses": openapi.ALL_PROBLEMS},
    }


def _operation(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "responses": {str(status): answer for status, answer in operation.responses.items()},
    }
    if operation.description:
        described["description"] = operation.description
    if parameters := list(_parameters(operation.query)):
        described["parameters"] = parameters
    if operation.body:
        described["requestBody"] = {"required": True, "content": dict(operation.body)}
        if operation.body_description:
            described["requestBody"]["description"] = operation.body_description
    return described


def _parameters(query: type[BaseModel]) -> Iterator[dict[str, Any]]:
    for name, schema in query.model_json_schema().get("properties", {}).items():
        shown = {key: value for key, value in schema.items() if key != "description"}
        described = {"description": schema["description"]} if "description" in schema else {}
        yield {"name": name, "in": "query", "required": False, "schema": shown, **described}


def _schemas() -> dict[str, Any]:
    schemas: dict[str, Any] = {}
    for model in SCHEMAS:
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(schema.pop("$defs", {}))
        schemas[model.__name__] = schema
    return schemas
