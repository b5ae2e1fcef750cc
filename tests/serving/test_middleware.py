"""The outermost layer: an internal error and a full queue are complete responses."""

import asyncio
import base64
import json
import threading

import httpx
import pytest
from starlette.types import ASGIApp

from inkling.reading import trace
from inkling.reading.pipeline import Reader
from inkling.reading.preprocessed import preprocess_fast
from inkling.serving.admission import Admission
from inkling.serving.app import build_app
from inkling.serving.settings import Settings

ORIGIN = "https://a.example"


@pytest.fixture
def app() -> ASGIApp:
    """An application whose lifespan has not started: it reads, but is not ready."""
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
    raise RuntimeError("an unexpected error")


def test_an_internal_error_is_readable_by_other_origins(
    app: ASGIApp, monkeypatch: pytest.MonkeyPatch, seven: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Reader, "read", fail)
    check(ask(app, "POST", "/v1/read", seven), 500, "internal")
    assert "an unexpected error" in caplog.text


def test_a_rejection_is_readable_by_other_origins(
    app: ASGIApp, monkeypatch: pytest.MonkeyPatch, seven: bytes
) -> None:
    monkeypatch.setattr(Admission, "_fits", lambda *_: False)
    for path in ("/v1/read", "/v1/read/batch"):
        answer = ask(app, "POST", path, seven)
        check(answer, 503, "busy")
        assert "Retry-After" in answer.headers["access-control-expose-headers"]
    assert "inkling_rejected_total 2.0" in ask(app, "GET", "/metrics").text


def test_a_batch_uses_the_configured_number_of_threads(
    app: ASGIApp, monkeypatch: pytest.MonkeyPatch, seven: bytes
) -> None:
    threads: set[int] = set()

    def watched(*given: object, **how: object) -> object:
        threads.add(threading.get_ident())
        return preprocess_fast(*given, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(trace, "preprocess_fast", watched)
    body = {"images": [{"image": base64.b64encode(seven).decode()}] * 16}
    headers = {"Content-Type": "application/json"}
    answer = ask(app, "POST", "/v1/read/batch", json.dumps(body).encode(), headers)
    assert [entry["text"] for entry in answer.json()] == ["7"] * 16
    assert len(threads) == 1


def test_not_ready_is_not_counted_as_rejected(app: ASGIApp) -> None:
    assert ask(app, "GET", "/readyz").status_code == 503
    assert "inkling_rejected_total 0.0" in ask(app, "GET", "/metrics").text
