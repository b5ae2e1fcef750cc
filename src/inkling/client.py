"""`inkling.Client`: the reader at the other end of a wire, with the same `Reading`."""

import base64
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import numpy as np
from PIL import Image

from inkling.errors import ImageError, ServiceError
from inkling.reading.preprocess.photo import Source, file_bytes, to_png
from inkling.types import Alternative, Box, Prediction, Reading

RETRIES = 8  # of a request that was turned away because the service was busy
# Busy, or a proxy in front of it that has had enough requests or cannot reach it just now.
BUSY = (429, 502, 503, 504)
LONGEST_PAUSE = 5.0  # seconds; whatever Retry-After says
NAME_LENGTH = 200  # characters; the service takes no longer names
BATCH_PICTURES = 64  # in one request; the service takes no more
BATCH_BYTES = 6_000_000  # of pictures in one request: base64 makes 8 MB of them, 10 are taken


class Client:
    """Reads pictures with a service that `inkling serve` started somewhere.

    Use it in a `with` statement, or `close` it. One client may be used by several threads.
    """

    def __init__(
        self,
        address: str = "http://127.0.0.1:8000",
        *,
        timeout: float = 30.0,
        retries: int = RETRIES,
    ) -> None:
        """`timeout` in seconds for each request; `retries` for answers that say 429, 502, 503, 504.

        Raises `ServiceError` where the address is none.
        """
        self.retries = retries
        try:
            self._http = httpx.Client(base_url=address, timeout=timeout)
        except httpx.InvalidURL as error:
            raise ServiceError(f"{address!a} is no address: {error}") from error

    def read(self, source: Source, *, expect_one: bool = False) -> Reading:
        """The reading of a path, bytes, an array (H, W), (H, W, 3) or (H, W, 4), or a PIL picture.

        Raises `ImageError` where the picture cannot be read, `ServiceError` for the rest.
        """
        return self._read_one(_name(source, 0), _content(source), expect_one)

    def _read_one(self, name: str, content: bytes, expect_one: bool) -> Reading:
        query = {"name": _short(name), "one": _flag(expect_one)}
        headers = {"Content-Type": "application/octet-stream"}
        sent = self._ask("POST", "/v1/read", params=query, content=content, headers=headers)
        with self._understanding():
            return _reading({**sent, "image": name})

    def read_many(
        self, sources: Sequence[Source], *, expect_one: bool = False
    ) -> list[Reading | ImageError]:
        """One entry for each source, in order: its reading, or why it could not be read."""
        answers: list[Reading | ImageError] = []
        for batch in _batches(_prepared(sources)):
            answers += self._read_batch(batch, expect_one)
        return answers

    def model(self) -> dict[str, Any]:
        """The card of the model that the service uses."""
        with self._understanding():
            return dict(self._ask("GET", "/v1/model"))

    def close(self) -> None:
        """Ends the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _read_batch(
        self, batch: "list[tuple[str, bytes | ImageError]]", expect_one: bool
    ) -> list[Reading | ImageError]:
        (name, content), *others = batch
        if not others and isinstance(content, bytes) and len(content) > BATCH_BYTES:
            try:  # base64 would carry it over the limit of a body
                return [self._read_one(name, content, expect_one)]
            except ImageError as error:
                return [error]
        images = [
            {"image": base64.b64encode(content).decode(), "name": _short(name)}
            for name, content in batch
            if isinstance(content, bytes)
        ]
        query = {"one": _flag(expect_one)}
        body = {"images": images}
        sent = self._ask("POST", "/v1/read/batch", params=query, json=body) if images else []
        with self._understanding():
            names = [name for name, content in batch if isinstance(content, bytes)]
            pairs = zip(names, sent, strict=True)
            answers = iter([_entry({**entry, "image": name}) for name, entry in pairs])
        return [next(answers) if isinstance(content, bytes) else content for name, content in batch]

    def _ask(self, method: str, path: str, **more: Any) -> Any:
        """The JSON of an answer; asks again while the service is busy."""
        for attempt in range(self.retries + 1):
            response = self._send(method, path, **more)
            if response.status_code not in BUSY or attempt == self.retries:
                return _json(response)
            time.sleep(_pause(response, attempt))
        raise ServiceError("retries must be 0 or more")

    def _send(self, method: str, path: str, **more: Any) -> httpx.Response:
        try:
            return self._http.request(method, path, **more)
        except httpx.TimeoutException as error:
            raise ServiceError(f"{self._http.base_url} does not answer in time") from error
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise ServiceError(f"{self._http.base_url} cannot be reached: {error}") from error

    @contextmanager
    def _understanding(self) -> Iterator[None]:
        """Turns whatever an answer in another form leads to into one plain sentence."""
        try:
            yield
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ServiceError(
                f"{self._http.base_url} is no inkling service, or one of another version:"
                " its answer has another form"
            ) from error


def _pause(response: httpx.Response, attempt: int) -> float:
    """Seconds to wait: what the service asks for, else twice as long each time."""
    asked = response.headers.get("retry-after", "")
    return min(float(asked) if asked.isdecimal() else 0.1 * 2**attempt, LONGEST_PAUSE)


def _json(response: httpx.Response) -> Any:
    try:
        body = response.json()
    except ValueError as error:
        raise _refusal(response, _status_line(response)) from error
    if response.is_success:
        return body
    detail = body.get("detail") if isinstance(body, dict) else None
    raise _refusal(response, str(detail) if detail else _status_line(response))


def _refusal(response: httpx.Response, words: str) -> ImageError | ServiceError:
    """What was wrong with the picture is one thing, all the rest is another."""
    kind = ImageError if response.status_code in (413, 415, 422) else ServiceError
    return kind(words)


def _status_line(response: httpx.Response) -> str:
    """All there is to say of an answer that is not the service's own."""
    if response.is_success:
        return f"{response.url} is no inkling service: its answer is no JSON"
    said = f"{response.url} answered {response.status_code} {response.reason_phrase}".rstrip()
    target = response.headers.get("location")
    return f"{said}: it points to {target}" if target else said


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _short(name: str) -> str:
    """A name as the service takes it; what is no text in a file's name shows as question marks."""
    return name.encode(errors="replace").decode()[-NAME_LENGTH:]


def _name(source: Source, index: int) -> str:
    return str(source) if isinstance(source, (str, Path)) else f"picture {index + 1}"


def _content(source: Source) -> bytes:
    """The bytes of a picture file; arrays and PIL pictures travel as PNG, without loss."""
    if isinstance(source, (bytes, bytearray, memoryview)):
        return bytes(source)
    if isinstance(source, (str, Path)):
        return file_bytes(Path(source))
    if isinstance(source, (np.ndarray, Image.Image)):
        return to_png(source)
    raise ImageError(f"a {type(source).__name__} cannot be sent as a picture")


def _prepared(sources: Iterable[Source]) -> "Iterator[tuple[str, bytes | ImageError]]":
    for index, source in enumerate(sources):
        name = _name(source, index)
        try:
            yield name, _content(source)
        except ImageError as error:
            yield name, error


def _batches(
    prepared: "Iterable[tuple[str, bytes | ImageError]]",
) -> "Iterator[list[tuple[str, bytes | ImageError]]]":
    """Runs of pictures that fit into one request; a very large one goes alone."""
    batch: list[tuple[str, bytes | ImageError]] = []
    size = 0
    for name, content in prepared:
        more = len(content) if isinstance(content, bytes) else 0
        if batch and (len(batch) == BATCH_PICTURES or size + more > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append((name, content))
        size += more
    if batch:
        yield batch


def _entry(entry: dict[str, Any]) -> Reading | ImageError:
    return ImageError(entry["error"]) if "error" in entry else _reading(entry)


def _reading(entry: dict[str, Any]) -> Reading:
    digits = tuple(_prediction(digit) for digit in entry["digits"])
    return Reading(entry["image"], entry["verdict"], entry["text"], digits)


def _prediction(entry: dict[str, Any]) -> Prediction:
    others = tuple(Alternative(each["digit"], each["confidence"]) for each in entry["alternatives"])
    return Prediction(
        entry["digit"],
        entry["confidence"],
        Box(*entry["box"]),
        others,
        entry["verdict"],
        tuple(entry["doubts"]),
    )
