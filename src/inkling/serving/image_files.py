"""The image files of a request: raw bytes, base64 in JSON, or a multipart form."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from inkling.serving.parsing import off_loop, parse_json
from inkling.serving.problems import INVALID, NOT_AN_IMAGE, ProblemError
from inkling.serving.request_schemas import MAX_BATCH, NAME_LENGTH, BatchBody, ImageBody
from inkling.serving.responses import UNNAMED, ImageFile, decode_base64

JSON, FORM = "application/json", "multipart/form-data"


@dataclass(frozen=True)
class Upload:
    """The images of one request. `is_batch`: the response is a list with one entry per image."""

    images: tuple[ImageFile, ...]
    is_batch: bool


async def read_upload(request: Request, body: bytes, name: str | None) -> Upload:
    """The body of `/v1/read`: one image, or a form with one or several. Raises `ProblemError`."""
    kind = media_type(request)
    if kind == FORM:
        files = await _form_files(request, body)
        if len(files) == 1 and name:
            files = (ImageFile(files[0].content, name),)
        return Upload(files, is_batch=len(files) > 1)
    if kind != JSON:
        return Upload((ImageFile(body, name or UNNAMED),), is_batch=False)
    sent = await parse_json(ImageBody, body)
    content = await off_loop(len(body), lambda: decode_base64(sent.image, "image"))
    return Upload((ImageFile(content, sent.name or name or UNNAMED),), is_batch=False)


async def read_batch_upload(request: Request, body: bytes) -> Upload:
    """The body of `/v1/read/batch`: JSON or a form. Raises `ProblemError`."""
    kind = media_type(request)
    if kind == FORM:
        return Upload(await _form_files(request, body), is_batch=True)
    if kind != JSON:
        raise ProblemError(
            NOT_AN_IMAGE, f"Send a batch as {JSON} with base64 images, or as {FORM} with files."
        )
    batch = await parse_json(BatchBody, body)
    return Upload(await off_loop(len(body), lambda: _json_images(batch)), is_batch=True)


def _json_images(batch: BatchBody) -> tuple[ImageFile, ...]:
    return tuple(
        ImageFile(decode_base64(sent.image, f"images.{index}.image"), sent.name or unnamed(index))
        for index, sent in enumerate(batch.images)
    )


async def _form_files(request: Request, body: bytes) -> tuple[ImageFile, ...]:
    """The files of a form in their order, named by their file names; the fields' names are free."""

    async def stream() -> AsyncGenerator[bytes, None]:
        yield body

    parser = MultiPartParser(request.headers, stream(), max_files=MAX_BATCH, max_fields=MAX_BATCH)
    parser.spool_max_size = len(body) + 1  # in memory: the container's disk is read-only
    try:
        form = await parser.parse()
    except (MultiPartException, UnicodeDecodeError) as error:
        reason = getattr(error, "message", str(error))
        raise ProblemError(INVALID, f"The form is invalid: {reason}") from None
    files: list[ImageFile] = []
    for index, (field, value) in enumerate(form.multi_items()):
        if not isinstance(value, UploadFile):
            errors = [{"where": field, "what": "not a file: send options in the query"}]
            raise ProblemError(INVALID, "The form has a field that is not a file.", errors=errors)
        name = (value.filename or "")[-NAME_LENGTH:] or unnamed(index)
        files.append(ImageFile(value.file.read(), name))
    if not files:
        raise ProblemError(INVALID, "The form has no file.")
    return tuple(files)


def unnamed(index: int) -> str:
    """The reader's name for an image without a name."""
    return f"image {index + 1}"


def media_type(request: Request) -> str:
    """The media type of the body, without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()
