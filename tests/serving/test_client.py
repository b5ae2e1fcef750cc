"""`inkling.Client` returns the same `Reading` as a local reader."""

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import inkling
from inkling.client import Client
from inkling.errors import ImageError, ServiceError
from inkling.reading.pipeline import Reader
from inkling.types import Alternative, Prediction, Reading
from tests.servers import mirror
from tests.serving.images import draw_number, encode


def rounded(reading: Reading | ImageError) -> Reading:
    """Probabilities to three decimals: JSON carries six, the last differs between batches."""
    assert isinstance(reading, Reading)
    return replace(reading, digits=tuple(_rounded(digit) for digit in reading.digits))


def _rounded(digit: Prediction) -> Prediction:
    others = tuple(Alternative(o.digit, round(o.confidence, 3)) for o in digit.alternatives)
    return replace(digit, confidence=round(digit.confidence, 3), alternatives=others)


@pytest.fixture
def path(tmp_path: Path, forty_two: bytes) -> Path:
    path = tmp_path / "photo.png"
    path.write_bytes(forty_two)
    return path


def test_every_kind_of_source_reads_as_the_reader_does(address: str, path: Path) -> None:
    pixels = np.asarray(draw_number("3"))
    colour = np.repeat(pixels[..., None], 3, axis=2)
    sources = [path, str(path), path.read_bytes(), pixels, colour, Image.fromarray(pixels)]
    expected = Reader.load().read(sources)
    with inkling.Client(address) as client:
        many = client.read_many(sources)
        for index, source in enumerate(sources):
            own = rounded(expected[index])
            assert rounded(many[index]) == own
            one = client.read(source)
            assert rounded(replace(one, image=own.image)) == own
    assert client.read_many([]) == []


def test_images_that_cannot_be_read_are_image_errors(address: str, path: Path) -> None:
    with Client(address) as client:
        with pytest.raises(ImageError, match="not an image"):
            client.read(b"nothing")
        with pytest.raises(ImageError, match=r"absent\.png"):
            client.read("absent.png")
        answers = client.read_many([b"nothing", path, "absent.png", np.zeros((2, 3, 4, 5))])
    assert [type(answer) for answer in answers] == [ImageError, Reading, ImageError, ImageError]


def test_more_than_one_batch_keeps_the_order(address: str) -> None:
    sources = [encode(draw_number(text, 120, 90, pen=4)) for text in ("7", "42")] * 70
    with Client(address) as client:
        answers = client.read_many(sources)
        assert client.model()["file"] == "reader.onnx"
    assert [rounded(answer).text for answer in answers] == ["7", "42"] * 70


def test_a_photo_that_an_application_opened_is_sent_upright(address: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    lying = draw_number("42").convert("RGB").rotate(90, expand=True)
    lying.save(file, "JPEG", quality=95, exif=exif)
    photo = Image.open(file)
    with Client(address) as client:
        assert client.read(photo).text == "42"
        assert client.read(np.asarray(draw_number("3"), np.float32)[..., None] / 255).text == "3"
        assert client.read(bytearray(encode(draw_number("7")))).text == "7"


def test_an_image_too_large_for_base64_does_not_affect_others(address: str) -> None:
    seven = encode(draw_number("7"))
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (1600, 1700, 3), np.uint8)  # 8 MB, which PNG hardly compresses
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "PNG")
    with Client(address) as client:
        answers = client.read_many([seven, file.getvalue(), seven, bytes(11_000_000)])
    first, large, last, over = answers
    assert [rounded(one).text for one in (first, last)] == ["7", "7"]
    assert isinstance(large, Reading)
    assert isinstance(over, ImageError)


def test_addresses_without_a_service() -> None:
    with Client("http://127.0.0.1:9") as client, pytest.raises(ServiceError, match="reached"):
        client.read(b"x")
    with (
        mirror({}, "html") as server,
        Client(server.address) as client,
        pytest.raises(ServiceError, match="not an inkling service"),
    ):
        client.model()
    with (
        mirror({}, 503) as server,
        Client(server.address, retries=2) as client,
        pytest.raises(ServiceError),
    ):
        client.model()
    assert len(server.asked) == 3


@dataclass(frozen=True)
class Said:
    """One response of another server, or of a proxy."""

    status: int = 200
    body: bytes = b"<html>a proxy</html>"
    headers: tuple[tuple[str, str], ...] = ()


@contextmanager
def saying(*answers: Said) -> Iterator[str]:
    """A server that gives these responses one after the other to any request."""
    left = list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            said = left.pop(0)
            self.send_response(said.status)
            for name, value in (*said.headers, ("Content-Length", str(len(said.body)))):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Keeps the test output clean."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()
    assert not left


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_temporary_errors_are_retried(status: int) -> None:
    reading = b'{"image": "x", "verdict": "blank", "text": "", "digits": []}'
    soon = Said(status, headers=(("Retry-After", "0"),))
    with saying(soon, soon, Said(body=reading)) as address, Client(address) as client:
        assert client.read(b"x").verdict == "blank"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (Said(301, headers=(("Location", "https://b.example/"),)), "301 .*https://b.example/"),
        (Said(404), "404 Not Found"),
        (Said(500), "500 Internal Server Error"),
        (Said(500, b'{"detail": "broken"}'), "broken"),
        (Said(200), "not an inkling service"),
        (Said(200, b"[]"), "unexpected format"),
        (Said(200, b"null"), "unexpected format"),
        (Said(200, b'{"verdict": "blank"}'), "unexpected format"),
        (Said(200, b'{"verdict": "a", "text": "", "digits": [{"digit": 4}]}'), "unexpected format"),
        (Said(200, b'{"verdict": "a", "text": "", "digits": [7]}'), "unexpected format"),
    ],
)
def test_unexpected_responses_are_one_sentence(said: Said, words: str) -> None:
    with (
        saying(said) as address,
        Client(address) as client,
        pytest.raises(ServiceError, match=words),
    ):
        client.read(b"x")


@pytest.mark.parametrize("body", [b"[]", b"{}", b"7", b"[1, 2]", b"[{}, {}]", b"[null, {}, {}]"])
def test_unexpected_batch_responses_are_one_sentence(body: bytes) -> None:
    with (
        saying(Said(200, body)) as address,
        Client(address) as client,
        pytest.raises(ServiceError, match="unexpected format"),
    ):
        client.read_many([b"x", b"y"])


def test_a_proxy_that_takes_no_such_body_is_about_the_image() -> None:
    with (
        saying(Said(413)) as address,
        Client(address) as client,
        pytest.raises(ImageError, match="413"),
    ):
        client.read(b"x")


@pytest.mark.parametrize(
    "address", ["http://a\0b", "http://\udcff", f"http://{'a' * 70}.com", "x:1"]
)
def test_invalid_addresses_are_one_sentence(address: str) -> None:
    with pytest.raises(ServiceError), Client(address) as client:
        client.model()


def test_the_name_is_exported_lazily() -> None:
    assert inkling.Client is Client
