"""A real HTTP server on loopback that serves files and misbehaves as mirrors do."""

import contextlib
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class MirrorHandler(BaseHTTPRequestHandler):
    server: "Mirror"

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        manner, body = self.server.manner, self.server.files.get(self.path.rsplit("/", 1)[-1], b"")
        if isinstance(manner, int):
            self.send_error(manner)
            return
        if manner == "silent":
            self.server.released.wait(20)
            return
        kind = "text/html; charset=utf-8" if manner == "html" else "application/gzip"
        if manner == "html":
            body = b"<html>Sign in to the hotel network</html>"
        if manner == "altered":
            body = body[:-9] + b"\0" * 9
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if manner == "short":
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
            return
        if manner == "slow":
            for byte in body:
                if self.server.released.is_set():
                    return
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(0.02)
            return
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Tests have nobody to tell."""


class Mirror(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, files: dict[str, bytes], manner: str | int) -> None:
        super().__init__(("127.0.0.1", 0), MirrorHandler)
        self.files, self.manner = files, manner
        self.asked: list[str] = []
        self.released = threading.Event()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is what some tests are about."""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"


@contextlib.contextmanager
def mirror(files: dict[str, bytes], manner: str | int = "well") -> Iterator[Mirror]:
    server = Mirror(files, manner)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        thread.join()
        server.server_close()
