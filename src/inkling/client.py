"""`inkling.Client`: reads images with a remote service and returns the same `Reading` objects."""

import base64
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

import httpx

from inkling.errors import ImageError, ServiceError
from inkling.reading.preprocess.photo import Source
from inkling.types import Reading
from inkling.uploads import (
    BATCH_BYTES,
    Upload,
    batch_uploads,
    content_of,
    name_of,
    prepare_uploads,
    short_name,
)

RETRIES = 8  # default number of retries while the service is busy
# The service is busy, or a proxy in front of it limits requests or cannot reach it.
RETRIED = (429, 502, 503, 504)
MAX_PAUSE = 5.0  # seconds; the limit for Retry-After too


class Client:
    """Reads images with a service that `inkling serve` runs.

    Use it in a `with` statement, or call `close`. Several threads may share one client.
    """

    def __init__(
        self,
        address: str = "http://127.0.0.1:8000",
        *,
        timeout: float = 30.0,
        retries: int = RETRIES,
    ) -> None:
        """Creates a client.

        Parameters
        ----------
        address
            The base URL of the service.
        timeout
            The time limit of each request, in seconds.
        retries
            The number of retries after status 429, 502, 503 or 504.

        Raises
        ------
        ServiceError
            The address is invalid.
        """
        self.retries = retries
        try:
            self._http = httpx.Client(base_url=address, timeout=timeout)
        except httpx.InvalidURL as error:
            raise ServiceError(f"{address!a} is not a valid address: {error}") from error

    def read(self, source: Source, *, expect_one: bool = False) -> Reading:
        """Reads one image.

        Parameters
        ----------
        source
            A path, the bytes of a file, an open binary file, a PIL image, or an array or tensor of
            shape (H, W), (H, W, C) or (C, H, W) with C of 1, 3 or 4.
        expect_one
            The image holds at most one digit.

        Returns
        -------
        Reading
            The same as that of `inkling.read`.

        Raises
        ------
        ImageError
            The image cannot be read.
        ServiceError
            The service cannot be reached, is still busy after all retries, or rejects the request.
        """
        return self._read_one(name_of(source, 0), content_of(source), expect_one)

    def _read_one(self, name: str, content: bytes, expect_one: bool) -> Reading:
        query = {"name": short_name(name), "one": _flag(expect_one)}
        headers = {"Content-Type": "application/octet-stream"}
        entry = self._request("POST", "/v1/read", params=query, content=content, headers=headers)
        with self._valid_response():
            return Reading.from_json({**entry, "image": name})

    def read_many(
        self, sources: Sequence[Source], *, expect_one: bool = False
    ) -> list[Reading | ImageError]:
        """Reads several images in batches.

        Parameters
        ----------
        sources
            The images, as for `read`.
        expect_one
            Each image holds at most one digit.

        Returns
        -------
        list of Reading or ImageError
            One entry per image, in order. An image that cannot be read gives an `ImageError`.

        Raises
        ------
        ServiceError
            The service cannot be reached, is still busy after all retries, or rejects a request.
        """
        answers: list[Reading | ImageError] = []
        for batch in batch_uploads(prepare_uploads(sources)):
            answers += self._read_batch(batch, expect_one)
        return answers

    def model(self) -> dict[str, Any]:
        """The card of the service's model: classes, thresholds, versions and hashes.

        Raises
        ------
        ServiceError
            The service cannot be reached, or is not an inkling service.
        """
        with self._valid_response():
            return dict(self._request("GET", "/v1/model"))

    def close(self) -> None:
        """Closes the connections."""
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

    def _read_batch(self, batch: list[Upload], expect_one: bool) -> list[Reading | ImageError]:
        (name, content), *others = batch
        if not others and isinstance(content, bytes) and len(content) > BATCH_BYTES:
            try:  # as base64 it would exceed the body limit
                return [self._read_one(name, content, expect_one)]
            except ImageError as error:
                return [error]
        images = [
            {"image": base64.b64encode(content).decode(), "name": short_name(name)}
            for name, content in batch
            if isinstance(content, bytes)
        ]
        query = {"one": _flag(expect_one)}
        body = {"images": images}
        sent = self._request("POST", "/v1/read/batch", params=query, json=body) if images else []
        with self._valid_response():
            names = [name for name, content in batch if isinstance(content, bytes)]
            pairs = zip(names, sent, strict=True)
            answers = iter([_entry({**entry, "image": name}) for name, entry in pairs])
        return [next(answers) if isinstance(content, bytes) else content for name, content in batch]

    def _request(self, method: str, path: str, **more: Any) -> Any:
        """The JSON of a response. Retries while the service is busy."""
        for attempt in range(self.retries + 1):
            response = self._send(method, path, **more)
            if response.status_code not in RETRIED or attempt == self.retries:
                return _json(response)
            time.sleep(_pause(response, attempt))
        raise ServiceError("retries must be 0 or more")

    def _send(self, method: str, path: str, **more: Any) -> httpx.Response:
        try:
            return self._http.request(method, path, **more)
        except httpx.TimeoutException as error:
            raise ServiceError(f"{self._http.base_url} did not answer in time.") from error
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise ServiceError(f"{self._http.base_url} could not be reached: {error}") from error

    @contextmanager
    def _valid_response(self) -> Iterator[None]:
        """Converts errors while interpreting a response to `ServiceError`."""
        try:
            yield
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ServiceError(
                f"{self._http.base_url} is not an inkling service, or has another version:"
                " its response has an unexpected format."
            ) from error


def _pause(response: httpx.Response, attempt: int) -> float:
    """Seconds to wait: the service's `Retry-After`, or twice the previous pause.

    A random factor separates the retries of clients that were rejected at the same time.
    """
    asked = response.headers.get("retry-after", "")
    seconds = float(asked) if asked.isdecimal() else 0.1 * 2**attempt
    return min(seconds, MAX_PAUSE) * random.uniform(1.0, 1.25)


def _json(response: httpx.Response) -> Any:
    try:
        body = response.json()
    except ValueError as error:
        raise _error(response, _status_line(response)) from error
    if response.is_success:
        return body
    detail = body.get("detail") if isinstance(body, dict) else None
    raise _error(response, str(detail) if detail else _status_line(response))


def _error(response: httpx.Response, message: str) -> ImageError | ServiceError:
    """`ImageError` if the image was the cause, otherwise `ServiceError`."""
    kind = ImageError if response.status_code in (413, 415, 422) else ServiceError
    return kind(message)


def _status_line(response: httpx.Response) -> str:
    """The message for a response that is not in the service's format."""
    if response.is_success:
        return f"{response.url} is not an inkling service: its response is not JSON."
    message = f"{response.url} answered {response.status_code} {response.reason_phrase}".rstrip()
    target = response.headers.get("location")
    return f"{message}: it redirects to {target}" if target else message


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _entry(entry: dict[str, Any]) -> Reading | ImageError:
    return ImageError(entry["error"]) if "error" in entry else Reading.from_json(entry)
