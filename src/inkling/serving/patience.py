"""Connections that stay open and ask for nothing are closed after a while.

uvicorn bounds the time between two requests, not the time until the first: a client that opens
connections and sends half a head would keep them for ever, until no file descriptors are left.
"""

import asyncio
import weakref
from dataclasses import dataclass
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.auto import AutoHTTPProtocol


@dataclass(frozen=True)
class Patience:
    """Makes uvicorn's protocol for each connection, as `Config(http=...)` asks, and watches it."""

    seconds: float

    def __call__(
        self, config: Config, server_state: Any, app_state: dict[str, Any], **more: Any
    ) -> asyncio.Protocol:
        """The protocol of a new connection."""
        make: Any = AutoHTTPProtocol  # httptools' protocol, or h11's where that is not installed
        protocol = make(config, server_state, app_state, **more)
        self._watch(weakref.ref(protocol), was_idle=False)
        return protocol

    def _watch(self, held: "weakref.ref[Any]", was_idle: bool) -> None:
        """Looks every so often; two looks in a row at an idle connection close it."""

        def look() -> None:
            protocol = held()
            if protocol is None or protocol.transport is None or protocol.transport.is_closing():
                return
            idle = _asks_nothing(protocol)
            if idle and (was_idle or protocol.cycle is None):
                protocol.transport.close()
                return
            self._watch(held, idle)

        asyncio.get_running_loop().call_later(self.seconds, look)


def _asks_nothing(protocol: Any) -> bool:
    """No request was begun, or the last is answered and uvicorn's own timer does not run."""
    cycle = protocol.cycle
    return cycle is None or (cycle.response_complete and protocol.timeout_keep_alive_task is None)
