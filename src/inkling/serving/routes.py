"""The routes of the API: their parameters and their work."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool

from inkling.reading.pipeline import Reader
from inkling.serving import openapi
from inkling.serving.admission import Admission
from inkling.serving.batching import SMALL_BYTES, Batcher
from inkling.serving.metrics import MEDIA_TYPE, Metrics
from inkling.serving.problems import INVALID, NOT_AN_IMAGE, ProblemError, describe_errors
from inkling.serving.request_body import BodyReader
from inkling.serving.responses import (
    UNNAMED,
    ImageFile,
    ReadOptions,
    ReadResult,
    decode_base64,
    read_many,
    read_one,
)
from inkling.serving.schemas import (
    BatchBody,
    BatchQuery,
    CardOut,
    HealthOut,
    ImageBody,
    NoQuery,
    ReadQuery,
)

Body = TypeVar("Body", bound=BaseModel)
Result = TypeVar("Result")

JSON = "application/json"
SMALL_BODY = 100_000  # bytes; JSON up to this size is parsed on the event loop, in under 1 ms


@dataclass(frozen=True)
class Service:
    """What the routes work with; one for each worker."""

    reader: Reader
    admission: Admission
    batcher: Batcher
    bodies: BodyReader
    metrics: Metrics
    card: dict[str, Any]
    ready: Callable[[], bool]


def api_router(service: Service) -> APIRouter:
    """Every route that the OpenAPI description lists."""
    router = APIRouter()

    @router.post("/v1/read", **openapi.READ)
    async def read(request: Request, query: Annotated[ReadQuery, Query()]) -> Response:
        options = ReadOptions(query.one, query.seen, query.explain)
        async with service.bodies.body(request) as body:
            image = await _image(request, body, query.name)
            return _respond(service, await _read_one(service, image, options))

    @router.post("/v1/read/batch", **openapi.BATCH)
    async def read_batch(request: Request, query: Annotated[BatchQuery, Query()]) -> Response:
        _expect_json(request)
        async with service.bodies.body(request) as body:
            batch = await _parse(BatchBody, body)
            images = await _off_loop(len(body), lambda: _images(batch))
            work = lambda: read_many(service.reader, images, ReadOptions(query.one))  # noqa: E731
            return _respond(service, await service.admission.run(work, len(images)))

    @router.get("/v1/model", response_model=CardOut, **openapi.MODEL)
    async def model(_: Annotated[NoQuery, Query()]) -> dict[str, Any]:
        return service.card

    @router.get("/healthz", response_model=HealthOut, **openapi.HEALTH)
    async def healthz(_: Annotated[NoQuery, Query()]) -> HealthOut:
        return HealthOut(status="ok")

    @router.get("/readyz", response_model=HealthOut, **openapi.READY)
    async def readyz(_: Annotated[NoQuery, Query()]) -> Any:
        if service.ready():
            return HealthOut(status="ready")
        return Response(b'{"status":"stopping"}', 503, media_type=JSON)

    @router.get("/metrics", **openapi.METRICS)
    async def metrics(_: Annotated[NoQuery, Query()]) -> Response:
        return Response(service.metrics.text(), media_type=MEDIA_TYPE)

    return router


async def _read_one(service: Service, image: ImageFile, options: ReadOptions) -> ReadResult:
    """Reads one image. Small images with default options are read in batches."""
    if not image.content:
        raise ProblemError(NOT_AN_IMAGE, "The body is empty. Send the bytes of an image file.")
    if options != ReadOptions() or len(image.content) > SMALL_BYTES:
        return await service.admission.run(lambda: read_one(service.reader, image, options))
    return await service.admission.run_for(service.batcher.submit(image), service.batcher.run_batch)


def _respond(service: Service, result: ReadResult) -> Response:
    for verdict in result.verdicts:
        service.metrics.verdicts.labels(verdict).inc()
    return Response(result.content, media_type=JSON)


async def _image(request: Request, body: bytes, name: str | None) -> ImageFile:
    """The image of a body: the body itself, or base64 in JSON."""
    if not _is_json(request):
        return ImageFile(body, name or UNNAMED)
    sent = await _parse(ImageBody, body)
    content = await _off_loop(len(body), lambda: decode_base64(sent.image, "image"))
    return ImageFile(content, sent.name or name or UNNAMED)


def _images(batch: BatchBody) -> list[ImageFile]:
    return [
        ImageFile(
            decode_base64(sent.image, f"images.{number}.image"),
            sent.name or f"picture {number + 1}",
        )
        for number, sent in enumerate(batch.images)
    ]


async def _parse(kind: type[Body], body: bytes) -> Body:
    try:
        return await _off_loop(len(body), lambda: kind.model_validate_json(body))
    except ValidationError as error:
        errors = describe_errors(
            error.errors(include_url=False, include_input=False, include_context=False)
        )
        raise ProblemError(INVALID, "The JSON body is invalid.", errors=errors) from None


async def _off_loop(size: int, work: Callable[[], Result]) -> Result:
    """Does small work at once, and large work on a thread, where it blocks no other request."""
    return work() if size <= SMALL_BODY else await run_in_threadpool(work)


def _is_json(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == JSON


def _expect_json(request: Request) -> None:
    if not _is_json(request):
        raise ProblemError(NOT_AN_IMAGE, f"Send a batch as {JSON} with base64 images.")
