"""The application of one worker: reader, admission, limits, routes and pages."""

import sys
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace

import numpy as np
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from inkling.reading.pipeline import Reader
from inkling.serving import openapi, problems
from inkling.serving.admission import Admission
from inkling.serving.batching import Batcher
from inkling.serving.corrections import CorrectionStore
from inkling.serving.metrics import Metrics
from inkling.serving.middleware import ServiceMiddleware
from inkling.serving.model_card import describe_model
from inkling.serving.openapi_document import openapi_document
from inkling.serving.problems import ClientGoneError, ProblemError, respond
from inkling.serving.request_body import BodyReader
from inkling.serving.routes import Service, api_routes
from inkling.serving.settings import Settings
from inkling.serving.static_files import page_routes

# Seconds that a reading thread may hold the interpreter while the event loop waits for it.
# Python's default of 5 ms is long beside a rejection, which takes 0.2 ms.
SWITCH_SECONDS = 0.0005
CORRECTION_BYTES = 20_000  # of the body of one correction
CLIENT_GONE = 499  # the status that proxies and metrics use; the client does not receive it


def build_app(settings: Settings) -> ASGIApp:
    """Loads the model and builds the application. Raises `ModelError`."""
    sys.setswitchinterval(SWITCH_SECONDS)
    reader = Reader.load(settings.model, workers=settings.threads)
    pool = ThreadPoolExecutor(settings.threads, thread_name_prefix="reading")
    admission = Admission(settings.capacity)
    metrics = Metrics(lambda: admission.in_use)
    state = {"ready": False}

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await run_in_threadpool(lambda: reader.trace(_warm_up_images()))
        state["ready"] = True
        yield
        state["ready"] = False
        pool.shutdown(cancel_futures=True)

    corrections = settings.corrections and CorrectionStore(
        settings.corrections, reader.network.card
    )
    service = Service(
        reader=reader,
        pool=pool,
        batcher=Batcher(reader, pool, settings.threads),
        bodies=BodyReader(settings),
        metrics=metrics,
        corrections=corrections,
        correction_bodies=BodyReader(replace(settings, body_bytes=CORRECTION_BYTES)),
        card=describe_model(reader, settings.model),
        description=openapi_document(),
        ready=lambda: state["ready"],
    )
    app = Starlette(
        routes=[*api_routes(service), *page_routes()],
        lifespan=lifespan,
        exception_handlers={
            ProblemError: _on_problem,
            ClientGoneError: _on_client_gone,
            HTTPException: _on_http_error,
            Exception: _on_internal_error,
        },
    )
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


async def _on_http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    problem = problems.problem_of_status(error.status_code)
    detail = openapi.DETAILS.get(problem, str(error.detail))
    return respond(problem, detail, headers=error.headers)


async def _on_internal_error(_: Request, error: Exception) -> Response:
    """Starlette raises the error again after this response, so that the middleware logs it."""
    return respond(problems.INTERNAL, openapi.DETAILS[problems.INTERNAL])
