"""The application of one worker: reader, admission, limits, routes and pages."""

import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from inkling.reading.pipeline import Reader
from inkling.serving import openapi, problems
from inkling.serving.admission import Admission
from inkling.serving.batching import Batcher
from inkling.serving.metrics import Metrics
from inkling.serving.middleware import ServiceMiddleware
from inkling.serving.model_card import describe_model
from inkling.serving.problems import ClientGoneError, ProblemError, describe_errors, respond
from inkling.serving.request_body import BodyReader
from inkling.serving.routes import Service, api_router
from inkling.serving.schemas import BatchBody, FailedOut, ImageBody, ProblemOut, ReadingOut
from inkling.serving.settings import Settings
from inkling.serving.static_files import page_routes

# Seconds that a reading thread may hold the interpreter while the event loop waits for it.
# Python's default of 5 ms is long beside a rejection, which takes 0.2 ms.
SWITCH_SECONDS = 0.0005
CLIENT_GONE = 499  # the status that proxies and metrics use; the client does not receive it


def build_app(settings: Settings) -> ASGIApp:
    """Loads the model and builds the application. Raises `ModelError`."""
    sys.setswitchinterval(SWITCH_SECONDS)
    reader = Reader.load(settings.model, workers=settings.threads)
    admission = Admission(settings.threads, settings.capacity)
    metrics = Metrics(lambda: admission.in_use)
    state = {"ready": False}

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await admission.run(lambda: reader.trace(_warm_up_images()))
        state["ready"] = True
        yield
        state["ready"] = False
        admission.close()

    app = _bare_app(lifespan)
    card = describe_model(reader, settings.model)
    ready = lambda: state["ready"]  # noqa: E731
    bodies = BodyReader(settings)
    service = Service(reader, admission, Batcher(reader), bodies, metrics, card, ready)
    app.include_router(api_router(service))
    app.router.routes.extend(page_routes())
    return _allow_origins(settings.allow_origins, ServiceMiddleware(app, admission, metrics))


def _allow_origins(origins: Sequence[str], app: ASGIApp) -> ASGIApp:
    """Lets pages of other origins read every response, errors of the middleware included."""
    if not origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=origins,
        allow_methods=["GET", "POST"],
        allow_headers=["Content-Type"],
        expose_headers=["Retry-After"],
    )


def _bare_app(lifespan: Any) -> FastAPI:
    """FastAPI without its documentation pages, which load scripts from another host."""
    app = FastAPI(
        title=openapi.TITLE,
        summary=openapi.SUMMARY,
        description=openapi.DESCRIPTION,
        version="1",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        exception_handlers={
            ProblemError: _on_problem,
            ClientGoneError: _on_client_gone,
            RequestValidationError: _on_invalid,
            HTTPException: _on_http_error,
            Exception: _on_internal_error,
        },
    )
    app.openapi = lambda: _openapi(app)
    return app


def _openapi(app: FastAPI) -> dict[str, Any]:
    """The description, with the schemas that only `openapi.py` refers to; built once."""
    if app.openapi_schema is None:
        description = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            description=app.description,
            routes=app.routes,
        )
        schemas = description.setdefault("components", {}).setdefault("schemas", {})
        for model in (ReadingOut, FailedOut, ImageBody, BatchBody, ProblemOut):
            schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas.update(schema.pop("$defs", {}))
            schemas[model.__name__] = schema
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        description["components"]["responses"] = openapi.ALL_PROBLEMS
        app.openapi_schema = description
    return app.openapi_schema


def _warm_up_images() -> list[np.ndarray]:
    """A row on paper and a thumbnail: the first run of a network takes several times as long.

    A faulty network also fails here, and not at the first request.
    """
    row = np.full((64, 160), 255, np.uint8)
    for left in (30, 60, 72, 110):
        row[12:52, left : left + 5] = 0
    row[30:34, 60:77] = 0
    return [row, np.pad(np.full((20, 4), 255, np.uint8), ((4, 4), (12, 12)))]


async def _on_problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    return error.response()


async def _on_client_gone(_: Request, error: Exception) -> Response:
    return Response(status_code=CLIENT_GONE)


async def _on_invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = describe_errors(error.errors())
    return respond(problems.INVALID, "A parameter is invalid.", errors=errors)


async def _on_http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    problem = problems.problem_of_status(error.status_code)
    detail = openapi.DETAILS.get(problem, str(error.detail))
    return respond(problem, detail, headers=error.headers)


async def _on_internal_error(_: Request, error: Exception) -> Response:
    """Starlette raises the error again after this response, so that the middleware logs it."""
    return respond(problems.INTERNAL, openapi.DETAILS[problems.INTERNAL])
