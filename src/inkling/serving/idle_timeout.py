"""Closes connections that stay open without sending a request.

uvicorn limits the time between two requests, but not the time until the first one. A client that
opens connections and sends half of a request head would otherwise hold file descriptors for ever.
"""

import asyncio
import weakref
from dataclasses import dataclass
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.auto import AutoHTTPProtocol


@dataclass(frozen=True)
class IdleTimeout:
    """Creates uvicorn's protocol for each connection (`Config(http=...)`) and watches it."""

    seconds: float

    def __call__(
        self, config: Config, server_state: Any, app_state: dict[str, Any], **more: Any
    ) -> asyncio.Protocol:
        """The protocol of a new connection."""
        make: Any = AutoHTTPProtocol  # the protocol of httptools, or h11 if that is not installed
        protocol = make(config, server_state, app_state, **more)
        self._watch(weakref.ref(protocol), was_idle=False)
        return protocol

    def _watch(self, held: "weakref.ref[Any]", was_idle: bool) -> None:
        """Checks at intervals; a connection that is idle in two checks in a row is closed."""

        def check() -> None:
            protocol = held()
            if protocol is None or protocol.transport is None or protocol.transport.is_closing():
                return
            idle = _is_idle(protocol)
            if idle and (was_idle or protocol.cycle is None):
                protocol.transport.close()
                return
            self._watch(held, idle)

        asyncio.get_running_loop().call_later(self.seconds, check)


def _is_idle(protocol: Any) -> bool:
    """No request has started, or the last is answered and uvicorn's own timer does not run."""
    cycle = protocol.cycle
    return cycle is None or (cycle.response_complete and protocol.timeout_keep_alive_task is None)
