"""The routes of the API: what each one reads from the request, does and returns."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from inkling.errors import DataError
from inkling.reading.pipeline import Reader
from inkling.serving.admission import SLOT, Slot
from inkling.serving.batching import SMALL_BYTES, Batcher
from inkling.serving.corrections import Correction, CorrectionStore, FullError
from inkling.serving.image_files import (
    JSON,
    Upload,
    media_type,
    read_batch_upload,
    read_upload,
)
from inkling.serving.metrics import MEDIA_TYPE, Metrics
from inkling.serving.middleware import CORRECTIONS
from inkling.serving.openapi import DETAILS
from inkling.serving.parsing import parse_json, parse_query
from inkling.serving.problems import (
    CORRECTIONS_FULL,
    CORRECTIONS_OFF,
    INVALID,
    NOT_AN_IMAGE,
    ProblemError,
)
from inkling.serving.request_body import BodyReader
from inkling.serving.request_schemas import BatchQuery, CorrectionBody, NoQuery, ReadQuery
from inkling.serving.responses import (
    ImageFile,
    ReadOptions,
    ReadResult,
    decode_base64,
    read_many,
    read_one,
)


@dataclass(frozen=True)
class Service:
    """What the routes work with; one for each worker."""

    reader: Reader
    pool: ThreadPoolExecutor
    batcher: Batcher
    bodies: BodyReader
    metrics: Metrics
    corrections: CorrectionStore | None
    correction_bodies: BodyReader
    card: dict[str, Any]
    description: dict[str, Any]
    ready: Callable[[], bool]


def api_routes(service: Service) -> list[Route]:
    """Every route of the OpenAPI description, and the description itself."""
    return [
        Route(path, partial(handler, service), methods=[method])
        for method, path, handler in (
            ("POST", "/v1/read", _read),
            ("POST", "/v1/read/batch", _read_batch),
            ("POST", CORRECTIONS, _correct),
            ("GET", CORRECTIONS, _corrections),
            ("GET", "/v1/model", _model),
            ("GET", "/healthz", _healthz),
            ("GET", "/readyz", _readyz),
            ("GET", "/metrics", _metrics),
            ("GET", "/openapi.json", _openapi),
        )
    ]


async def _read(service: Service, request: Request) -> Response:
    query = parse_query(ReadQuery, request)
    options = ReadOptions(query.one, query.seen, query.explain, query.table_options)
    slot: Slot = request.scope[SLOT]
    async with service.bodies.body(request, slot) as body:
        upload = await read_upload(request, body, query.name)
        if upload.is_batch:
            return await _respond_to_batch(service, upload, options, slot)
        return _respond(service, await _read_one(service, upload.images[0], options))


async def _read_batch(service: Service, request: Request) -> Response:
    query = parse_query(BatchQuery, request)
    slot: Slot = request.scope[SLOT]
    async with service.bodies.body(request, slot) as body:
        upload = await read_batch_upload(request, body)
        return await _respond_to_batch(service, upload, ReadOptions(query.one), slot)


async def _correct(service: Service, request: Request) -> Response:
    parse_query(NoQuery, request)
    store = service.corrections
    if store is None:
        raise ProblemError(CORRECTIONS_OFF, DETAILS[CORRECTIONS_OFF])
    # A page of another origin can send a form or plain text unasked, but no JSON.
    if media_type(request) != JSON:
        raise ProblemError(NOT_AN_IMAGE, f"Send a correction as {JSON}.")
    async with service.correction_bodies.body(request, request.scope[SLOT]) as body:
        sent = await parse_json(CorrectionBody, body)
        crop = decode_base64(sent.image, "image")
        correction = Correction(crop, sent.predicted, sent.correct)
        try:
            file = await run_in_threadpool(store.save, correction)
        except DataError as error:
            raise ProblemError(INVALID, str(error)) from None
        except FullError as error:
            raise ProblemError(CORRECTIONS_FULL, str(error)) from None
    return JSONResponse({"file": file}, 201)


async def _corrections(service: Service, request: Request) -> Response:
    parse_query(NoQuery, request)
    store = service.corrections
    if store is None:
        return JSONResponse({"enabled": False, "stored": 0, "limit": 0})
    stored = await run_in_threadpool(store.count)
    return JSONResponse({"enabled": True, "stored": stored, "limit": store.limit})


async def _model(service: Service, request: Request) -> Response:
    parse_query(NoQuery, request)
    return JSONResponse(service.card)


async def _healthz(_: Service, request: Request) -> Response:
    parse_query(NoQuery, request)
    return JSONResponse({"status": "ok"})


async def _readyz(service: Service, request: Request) -> Response:
    parse_query(NoQuery, request)
    if service.ready():
        return JSONResponse({"status": "ready"})
    return JSONResponse({"status": "stopping"}, 503)


async def _metrics(service: Service, request: Request) -> Response:
    parse_query(NoQuery, request)
    return Response(service.metrics.text(), media_type=MEDIA_TYPE)


async def _openapi(service: Service, _: Request) -> Response:
    return JSONResponse(service.description)


async def _read_one(service: Service, image: ImageFile, options: ReadOptions) -> ReadResult:
    """Reads one image. Small images with default options are read in batches."""
    if not image.content:
        raise ProblemError(NOT_AN_IMAGE, "The file is empty. Send the bytes of an image file.")
    if options == ReadOptions() and len(image.content) <= SMALL_BYTES:
        return await service.batcher.read(image)
    return await _on_pool(service, lambda: read_one(service.reader, image, options))


async def _respond_to_batch(
    service: Service, upload: Upload, options: ReadOptions, slot: Slot
) -> Response:
    await slot.resize(len(upload.images))
    images: Sequence[ImageFile] = upload.images
    work = lambda: read_many(service.reader, images, options)  # noqa: E731
    return _respond(service, await _on_pool(service, work))


async def _on_pool(service: Service, work: Callable[[], ReadResult]) -> ReadResult:
    return await asyncio.get_running_loop().run_in_executor(service.pool, work)


def _respond(service: Service, result: ReadResult) -> Response:
    for verdict in result.verdicts:
        service.metrics.verdicts.labels(verdict).inc()
    return Response(result.content, media_type=JSON)
