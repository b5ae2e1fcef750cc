"""Downloads a file from one address with limits on size, speed and waiting time."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inkling.errors import FetchError

if TYPE_CHECKING:
    import httpx

Progress = Callable[[int, int], None]  # received bytes, expected bytes (0 if unknown)


@dataclass(frozen=True)
class Patience:
    """The time limits for one mirror, in seconds, before the next one is tried."""

    connect_s: float = 5.0
    silence_s: float = 10.0
    grace_s: float = 15.0  # before the speed is checked
    bytes_per_s: float = 20_000.0  # MNIST's 11.6 MB would take ten minutes at this speed


def download(
    address: str, max_bytes: int, patience: Patience, progress: Progress | None = None
) -> bytes:
    """Downloads `address`, at most `max_bytes`.

    Raises `FetchError` with the reason if the server refuses, returns a web page, sends too much or
    too little, is too slow, or does not respond.
    """
    import httpx  # a tenth of a second, and data that is there needs no download

    timeout = httpx.Timeout(patience.silence_s, connect=patience.connect_s)
    try:
        with httpx.stream("GET", address, timeout=timeout, follow_redirects=True) as response:
            if response.status_code != httpx.codes.OK:
                raise FetchError(f"answered {response.status_code} {response.reason_phrase}")
            if "html" in response.headers.get("content-type", ""):
                raise FetchError("answered with a web page instead of the file")
            return _collect(response, max_bytes, patience, progress)
    except httpx.TimeoutException as error:
        raise FetchError("did not answer in time") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise FetchError(f"could not be reached ({error or type(error).__name__})") from error


def _collect(
    response: "httpx.Response", max_bytes: int, patience: Patience, progress: Progress | None
) -> bytes:
    length = response.headers.get("content-length", "")
    expected = int(length) if length.isdecimal() else 0
    if expected > max_bytes:
        raise FetchError(f"announces {expected:,} bytes; the limit is {max_bytes:,}")
    start = time.monotonic()
    body = bytearray()
    # iter_raw does not unpack gzip files, even if the server declares content-encoding.
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > max_bytes:
            raise FetchError(f"sends more than the limit of {max_bytes:,} bytes")
        elapsed = time.monotonic() - start
        if elapsed > patience.grace_s and len(body) < patience.bytes_per_s * elapsed:
            raise FetchError(f"is too slow: {len(body):,} bytes in {elapsed:.0f} s")
        if progress:
            progress(len(body), expected)
    if expected and len(body) != expected:
        raise FetchError(f"ended after {len(body):,} of {expected:,} bytes")
    return bytes(body)
