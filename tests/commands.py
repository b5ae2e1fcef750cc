"""inkling's commands as a person or a script meets them: processes, exit codes, output."""

import atexit
import resource
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

SERVER = str(Path(__file__).with_name("command_server.py"))


@cache
def _socket() -> str:
    """The address of a server that forks for each command. It ends with the tests."""
    folder = tempfile.TemporaryDirectory(prefix="inkling-")
    path = Path(folder.name) / "s"
    process = subprocess.Popen([sys.executable, SERVER, str(path)])

    def end() -> None:
        process.terminate()
        process.wait()
        folder.cleanup()

    atexit.register(end)
    while not path.exists():
        assert process.poll() is None
        time.sleep(0.01)
    return str(path)


def command(*arguments: str | Path) -> list[str]:
    """What to call for `inkling ARGUMENTS`: a client of `command_server`."""
    return [sys.executable, "-I", "-S", SERVER, _socket(), *map(str, arguments)]


def inkling(
    *arguments: str | Path,
    code: int = 0,
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
    file_bytes: int = 0,
) -> "subprocess.CompletedProcess[str]":
    """Runs a command and checks its exit code. `file_bytes` limits the size of files."""

    def limit() -> None:
        if file_bytes:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))

    done = subprocess.run(
        command(*arguments), capture_output=True, text=True, timeout=120, check=False,
        cwd=cwd, env=env, preexec_fn=limit,
    )  # fmt: skip
    assert done.returncode == code, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    return done
