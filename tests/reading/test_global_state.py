"""Making and using a reader leaves the state of the process as it was."""

import locale
import logging
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import cv2
from PIL import Image

from inkling.reading.pipeline import Reader
from inkling.reading.tables.read_tables import read_tables
from tests.reading.drawings import drawn_seven, drawn_zero


def state() -> dict[str, Any]:
    root, pillow = logging.getLogger(), logging.getLogger("PIL")
    return {
        "OpenCV threads": cv2.getNumThreads(),
        "OpenCV optimised": cv2.useOptimized(),
        "environment": dict(os.environ),
        "folder": Path.cwd(),
        "warnings": list(warnings.filters),
        "logging": (root.level, list(root.handlers), pillow.level, list(pillow.handlers)),
        "Pillow limit": Image.MAX_IMAGE_PIXELS,
        "locale": locale.setlocale(locale.LC_ALL),
        "recursion": sys.getrecursionlimit(),
        "switching": sys.getswitchinterval(),
    }


def test_a_reader_changes_no_global_state() -> None:
    threads = cv2.getNumThreads()
    cv2.setNumThreads(3)  # a value that nothing would set by chance
    try:
        before = state()
        reader = Reader.load(workers=2)
        assert state() == before
        reader.read([drawn_seven(), drawn_zero(28, 3), b"junk"])
        read_tables(drawn_seven())
        assert state() == before
    finally:
        cv2.setNumThreads(threads)


def test_the_command_limits_opencv_to_one_thread(tmp_path: Path) -> None:
    """The command owns its process, and reads several images in parallel instead."""
    photo = tmp_path / "seven.png"
    Image.fromarray(drawn_seven()).save(photo)
    script = (
        "import atexit, sys\n"
        "from inkling.cli.main import main\n"
        "atexit.register(lambda: print(sys.modules['cv2'].getNumThreads()))\n"
        f"sys.argv = ['inkling', 'read', {str(photo)!r}]\n"
        "main()\n"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENCV_")}
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
        timeout=120,
    )
    assert done.stdout.splitlines()[-1] == "1"
