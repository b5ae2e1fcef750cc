"""The outermost layer, where a failure or a full house must still be a proper answer."""

import asyncio
import base64
import json
import threading

import httpx
import pytest
from starlette.types import ASGIApp

from inkling.reading import pipeline as reader
from inkling.reading.pipeline import Reader
from inkling.reading.preprocessed import preprocess_fast
from inkling.serving.app import build_app
from inkling.serving.desk import Desk
from inkling.serving.settings import Settings

ORIGIN = "https://a.example"


@pytest.fixture
def app() -> ASGIApp:
    """An application that was never told to start: it reads, but is not ready."""
    return build_app(Settings(threads=1, allow_origins=(ORIGIN,)))


def ask(
    app: ASGIApp, method: str, path: str, content: bytes = b"", more: dict[str, str] | None = None
) -> httpx.Response:
    headers = {"Origin": ORIGIN, **(more or {})}

    async def send() -> httpx.Response:
        wire = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=wire, base_url="http://x") as http:
            return await http.request(method, path, content=content, headers=headers)

    return asyncio.run(send())


def check(answer: httpx.Response, status: int, name: str) -> None:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == f"/docs#{name}"
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["x-content-type-options"] == "nosniff"


def fail(*_: object, **__: object) -> None:
    raise RuntimeError("a fault that nobody thought of")


def test_a_failure_is_told_to_pages_of_other_sites(
    app: ASGIApp, monkeypatch: pytest.MonkeyPatch, seven: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Reader, "read", fail)
    check(ask(app, "POST", "/v1/read", seven), 500, "internal")
    assert "a fault that nobody thought of" in caplog.text


def test_a_full_house_is_told_to_pages_of_other_sites(
    app: ASGIApp, monkeypatch: pytest.MonkeyPatch, seven: bytes
) -> None:
    monkeypatch.setattr(Desk, "is_full", lambda *_: True)
    for path in ("/v1/read", "/v1/read/batch"):
        answer = ask(app, "POST", path, seven)
        check(answer, 503, "busy")
        assert "Retry-After" in answer.headers["access-control-expose-headers"]
    assert "inkling_refused_total 2.0" in ask(app, "GET", "/metrics").text


def test_a_batch_is_read_on_as_many_threads_as_were_given(
    app: ASGIApp, monkeypatch: pytest.MonkeyPatch, seven: bytes
) -> None:
    threads: set[int] = set()

    def watched(*given: object) -> object:
        threads.add(threading.get_ident())
        return preprocess_fast(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(reader, "preprocess_fast", watched)
    body = {"images": [{"image": base64.b64encode(seven).decode()}] * 16}
    headers = {"Content-Type": "application/json"}
    answer = ask(app, "POST", "/v1/read/batch", json.dumps(body).encode(), headers)
    assert [entry["text"] for entry in answer.json()] == ["7"] * 16
    assert len(threads) == 1


def test_not_being_ready_is_no_refusal(app: ASGIApp) -> None:
    assert ask(app, "GET", "/readyz").status_code == 503
    assert "inkling_refused_total 0.0" in ask(app, "GET", "/metrics").text
