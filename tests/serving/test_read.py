"""`/v1/read` returns the reader's answer for the same bytes in every request format."""

import base64
import io
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from inkling.reading.pipeline import Reader
from inkling.types import Digits
from tests.serving.images import composed, drawing, photo


def in_json(content: bytes, **more: object) -> dict[str, object]:
    return {"image": base64.b64encode(content).decode(), **more}


@pytest.mark.parametrize("count", [70, pytest.param(200, marks=pytest.mark.slow)])
def test_responses_equal_the_command(
    http: httpx.Client, scans: Digits, tmp_path: Path, count: int
) -> None:
    images = [*composed(scans, count - 3), drawing("42"), drawing("3"), photo("7")]
    paths = [tmp_path / f"{number}.img" for number in range(len(images))]
    for path, content in zip(paths, images, strict=True):
        path.write_bytes(content)
    command = [sys.executable, "-m", "inkling", "read", "--json", *map(str, paths)]
    printed = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert len(printed) == count

    def ask(path: Path) -> object:
        answer = http.post("/v1/read", params={"name": str(path)}, content=path.read_bytes())
        return answer.json()

    with ThreadPoolExecutor(8) as pool:  # so that small images are batched
        for answer, entry in zip(pool.map(ask, paths), printed, strict=True):
            assert_same(answer, entry)
    for start in (0, count - 50):
        chunk = paths[start : start + 50]
        body = {"images": [in_json(path.read_bytes(), name=str(path)) for path in chunk]}
        answers = http.post("/v1/read/batch", json=body).json()
        for answer, entry in zip(answers, printed[start : start + 50], strict=True):
            assert_same(answer, entry)


def assert_same(answer: Any, entry: Any) -> None:
    """Equal; a confidence up to the rounding of its sixth decimal.

    The network sums in another order for another batch size: 1e-7 of a probability.
    """
    if isinstance(entry, dict):
        assert answer.keys() == entry.keys()
        for key in entry:
            assert_same(answer[key], entry[key])
    elif isinstance(entry, list):
        for one, other in zip(answer, entry, strict=True):
            assert_same(one, other)
    elif isinstance(entry, float):
        assert abs(answer - entry) < 2.5e-6
    else:
        assert answer == entry


def test_json_data_url_and_raw_bytes_are_equal(http: httpx.Client, forty_two: bytes) -> None:
    raw = http.post("/v1/read", content=forty_two).json()
    assert raw["text"] == "42"
    assert raw["verdict"] == "digits"
    assert http.post("/v1/read", json=in_json(forty_two)).json() == raw
    url = "data:image/png;base64," + base64.b64encode(forty_two).decode()
    assert http.post("/v1/read", json={"image": url}).json() == raw
    named = http.post("/v1/read", json=in_json(forty_two, name="mine.png")).json()
    assert named == {**raw, "image": "mine.png"}


def test_seen_adds_the_network_input(http: httpx.Client, forty_two: bytes) -> None:
    plain = http.post("/v1/read", content=forty_two).json()
    body = http.post("/v1/read?seen=true", content=forty_two).json()
    assert {key: body[key] for key in plain} == plain
    assert body["size"] == [480, 360]
    assert "steps" not in body
    trace = Reader.load().trace([forty_two])[0]
    assert not isinstance(trace, Exception)
    for seen, crop, digit in zip(body["seen"], trace.answer.crops, body["digits"], strict=True):
        assert np.array_equal(decode(seen["image"]), crop.pixels)
        assert abs(sum(seen["probabilities"]) + seen["none"] - 1) < 1e-4
        assert max(seen["probabilities"]) == digit["confidence"]


def decode(url: str) -> np.ndarray:
    head, _, data = url.partition(",")
    assert head == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


def test_explain_adds_the_steps(http: httpx.Client) -> None:
    body = http.post("/v1/read?explain=true", content=photo("7")).json()
    assert body["text"] == "7"
    assert len(body["steps"]) == 3
    for step in body["steps"]:
        pixels = decode(step["image"])
        assert max(pixels.shape) == 640  # scaled down from 1600
        assert pixels.std() > 5


def test_one_digit_when_asked_for_one(http: httpx.Client, forty_two: bytes) -> None:
    assert len(http.post("/v1/read?one=true", content=forty_two).json()["digits"]) == 1


def test_blank_paper_is_blank(http: httpx.Client) -> None:
    content = io.BytesIO()
    Image.new("L", (300, 200), 250).save(content, "PNG")
    body = http.post("/v1/read?seen=true", content=content.getvalue()).json()
    assert (body["verdict"], body["text"], body["digits"], body["seen"]) == ("blank", "", [], [])


def test_a_bad_image_in_a_batch_does_not_affect_the_others(
    http: httpx.Client, seven: bytes
) -> None:
    body = {"images": [in_json(seven), in_json(b"no image"), in_json(seven, name="c")]}
    first, second, third = http.post("/v1/read/batch", json=body).json()
    assert (first["text"], third["text"], third["image"]) == ("7", "7", "c")
    assert set(second) == {"image", "error"}
    assert second["image"] == "image 2"


def test_model_card_names_the_file(http: httpx.Client) -> None:
    card = http.get("/v1/model").json()
    assert card["file"] == "reader.onnx"
    assert card["classes"][:10] == list("0123456789")
    assert len(card["sha256"]) == 64


def test_a_form_with_one_file_is_read_like_the_file(http: httpx.Client, forty_two: bytes) -> None:
    raw = http.post("/v1/read", content=forty_two).json()
    form = http.post("/v1/read", files={"file": ("mine.png", forty_two)}).json()
    assert form == {**raw, "image": "mine.png"}
    other = http.post("/v1/read?name=other", files={"any_field": ("mine.png", forty_two)}).json()
    assert other == {**raw, "image": "other"}
    seen = http.post("/v1/read?seen=true", files={"file": ("mine.png", forty_two)}).json()
    assert len(seen["seen"]) == 2


def test_a_form_with_several_files_is_a_batch(
    http: httpx.Client, seven: bytes, forty_two: bytes
) -> None:
    files = [("file", ("a", seven)), ("file", ("b", b"none")), ("more", ("c", forty_two))]
    for path in ("/v1/read", "/v1/read/batch"):
        first, second, third = http.post(path, files=files).json()
        assert (first["text"], first["image"]) == ("7", "a")
        assert set(second) == {"image", "error"}
        assert (third["text"], third["image"]) == ("42", "c")
    one = http.post("/v1/read/batch", files={"file": seven}).json()
    assert [entry["text"] for entry in one] == ["7"]


def test_a_large_form_needs_no_disk(http: httpx.Client) -> None:
    content = photo("7", 3000, 2400)
    assert len(content) > 1_000_000  # Starlette would write a larger part to a file
    assert http.post("/v1/read", files={"file": ("photo.jpg", content)}).json()["text"] == "7"
