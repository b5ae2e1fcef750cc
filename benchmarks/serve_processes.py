"""Services to be measured: inkling's, and one as students write it."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

STUDENT = Path(__file__).with_name("student_service.py")


@dataclass(frozen=True)
class Service:
    """A running service: address, path for images, process id."""

    address: str
    path: str
    pid: int

    def memory(self) -> float:
        """Resident megabytes of the process and its children."""
        pids, total = [self.pid], 0.0
        while pids:
            pid = pids.pop()
            status = Path(f"/proc/{pid}/status").read_text()
            total += int(status.split("VmRSS:")[1].split()[0]) / 1024
            pids += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        return total

    def processor_seconds(self) -> float:
        """Time that the process has spent computing, all threads: what a busy machine leaves."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def running(command: list[str], port: int, path: str, probe: str) -> Iterator[Service]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(600):
            with contextlib.suppress(OSError), urllib.request.urlopen(address + probe):
                break
            time.sleep(0.1)
        yield Service(address, path, process.pid)
    finally:
        process.terminate()
        process.wait(60)


def inkling(*options: str) -> contextlib.AbstractContextManager[Service]:
    port = free_port()
    command = [sys.executable, "-m", "inkling", "serve", "--port", str(port), *options]
    return running(command, port, "/v1/read", "/readyz")


def student() -> contextlib.AbstractContextManager[Service]:
    port = free_port()
    return running([sys.executable, str(STUDENT), str(port)], port, "/predict", "/openapi.json")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]
