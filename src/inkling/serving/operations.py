"""The operations of the API: what each takes, gives and says of itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool

from inkling.reading.pipeline import Reader
from inkling.serving import describe
from inkling.serving.answers import (
    UNNAMED,
    Answer,
    Picture,
    Wish,
    answer_many,
    answer_one,
    decode_base64,
)
from inkling.serving.desk import Desk
from inkling.serving.intake import Intake
from inkling.serving.metrics import MEDIA_TYPE, Metrics
from inkling.serving.problems import INVALID, NOT_AN_IMAGE, ProblemError, faults_of
from inkling.serving.schemas import (
    BatchBody,
    BatchQuery,
    CardOut,
    HealthOut,
    ImageBody,
    NoQuery,
    ReadQuery,
)
from inkling.serving.together import SMALL_BYTES, Together

Body = TypeVar("Body", bound=BaseModel)
Result = TypeVar("Result")

JSON = "application/json"
SMALL_BODY = 100_000  # bytes; JSON up to here is parsed on the event loop, in under 1 ms


@dataclass(frozen=True)
class Service:
    """What the operations work with; one for each worker."""

    reader: Reader
    desk: Desk
    together: Together
    intake: Intake
    metrics: Metrics
    card: dict[str, Any]
    ready: Callable[[], bool]


def api_router(service: Service) -> APIRouter:
    """Every operation that the OpenAPI description lists."""
    router = APIRouter()

    @router.post("/v1/read", **describe.READ)
    async def read_picture(request: Request, query: Annotated[ReadQuery, Query()]) -> Response:
        wish = Wish(query.one, query.seen, query.explain)
        async with service.intake.body(request) as body:
            picture = await _picture(request, body, query.name)
            return _respond(service, await _read_one(service, picture, wish))

    @router.post("/v1/read/batch", **describe.BATCH)
    async def read_batch(request: Request, query: Annotated[BatchQuery, Query()]) -> Response:
        _expect_json(request)
        async with service.intake.body(request) as body:
            batch = await _parse(BatchBody, body)
            pictures = await _off_loop(len(body), lambda: _pictures(batch))
            work = lambda: answer_many(service.reader, pictures, Wish(query.one))  # noqa: E731
            return _respond(service, await service.desk.run(work, len(pictures)))

    @router.get("/v1/model", response_model=CardOut, **describe.MODEL)
    async def model(_: Annotated[NoQuery, Query()]) -> dict[str, Any]:
        return service.card

    @router.get("/healthz", response_model=HealthOut, **describe.HEALTH)
    async def healthz(_: Annotated[NoQuery, Query()]) -> HealthOut:
        return HealthOut(status="ok")

    @router.get("/readyz", response_model=HealthOut, **describe.READY)
    async def readyz(_: Annotated[NoQuery, Query()]) -> Any:
        if service.ready():
            return HealthOut(status="ready")
        return Response(b'{"status":"stopping"}', 503, media_type=JSON)

    @router.get("/metrics", **describe.METRICS)
    async def metrics(_: Annotated[NoQuery, Query()]) -> Response:
        return Response(service.metrics.text(), media_type=MEDIA_TYPE)

    return router


async def _read_one(service: Service, picture: Picture, wish: Wish) -> Answer:
    """The answer for one picture; small ones that only want a reading are read together."""
    if not picture.content:
        raise ProblemError(NOT_AN_IMAGE, "the body is empty: send the bytes of a picture file")
    if wish != Wish() or len(picture.content) > SMALL_BYTES:
        return await service.desk.run(lambda: answer_one(service.reader, picture, wish))
    return await service.desk.run_for(service.together.put(picture), service.together.take)


def _respond(service: Service, answer: Answer) -> Response:
    for verdict in answer.verdicts:
        service.metrics.verdicts.labels(verdict).inc()
    return Response(answer.content, media_type=JSON)


async def _picture(request: Request, body: bytes, name: str | None) -> Picture:
    """The picture in a body: the body itself, or base64 in JSON."""
    if not _is_json(request):
        return Picture(body, name or UNNAMED)
    sent = await _parse(ImageBody, body)
    content = await _off_loop(len(body), lambda: decode_base64(sent.image, "image"))
    return Picture(content, sent.name or name or UNNAMED)


def _pictures(batch: BatchBody) -> list[Picture]:
    return [
        Picture(
            decode_base64(sent.image, f"images.{number}.image"),
            sent.name or f"picture {number + 1}",
        )
        for number, sent in enumerate(batch.images)
    ]


async def _parse(kind: type[Body], body: bytes) -> Body:
    try:
        return await _off_loop(len(body), lambda: kind.model_validate_json(body))
    except ValidationError as error:
        faults = faults_of(
            error.errors(include_url=False, include_input=False, include_context=False)
        )
        raise ProblemError(INVALID, "the JSON body does not fit", errors=faults) from None


async def _off_loop(size: int, work: Callable[[], Result]) -> Result:
    """Small work is done at once, large on a thread, where it keeps nobody waiting."""
    return work() if size <= SMALL_BODY else await run_in_threadpool(work)


def _is_json(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == JSON


def _expect_json(request: Request) -> None:
    if not _is_json(request):
        raise ProblemError(NOT_AN_IMAGE, f"a batch is sent as {JSON}, its pictures in base64")
