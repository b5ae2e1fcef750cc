"""Headers, the page's files, metrics, and other origins."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import httpx

from inkling.serving.static_files import FOLDER
from tests.serving.conftest import Running


def test_every_answer_has_the_security_headers(http: httpx.Client) -> None:
    answers = [
        http.get(path)
        for path in ("/", "/docs", "/page/main.js", "/healthz", "/nowhere", "/metrics")
    ]
    answers.append(http.post("/v1/read", content=b"x"))
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "access-control-allow-origin" not in answer.headers
        assert "server" not in answer.headers


def test_unchanged_files_are_not_sent_again(http: httpx.Client) -> None:
    first = http.get("/page/tokens.css")
    assert first.headers["content-type"] == "text/css; charset=utf-8"
    again = http.get("/page/tokens.css", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    tag = first.headers["etag"]
    for held, status in (
        (f"W/{tag}", 304),
        (f'"old", W/{tag}', 304),
        ('"old"', 200),
        ("", 200),
    ):
        headers = {"If-None-Match": held}
        assert http.get("/page/tokens.css", headers=headers).status_code == status, held
    assert http.head("/").status_code == 200


def page_files() -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted(FOLDER.iterdir())}


def test_the_page_needs_no_other_host() -> None:
    for name, text in page_files().items():
        found = re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}[^\s\"')]*", text)
        own = [address for address in found if "www.w3.org/2000/svg" not in address]
        assert own == [], name
        if name.endswith(".html"):
            assert " style=" not in text
            assert "<style" not in text
            assert "onclick" not in text


def test_every_referenced_file_exists(http: httpx.Client) -> None:
    files = page_files()
    for name, text in files.items():
        for target in re.findall(r'/page/([\w.-]+)|from "\./([\w.-]+)"', text):
            assert "".join(target) in files, f"{name} refers to {target}"
        answer = http.get(f"/page/{name}")
        assert answer.text == text
        assert answer.headers["cache-control"] == "no-cache"


def test_other_origins_need_the_option(
    start: Callable[..., AbstractContextManager[Running]], seven: bytes
) -> None:
    origin = {"Origin": "https://a.example"}
    with start("--allow-origin", "https://a.example") as running:
        url = f"{running.address}/v1/read"
        answer = httpx.post(url, content=seven, headers=origin, timeout=60)
        assert answer.headers["access-control-allow-origin"] == "https://a.example"
        other = httpx.post(url, content=seven, headers={"Origin": "https://b.example"}, timeout=60)
        assert "access-control-allow-origin" not in other.headers
        asked = {**origin, "Access-Control-Request-Method": "POST"}
        assert httpx.options(url, headers=asked, timeout=60).status_code == 200


def test_metrics_count_requests_and_verdicts(http: httpx.Client, seven: bytes) -> None:
    def count(pattern: str) -> float:
        found = re.search(rf"^{pattern} (\S+)$", http.get("/metrics").text, re.MULTILINE)
        return float(found[1]) if found else 0.0

    requests = r'inkling_requests_total{method="POST",route="/v1/read",status="200"}'
    verdicts = r'inkling_verdicts_total{verdict="digits"}'
    seconds = r'inkling_request_seconds_count{route="/v1/read"}'
    before = [count(each) for each in (requests, verdicts, seconds)]
    http.post("/v1/read", content=seven)
    assert [count(each) for each in (requests, verdicts, seconds)] == [one + 1 for one in before]
    http.get("/made/up/path")
    assert "/made/up" not in http.get("/metrics").text
