"""Rejected requests get problem details, never a stack trace."""

import base64
import io
import json
from collections.abc import Iterator

import httpx
import pytest
from PIL import Image

from inkling.serving import problems


def check_problem(response: httpx.Response, status: int, name: str) -> dict:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["type"] == f"/docs#{name}"
    assert body["status"] == status
    assert body["detail"]
    assert "Traceback" not in response.text
    return body


def chunks(size: int) -> Iterator[bytes]:
    for _ in range(size // 100_000):
        yield bytes(100_000)


@pytest.mark.parametrize("announced", [True, False])
def test_over_10_mb_is_413(http: httpx.Client, announced: bool, seven: bytes) -> None:
    content = bytes(10_000_001) if announced else chunks(12_000_000)
    check_problem(http.post("/v1/read", content=content), 413, "too-large")
    assert http.post("/v1/read", content=seven).json()["text"] == "7"  # the same connection


def test_exactly_10_mb_is_accepted(http: httpx.Client) -> None:
    check_problem(http.post("/v1/read", content=bytes(10_000_000)), 415, "not-an-image")


@pytest.mark.parametrize("body", [b"", b"hello", b"<svg xmlns='...'/>", b"\x89PNG\r\n\x1a\n"])
def test_not_an_image_is_415(http: httpx.Client, body: bytes) -> None:
    check_problem(http.post("/v1/read", content=body), 415, "not-an-image")


def test_over_25_megapixels_is_422(http: httpx.Client) -> None:
    content = io.BytesIO()
    Image.new("1", (5001, 5000)).save(content, "PNG")
    problem = check_problem(http.post("/v1/read", content=content.getvalue()), 422, "unreadable")
    assert "5001 x 5000" in problem["detail"]


def test_damaged_image_is_422(http: httpx.Client, seven: bytes) -> None:
    check_problem(http.post("/v1/read", content=seven[: len(seven) // 2]), 422, "unreadable")


@pytest.mark.parametrize(
    ("path", "body", "where"),
    [
        ("/v1/read", {"image": "aGk=", "colour": 1}, "colour"),
        ("/v1/read", {}, "image"),
        ("/v1/read", {"image": 5}, "image"),
        ("/v1/read/batch", {"images": []}, "images"),
        ("/v1/read/batch", {"images": [{"image": "aGk="}] * 65}, "images"),
        ("/v1/read/batch", {"images": [{"image": "aGk=", "x": 1}]}, "images.0.x"),
    ],
)
def test_unknown_and_wrong_fields_are_422(
    http: httpx.Client, path: str, body: dict, where: str
) -> None:
    problem = check_problem(http.post(path, json=body), 422, "invalid-request")
    assert where in [error["where"] for error in problem["errors"]]


@pytest.mark.parametrize(
    "path", ["/v1/read?sean=1", "/v1/model?x=1", "/healthz?x", "/v1/read?seen=9"]
)
def test_unknown_and_wrong_parameters_are_422(http: httpx.Client, path: str, seven: bytes) -> None:
    ask = http.post(path, content=seven) if "read" in path else http.get(path)
    if ask.status_code == 405:
        ask = http.get(path)
    check_problem(ask, 422, "invalid-request")


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"\xff\xfe", b'{"image": "?!"}', b"null"])
def test_broken_json_is_422(http: httpx.Client, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    check_problem(http.post("/v1/read", content=body, headers=headers), 422, "invalid-request")


def test_large_base64_is_decoded_off_the_loop(http: httpx.Client, seven: bytes) -> None:
    padded = base64.b64encode(seven + bytes(3_000_000)).decode()
    body = json.dumps({"image": padded})
    headers = {"Content-Type": "application/json"}
    assert http.post("/v1/read", content=body, headers=headers).json()["text"] == "7"


def test_every_problem_links_to_its_section(http: httpx.Client) -> None:
    cards = http.get("/openapi.json").json()["components"]["responses"]
    assert set(cards) == {problem.name for problem in problems.ALL}
    for name in ("not-found", "method-not-allowed", "internal", "busy"):
        example = cards[name]["content"]["application/problem+json"]["examples"][name]["value"]
        assert example["type"] == f"/docs#{name}"
    assert problems.problem_of_status(418).body("no coffee")["type"] == "about:blank"


def test_wrong_paths_and_methods_are_problems(http: httpx.Client) -> None:
    check_problem(http.get("/v2/read"), 404, "not-found")
    problem = http.put("/v1/read", content=b"x")
    check_problem(problem, 405, "method-not-allowed")
    assert problem.headers["allow"] == "POST"
    check_problem(http.get("/page/../settings.py"), 404, "not-found")
    check_problem(http.get("/page/%2e%2e/settings.py"), 404, "not-found")


FIELD = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n'
BAD_HEADER = b"--x\r\nContent-Disposition: \xff\r\n\r\n1\r\n--x--\r\n"


@pytest.mark.parametrize(
    ("body", "parameters"),
    [
        (b"--x\r\n\r\n", "; boundary=x"),
        (b"nothing", "; boundary=x"),
        (b"nothing", ""),
        (FIELD, "; boundary=x"),
        (BAD_HEADER, "; boundary=x; charset=none"),
    ],
)
def test_invalid_forms_are_422(http: httpx.Client, body: bytes, parameters: str) -> None:
    for path in ("/v1/read", "/v1/read/batch"):
        answer = http.post(
            path, content=body, headers={"Content-Type": f"multipart/form-data{parameters}"}
        )
        check_problem(answer, 422, "invalid-request")


def test_a_form_with_too_many_files_is_422(http: httpx.Client, seven: bytes) -> None:
    files = [("file", (str(number), seven)) for number in range(65)]
    check_problem(http.post("/v1/read", files=files), 422, "invalid-request")


def test_an_empty_file_in_a_form_is_415(http: httpx.Client) -> None:
    check_problem(http.post("/v1/read", files={"file": ("empty.png", b"")}), 415, "not-an-image")
