"""Real thumbnails as PNG files, in every form that a source may have."""

import io
import tarfile
from pathlib import Path

import pytest
from PIL import Image

from inkling.types import Digits


@pytest.fixture(scope="session")
def thumbnails(scans: Digits) -> list[bytes]:
    """300 scans of digits, as PNG files."""
    return [as_png(image) for image in scans.images[:300]]


def as_png(pixels: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")  # type: ignore[arg-type]
    return file.getvalue()


def write_tar(path: Path, images: list[bytes], start: int = 0) -> Path:
    with tarfile.open(path, "w") as archive:
        for number, image in enumerate(images, start):
            info = tarfile.TarInfo(f"{number:06d}.png")
            info.size = len(image)
            archive.addfile(info, io.BytesIO(image))
    return path


@pytest.fixture(scope="session")
def shards(tmp_path_factory: pytest.TempPathFactory, thumbnails: list[bytes]) -> list[Path]:
    """The thumbnails in 15 tar files of 20: each is a chunk of its own."""
    folder = tmp_path_factory.mktemp("shards")
    return [
        write_tar(folder / f"{k:02d}.tar", thumbnails[20 * k : 20 * k + 20], 20 * k)
        for k in range(15)
    ]
