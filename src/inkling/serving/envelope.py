"""Around every request: the gate of a full house, counts, security headers, the last catch."""

import logging
import time
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inkling.serving.describe import DETAILS
from inkling.serving.desk import Desk, busy
from inkling.serving.metrics import Metrics
from inkling.serving.problems import BROKEN, respond

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
SECURITY = (
    (b"content-security-policy", CONTENT_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"geolocation=(), microphone=(), payment=()"),
)
READ_ONE, READ_MANY = READING = ("/v1/read", "/v1/read/batch")
ELSEWHERE = "other"  # one label for all paths that do not exist, or the metrics would grow

log = logging.getLogger("inkling.serving")


class Envelope:
    """ASGI middleware: it sees every request first and every answer last.

    Only what other sites' browsers ask beforehand (CORS) is answered outside it.
    """

    def __init__(self, app: ASGIApp, desk: Desk, metrics: Metrics) -> None:
        self.app, self.desk, self.metrics = app, desk, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        seen = {"status": 0}

        async def send_wrapped(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen["status"] = message["status"]
                message["headers"] = [*message.get("headers", ()), *SECURITY]
            await send(message)

        try:
            await self._answer(scope, receive, send_wrapped)
        except Exception:
            log.exception("a request failed: %s %s", scope["method"], scope["path"])
            if not seen["status"]:
                sorry = respond(BROKEN, DETAILS[BROKEN])
                await sorry(scope, receive, send_wrapped)
        finally:
            self._count(scope, seen["status"], time.perf_counter() - started)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A full house is told before the body is read, and before any other work."""
        if self._turns_away(scope):
            await busy().response()(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _turns_away(self, scope: Scope) -> bool:
        if scope["method"] != "POST":
            return False
        if scope["path"] == READ_MANY:  # how many pictures it has is not known yet
            return self.desk.is_full()
        return scope["path"] == READ_ONE and self.desk.turns_away()

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        route = route_of(scope)
        method = scope["method"] if scope["method"] in METHODS else ELSEWHERE
        self.metrics.requests.labels(method, route, str(status)).inc()
        if status == 503 and scope["path"] in READING:  # /readyz says 503 too, and refuses nobody
            self.metrics.refused.inc()
        else:
            self.metrics.seconds.labels(route).observe(seconds)


METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"))


def route_of(scope: Scope) -> str:
    """The route's pattern, never the path as sent: that could be anything."""
    route: Any = scope.get("route")
    if route is not None:
        return str(getattr(route, "path", ELSEWHERE))
    return scope["path"] if scope["path"] in READING else ELSEWHERE
