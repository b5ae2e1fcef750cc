"""Files, bytes and open files: their bytes, or an error that names them."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkling.errors import ImageError
from inkling.reading.preprocess.photo import read_photo
from tests.reading.image_files import encoded


def test_open_files_are_read_from_where_they_stand(
    dark_square: Image.Image, tmp_path: Path
) -> None:
    data = encoded(dark_square)
    expected = read_photo(data)
    assert np.array_equal(read_photo(io.BytesIO(data)), expected)
    path = tmp_path / "square.png"
    path.write_bytes(b"before" + data)
    with path.open("rb") as file:
        file.seek(6)
        assert np.array_equal(read_photo(file), expected)
    with path.open(encoding="latin-1") as text, pytest.raises(ImageError, match="binary mode"):
        read_photo(text)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ImageError, match="open file"):
        read_photo(file)  # closed


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"not an image at all", "not an image"),
        (b"P5 2 2 255 abcd", "not an image"),
    ],
)
def test_files_that_are_no_images(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "file.png"
    path.write_bytes(content)
    with pytest.raises(ImageError, match=words) as caught:
        read_photo(path)
    assert "file.png" in str(caught.value)


@pytest.mark.parametrize("name", ["missing.png", "folder", "nul\0l.png"])
def test_paths_that_lead_nowhere(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(ImageError):
        read_photo(tmp_path / name)
