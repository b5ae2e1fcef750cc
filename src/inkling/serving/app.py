"""The application of one worker: reader, queue, limits and pages put together."""

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
from inkling.serving import describe, problems
from inkling.serving.desk import Desk
from inkling.serving.envelope import Envelope
from inkling.serving.intake import Intake
from inkling.serving.metrics import Metrics
from inkling.serving.model_card import describe_model
from inkling.serving.operations import Service, api_router
from inkling.serving.problems import ClientGoneError, ProblemError, faults_of, respond
from inkling.serving.schemas import BatchBody, FailedOut, ImageBody, ProblemOut, ReadingOut
from inkling.serving.settings import Settings
from inkling.serving.site import load_site, site_router
from inkling.serving.together import Together

# Seconds a reading thread may hold the interpreter while the event loop waits for it; Python's
# own 5 ms are a long time for a refusal that takes 0.2 ms.
SWITCH_SECONDS = 0.0005
CLIENT_GONE = 499  # nobody reads it; the number by which proxies and metrics know this


def build_app(settings: Settings) -> ASGIApp:
    """Loads the model and puts the application together. Raises `ModelError`."""
    sys.setswitchinterval(SWITCH_SECONDS)
    reader = Reader.load(settings.model, workers=settings.threads)
    desk = Desk(settings.threads, settings.places)
    metrics = Metrics(lambda: desk.taken)
    state = {"ready": False}

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await desk.run(lambda: reader.trace(_warm_up_pictures()))
        state["ready"] = True
        yield
        state["ready"] = False
        desk.close()

    app = _bare_app(lifespan)
    card = describe_model(reader, settings.model)
    ready = lambda: state["ready"]  # noqa: E731
    service = Service(reader, desk, Together(reader), Intake(settings), metrics, card, ready)
    app.include_router(api_router(service))
    app.include_router(site_router(load_site()))
    return _open_to(settings.allow_origins, Envelope(app, desk, metrics))


def _open_to(origins: Sequence[str], app: ASGIApp) -> ASGIApp:
    """Lets pages of other sites read every answer, those of the envelope's own making too."""
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
    """FastAPI without its documentation pages, which load their scripts from elsewhere."""
    app = FastAPI(
        title=describe.TITLE,
        summary=describe.SUMMARY,
        description=describe.DESCRIPTION,
        version="1",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        exception_handlers={
            ProblemError: _on_problem,
            ClientGoneError: _on_client_gone,
            RequestValidationError: _on_invalid,
            HTTPException: _on_http_error,
            Exception: _on_failure,
        },
    )
    app.openapi = lambda: _openapi(app)
    return app


def _openapi(app: FastAPI) -> dict[str, Any]:
    """The description, with the shapes that only `describe` refers to; made once."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            description=app.description,
            routes=app.routes,
        )
        shapes = schema.setdefault("components", {}).setdefault("schemas", {})
        for model in (ReadingOut, FailedOut, ImageBody, BatchBody, ProblemOut):
            own = model.model_json_schema(ref_template="#/components/schemas/{model}")
            shapes.update(own.pop("$defs", {}))
            shapes[model.__name__] = own
        for unused in ("HTTPValidationError", "ValidationError"):
            shapes.pop(unused, None)
        schema["components"]["responses"] = describe.EVERY_PROBLEM
        app.openapi_schema = schema
    return app.openapi_schema


def _warm_up_pictures() -> list[np.ndarray]:
    """A row on paper and a thumbnail: the first run of each network takes several times as long.

    What is wrong with a network shows here too, and not to the first who asks.
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
    faults = faults_of(error.errors())
    return respond(problems.INVALID, "a parameter does not fit", errors=faults)


async def _on_http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    problem = problems.other(error.status_code)
    detail = describe.DETAILS.get(problem, str(error.detail))
    return respond(problem, detail, headers=error.headers)


async def _on_failure(_: Request, error: Exception) -> Response:
    """Starlette raises the error again after this answer, so that the envelope logs it."""
    return respond(problems.BROKEN, describe.DETAILS[problems.BROKEN])
