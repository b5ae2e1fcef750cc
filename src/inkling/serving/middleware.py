"""The outermost layer: overload rejection, metrics, security headers, error handler."""

import logging
import time
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inkling.serving.admission import SLOT, Admission, Slot
from inkling.serving.metrics import Metrics
from inkling.serving.openapi import DETAILS
from inkling.serving.problems import INTERNAL, ProblemError, respond

CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = (
    (b"content-security-policy", CONTENT_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"geolocation=(), microphone=(), payment=()"),
    (b"cache-control", b"no-cache"),  # browsers ask again; the page's files have entity tags
)
READ_ONE, READ_BATCH = READ_PATHS = ("/v1/read", "/v1/read/batch")
CORRECTIONS = "/v1/corrections"
OTHER = "other"  # one label for all unknown paths, or the metrics would grow without limit
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"))

log = logging.getLogger("inkling.serving")


class ServiceMiddleware:
    """ASGI middleware: it handles every request first and every response last.

    Only CORS preflight requests are answered outside it.
    """

    def __init__(self, app: ASGIApp, admission: Admission, metrics: Metrics) -> None:
        self.app, self.admission, self.metrics = app, admission, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        seen = {"status": 0}
        slot: Slot | None = None

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                if slot is not None:  # before the client can send its next request
                    slot.release()
                seen["status"] = message["status"]
                message["headers"] = [*message.get("headers", ()), *HEADERS]
            await send(message)

        try:
            slot = scope[SLOT] = self._acquire(scope)
            await self.app(scope, receive, send_with_headers)
        except ProblemError as error:  # no slot: rejected before the body is read
            await error.response()(scope, receive, send_with_headers)
        except Exception:
            log.exception("request failed: %s %s", scope["method"], scope["path"])
            if not seen["status"]:
                response = respond(INTERNAL, DETAILS[INTERNAL])
                await response(scope, receive, send_with_headers)
        finally:
            if slot is not None:
                slot.release()
            self._count(scope, seen["status"], time.perf_counter() - started)

    def _acquire(self, scope: Scope) -> Slot | None:
        """The slots of a request with a body: one, or for a batch of unknown size the most."""
        if scope["method"] != "POST" or scope["path"] not in (*READ_PATHS, CORRECTIONS):
            return None
        return self.admission.acquire(self.admission.largest if scope["path"] == READ_BATCH else 1)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        route = route_of(scope)
        method = scope["method"] if scope["method"] in METHODS else OTHER
        self.metrics.requests.labels(method, route, str(status)).inc()
        if status == 503 and scope["path"] in READ_PATHS:  # a 503 of /readyz is not a rejection
            self.metrics.rejected.inc()
        else:
            self.metrics.seconds.labels(route).observe(seconds)


def route_of(scope: Scope) -> str:
    """The route's pattern, never the requested path: that could be any text."""
    route: Any = scope.get("route")
    if route is not None:
        return str(getattr(route, "path", OTHER))
    return scope["path"] if scope["path"] in READ_PATHS else OTHER
